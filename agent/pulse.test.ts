import { beforeEach, describe, expect, it } from "vitest";
import { Pulse } from "./pulse.ts";

let nowMs: number;
let pulse: Pulse;
beforeEach(() => {
  nowMs = 0;
  pulse = new Pulse({ monotonicMs: () => nowMs, wallMs: () => 0 });
});

describe("Pulse", () => {
  it("calls a loop stuck that has not turned for five minutes, and no other", () => {
    const turn = pulse.of("reporter");
    pulse.of("lease");
    nowMs = 200_000;
    turn();
    nowMs = 300_001;
    expect(pulse.stuck()).toEqual(["lease"]);
  });

  it("takes it back when the loop turns again", () => {
    const turn = pulse.of("reporter");
    nowMs = 400_000;
    expect(pulse.stuck()).toEqual(["reporter"]);
    turn();
    expect(pulse.stuck()).toEqual([]);
  });
});
