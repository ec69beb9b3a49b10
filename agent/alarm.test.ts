import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Alarm } from "./alarm.ts";

describe("Alarm", () => {
  const signal = new AbortController().signal;
  let alarm: Alarm;
  let ended: boolean;
  beforeEach(() => {
    vi.useFakeTimers();
    alarm = new Alarm();
    ended = false;
  });
  afterEach(() => void vi.useRealTimers());
  const wait = (ms: number, until = signal): void => void alarm.wait(ms, until).then(() => (ended = true));

  it("waits as long as it is told", async () => {
    wait(1000);
    await vi.advanceTimersByTimeAsync(999);
    expect(ended).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toBe(true);
  });

  it("ends the wait when it is rung, without a timer", async () => {
    wait(1000);
    alarm.ring();
    await vi.advanceTimersByTimeAsync(0);
    expect(ended).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("remembers one ring for the next wait only", async () => {
    alarm.ring();
    alarm.ring();
    wait(1000);
    await vi.advanceTimersByTimeAsync(0);
    expect(ended).toBe(true);
    ended = false;
    wait(1000);
    await vi.advanceTimersByTimeAsync(999);
    expect(ended).toBe(false);
  });

  it("ends the wait when the signal aborts", async () => {
    const stop = new AbortController();
    wait(1000, stop.signal);
    stop.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(ended).toBe(true);
    ended = false;
    wait(1000, stop.signal);
    await vi.advanceTimersByTimeAsync(0);
    expect(ended).toBe(true);
  });
});
