import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Fleet } from "../fleet/fleet.ts";
import { WatchPulse } from "./watch-pulse.ts";

let fleet: Fleet;
let pulse: WatchPulse;
let clusters = 0;

beforeEach(() => {
  vi.useFakeTimers();
  const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
  fleet = new Fleet({ clock, epochMs: 1, staleAfterMs: 90_000, heartbeatMs: 30_000 });
  pulse = new WatchPulse(fleet, clock);
});
afterEach(() => {
  vi.useRealTimers();
});

/** A change of the fleet. */
function change(): void {
  clusters += 1;
  fleet.expect(`c${clusters}`);
}

function sleeper() {
  const seen = {
    woken: 0,
    skipped: 0,
    wake: () => (seen.woken += 1),
    skip: (version: number) => (seen.skipped = version),
  };
  return seen;
}

describe("WatchPulse", () => {
  test("wakes every watch at once, when it was quiet before", () => {
    const [a, b] = [sleeper(), sleeper()];
    pulse.join(a);
    pulse.join(b);
    change();
    expect([a.woken, b.woken]).toEqual([1, 1]);
    vi.advanceTimersByTime(6);
    change();
    expect([a.woken, b.woken]).toEqual([2, 2]);
  });

  test("wakes once a beat in a storm, and after the last change too", () => {
    const watch = sleeper();
    pulse.join(watch);
    for (let ms = 0; ms < 1000; ms += 1) {
      change();
      vi.advanceTimersByTime(1);
    }
    expect(watch.woken).toBeGreaterThan(150);
    expect(watch.woken).toBeLessThanOrEqual(201);
    const { woken } = watch;
    vi.advanceTimersByTime(10);
    change();
    expect(watch.woken).toBeGreaterThan(woken);
  });

  test("beats more slowly the more watches there are", () => {
    const watches = Array.from({ length: 1000 }, sleeper);
    for (const watch of watches) pulse.join(watch);
    for (let ms = 0; ms < 1000; ms += 1) {
      change();
      vi.advanceTimersByTime(1);
    }
    const [first] = watches;
    expect(first?.woken).toBeGreaterThan(35);
    expect(first?.woken).toBeLessThanOrEqual(41);
  });

  test("wakes a watch of one cluster by its changes alone, and tells it up to where the others were none of its own", () => {
    const [all, one] = [sleeper(), sleeper()];
    pulse.join(all);
    pulse.join(one, "c-mine");
    change();
    expect([all.woken, one.woken, one.skipped]).toEqual([1, 0, fleet.resourceVersion]);
    vi.advanceTimersByTime(6);
    fleet.expect("c-mine");
    const before = one.skipped;
    expect([all.woken, one.woken, one.skipped]).toEqual([2, 1, before]);
    vi.advanceTimersByTime(1);
    fleet.forget("c-mine");
    change();
    vi.advanceTimersByTime(20);
    expect([all.woken, one.woken, one.skipped]).toEqual([3, 2, before]);
  });

  test("lets a watch go, and rests when there is none", () => {
    const [a, b] = [sleeper(), sleeper()];
    const leaves = [pulse.join(a), pulse.join(b)];
    change();
    leaves[0]?.();
    change();
    vi.advanceTimersByTime(20);
    expect([a.woken, b.woken]).toEqual([1, 2]);
    change();
    change();
    leaves[1]?.();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(20);
    pulse.join(a);
    change();
    expect([a.woken, b.woken]).toEqual([2, 3]);
  });
});
