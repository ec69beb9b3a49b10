import { describe, expect, it } from "vitest";
import { LeaderWatch } from "./leader.ts";

const WALL = Date.parse("2026-01-01T12:00:00Z");

function watched(): { leader: LeaderWatch; pass: (ms: number) => void; written: (ageMs: number) => string } {
  let passedMs = 0;
  const clock = { monotonicMs: () => passedMs, wallMs: () => WALL + passedMs };
  return {
    leader: new LeaderWatch(clock),
    pass: (ms) => void (passedMs += ms),
    written: (ageMs) => new Date(WALL + passedMs - ageMs).toISOString(),
  };
}

describe("LeaderWatch", () => {
  it("trusts the written time at the first look", () => {
    expect(watched().leader.judge("a", watched().written(59_000))).toBe("Fresh");
    expect(watched().leader.judge("a", watched().written(61_000))).toBe("Stale");
  });

  it("goes by the changes that it sees when the holder's clock is an hour behind", () => {
    const { leader, pass, written } = watched();
    leader.judge("a", written(3_600_000));
    pass(10_000);
    expect(leader.judge("a", written(3_600_000))).toBe("Fresh");
  });

  it("calls a Lease stale that has not changed for a minute, though its written time lies in the future", () => {
    const { leader, pass, written } = watched();
    leader.judge("a", written(0));
    pass(10_000);
    const future = written(-3_600_000);
    expect(leader.judge("a", future)).toBe("Fresh");
    pass(60_000);
    expect(leader.judge("a", future)).toBe("Fresh");
    pass(1);
    expect(leader.judge("a", future)).toBe("Stale");
  });

  it.each([
    ["", "2026-01-01T12:00:00.000000Z"],
    ["a", undefined],
    ["a", "yesterday"],
  ])("calls a Lease of holder %j renewed at %j stale", (holder, renewTime) => {
    expect(watched().leader.judge(holder, renewTime)).toBe("Stale");
  });
});
