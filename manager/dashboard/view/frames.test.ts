import { expect, test } from "vitest";
import { drawSeldom } from "./frames.ts";

function stage(drawMs: number) {
  let nowMs = 0;
  const frames: (() => void)[] = [];
  const timers: { atMs: number; call: () => void }[] = [];
  const drawnAt: number[] = [];
  const draw = (): void => {
    drawnAt.push(nowMs);
    nowMs += drawMs;
  };
  const ask = drawSeldom(draw, {
    now: () => nowMs,
    requestFrame: (call) => frames.push(call),
    setTimer: (call, ms) => timers.push({ atMs: nowMs + ms, call }),
  });
  /** Goes to the next frame, 16 ms on. */
  const frame = (): void => {
    nowMs += 16;
    for (const { call } of timers.filter(({ atMs }) => atMs <= nowMs)) call();
    for (const timer of timers.splice(0)) if (timer.atMs > nowMs) timers.push(timer);
    for (const call of frames.splice(0)) call();
  };
  return { ask, frame, drawnAt };
}

test("many changes in one frame are one drawing", () => {
  const { ask, frame, drawnAt } = stage(1);
  for (let change = 0; change < 1_000; change += 1) ask();
  frame();
  frame();
  expect(drawnAt).toEqual([16]);
});

test("a drawing that takes long is followed by a rest four times as long", () => {
  const { ask, frame, drawnAt } = stage(50);
  for (let count = 0; count < 40; count += 1) {
    ask();
    frame();
  }
  const gaps = drawnAt.slice(1).map((at, index) => at - (drawnAt[index] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(250);
});

test("a rest is a second at most", () => {
  const { ask, frame, drawnAt } = stage(2_000);
  for (let count = 0; count < 200; count += 1) {
    ask();
    frame();
  }
  expect((drawnAt[1] ?? 0) - (drawnAt[0] ?? 0)).toBeLessThan(3_050);
});
