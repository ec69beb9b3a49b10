import { beforeEach, describe, expect, it } from "vitest";
import { Lag } from "./lag.ts";

let nowMs: number;
let lag: Lag;
beforeEach(() => {
  nowMs = 0;
  lag = new Lag({ monotonicMs: () => nowMs, wallMs: () => 0 });
});

describe("Lag", () => {
  it("runs from the first change to the answer", () => {
    lag.changed();
    nowMs = 100;
    lag.changed();
    expect(lag.composed()).toBe(100);
    nowMs = 1500;
    expect(lag.acknowledged()).toBe(1.5);
  });

  it("is not known of a report without a change", () => {
    expect(lag.composed()).toBeUndefined();
    expect(lag.acknowledged()).toBeUndefined();
  });

  it("counts a change that comes while a report is under way for the next one", () => {
    lag.changed();
    lag.composed();
    nowMs = 1000;
    lag.changed();
    lag.acknowledged();
    lag.composed();
    nowMs = 1200;
    expect(lag.acknowledged()).toBe(0.2);
  });

  it("goes on growing over reports that are lost", () => {
    lag.changed();
    lag.composed();
    nowMs = 5000;
    lag.changed();
    expect(lag.composed()).toBe(5000);
    nowMs = 6000;
    expect(lag.acknowledged()).toBe(6);
  });
});
