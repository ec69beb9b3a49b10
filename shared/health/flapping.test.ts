import { describe, expect, it } from "vitest";
import { FLAP_WINDOW_MS, TURNS_MAX, endOfFlapsMs, notedFlaps, trackFlaps } from "./flapping.ts";
import type { Flaps, History } from "./history.ts";
import type { Health, Verdict } from "./verdict.ts";

const calm: Verdict = { health: "Healthy", reason: "AllAvailable", message: "", notes: ["Misscheduled"], rule: "R1" };

/** Judges once at each time, another health each time; the answer is what is known after the last. */
function turnAt(...timesMs: number[]): Flaps | undefined {
  let flaps: Flaps | undefined;
  let health: Health = "Healthy";
  for (const nowMs of timesMs) {
    const held = { health, flaps } as History;
    health = health === "Healthy" ? "Degraded" : "Healthy";
    flaps = trackFlaps(held, health, nowMs);
  }
  return flaps;
}

const seconds = (count: number, everySeconds: number): number[] =>
  Array.from({ length: count }, (_, index) => index * everySeconds * 1000);

describe("fault 29: flapping", () => {
  it.each([
    { turns: seconds(TURNS_MAX, 1), flapping: false, why: "six changes are in order" },
    { turns: seconds(TURNS_MAX + 1, 1), flapping: true, why: "a seventh within five minutes is not" },
    { turns: seconds(TURNS_MAX + 1, 49), flapping: true, why: "the first is 294 seconds old" },
    { turns: seconds(TURNS_MAX + 1, 50), flapping: false, why: "the first is 300 seconds old" },
    { turns: [...seconds(7, 1), 250_000], flapping: true, why: "what flaps goes on to flap with one more change" },
  ])("is $flapping when $why", ({ turns, flapping }) => {
    expect(turnAt(...turns)?.flapping).toBe(flapping);
  });

  it("counts no first verdict and no change of the reason alone", () => {
    expect(trackFlaps(undefined, "Degraded", 0)).toBeUndefined();
    expect(trackFlaps({ health: "Degraded" } as History, "Degraded", 0)).toBeUndefined();
  });

  it("ends when the health has stayed for five minutes, and not before", () => {
    const flaps = turnAt(...seconds(7, 10));
    const held = { health: "Degraded", flaps } as History;
    const endMs = 60_000 + FLAP_WINDOW_MS;
    expect(endOfFlapsMs(flaps)).toBe(endMs);
    expect(trackFlaps(held, "Degraded", endMs - 1)?.flapping).toBe(true);
    expect(trackFlaps(held, "Degraded", endMs)).toBeUndefined();
  });

  it("keeps no more than it needs, however long it lasts", () => {
    expect(turnAt(...seconds(1000, 1))?.turnsMs).toHaveLength(TURNS_MAX + 1);
  });

  it("adds a note to the verdict and changes nothing else of it", () => {
    expect(notedFlaps(calm, { turnsMs: [], flapping: true })).toEqual({ ...calm, notes: ["Misscheduled", "Flapping"] });
    expect(notedFlaps(calm, { turnsMs: [], flapping: false })).toBe(calm);
    expect(endOfFlapsMs({ turnsMs: [1], flapping: false })).toBeUndefined();
  });
});
