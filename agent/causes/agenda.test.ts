// When a workload is looked at, as a table of moments; seconds since the first.
import { describe, expect, test } from "vitest";
import type { WorkloadRecord } from "../../shared/kruise/record.ts";
import { Agenda } from "./agenda.ts";

const START = Date.parse("2026-11-21T12:00:00Z");

function judged(verdict: string, more: Partial<WorkloadRecord> = {}) {
  const [h, r] = verdict.split("/") as [WorkloadRecord["h"], WorkloadRecord["r"]];
  return { u: "6f3d1c2e", gen: 1, h, r, since: "2026-11-21T12:00:00Z", ...more };
}

/** The seconds at which looks are taken, up to a moment; what is noted is noted at its second. */
function looks(notes: Record<number, ReturnType<typeof judged> | undefined>, untilSeconds: number): number[] {
  const agenda = new Agenda();
  const taken: number[] = [];
  for (let second = 0; second <= untilSeconds; second += 1) {
    const nowMs = START + second * 1_000;
    if (second in notes) agenda.note("web", notes[second], nowMs);
    if (agenda.take(nowMs) !== undefined) taken.push(second);
  }
  return taken;
}

describe("Agenda", () => {
  test.each<[situation: string, notes: Parameters<typeof looks>[0], at: number[]]>([
    ["Degraded", { 0: judged("Degraded/Unavailable") }, [0, 60, 180, 420, 900, 1800, 2700, 3600]],
    ["Unknown", { 5: judged("Unknown/UnknownPhase") }, [5, 65, 185, 425, 905, 1805, 2705, 3605]],
    ["Progressing that ends in time", { 0: judged("Progressing/Updating"), 29: judged("Healthy/AllAvailable") }, []],
    ["Progressing that stays", { 0: judged("Progressing/Updating"), 100: undefined }, [30, 90]],
    [
      "Progressing with another reason",
      { 0: judged("Progressing/ScalingUp"), 20: judged("Progressing/PodsNotAvailable"), 50: undefined },
      [30],
    ],
    [
      "Progressing since before the agent's start",
      { 0: judged("Progressing/Updating", { since: "2026-11-21T11:00:00Z" }), 1: undefined },
      [0],
    ],
    [
      "a verdict that turns worse soon after a look",
      { 0: judged("Progressing/Updating"), 33: judged("Degraded/UpdateStalled"), 200: undefined },
      [30, 40, 100],
    ],
    [
      "a new generation",
      { 0: judged("Degraded/Unavailable"), 200: judged("Degraded/Unavailable", { gen: 2 }), 300: undefined },
      [0, 60, 180, 200, 260],
    ],
    [
      "an object made anew, which begins its own time",
      {
        0: judged("Degraded/Unavailable"),
        5: judged("Progressing/ScalingUp", { u: "aaaaaaaa", since: "2026-11-21T12:00:05Z" }),
        40: undefined,
      },
      [0, 35],
    ],
    ["Suspended", { 0: judged("Suspended/Paused") }, []],
    [
      "the same record again and again",
      { 0: judged("Degraded/Unavailable"), 5: judged("Degraded/Unavailable"), 20: undefined },
      [0],
    ],
  ])("%s", (_situation, notes, at) => {
    expect(looks(notes, 3_700)).toEqual(at);
  });

  test("gives three turns at once, then one a second", () => {
    const agenda = new Agenda();
    for (let index = 0; index < 8; index += 1) agenda.note(`w${index}`, judged("Degraded/Unavailable"), START);
    const taken = [0, 0, 0, 0, 0.5, 1, 1, 2].map((seconds) => agenda.take(START + seconds * 1_000));
    expect(taken).toEqual(["w0", "w1", "w2", undefined, undefined, "w3", undefined, "w4"]);
    expect(agenda.waitMs(START + 2_000)).toBe(1_000);
  });

  test("gives no turn while it is paused", () => {
    const agenda = new Agenda();
    agenda.note("web", judged("Degraded/Unavailable"), START);
    agenda.pause(10_000, START);
    expect([agenda.take(START + 9_999), agenda.waitMs(START)]).toEqual([undefined, 10_000]);
    expect(agenda.take(START + 10_000)).toBe("web");
  });

  test("holds nothing of what is healthy or gone", () => {
    const agenda = new Agenda();
    agenda.note("web", judged("Degraded/Unavailable"), START);
    expect(agenda.note("web", judged("Healthy/AllAvailable"), START)).toBe(true);
    expect(agenda.note("web", undefined, START)).toBe(false);
    expect([agenda.size, agenda.waitMs(START)]).toEqual([0, Number.POSITIVE_INFINITY]);
  });
});
