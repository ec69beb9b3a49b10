import { expect, test } from "vitest";
import { settle } from "./played.fixture.ts";
import { Poller } from "./poller.ts";

/** Time that a test moves. */
function stage() {
  let nowMs = 0;
  const waiting = new Set<{ atMs: number; wake: () => void }>();
  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (ms <= 0) return resolve();
      const one = { atMs: nowMs + ms, wake: resolve };
      waiting.add(one);
      signal.addEventListener("abort", () => resolve());
      return undefined;
    });
  const pass = async (ms: number): Promise<void> => {
    nowMs += ms;
    for (const one of waiting) {
      if (one.atMs > nowMs) continue;
      waiting.delete(one);
      one.wake();
    }
    await settle();
  };
  const readAt: number[] = [];
  const wanted = { yes: true };
  const read = async (): Promise<boolean> => {
    if (wanted.yes) readAt.push(nowMs);
    return wanted.yes;
  };
  const stop = new AbortController();
  const poller = new Poller(read, { leastMs: 1_000, mostMs: 10_000 }, { now: () => nowMs, sleep });
  const running = poller.run(stop.signal);
  return { poller, pass, readAt, stop, running, wanted };
}

test("without a word it is read when its time is over", async () => {
  const { pass, readAt } = stage();
  await settle();
  for (let second = 0; second < 25; second += 1) await pass(1_000);
  expect(readAt).toEqual([0, 10_000, 20_000]);
});

test("at a word it is read soon, and many words in between are one", async () => {
  const { poller, pass, readAt } = stage();
  await settle();
  await pass(200);
  for (let word = 0; word < 5; word += 1) poller.kick();
  await pass(700);
  expect(readAt).toEqual([0]);
  await pass(100);
  expect(readAt).toEqual([0, 1_000]);
  await pass(5_000);
  poller.kick();
  await settle();
  expect(readAt).toEqual([0, 1_000, 6_000]);
});

test("what nobody wanted is read at once when somebody does", async () => {
  const { poller, pass, readAt, wanted } = stage();
  await settle();
  wanted.yes = false;
  await pass(10_000);
  wanted.yes = true;
  await pass(100);
  poller.kick();
  await settle();
  expect(readAt).toEqual([0, 10_100]);
});

test("it ends with its signal", async () => {
  const { stop, running, pass, readAt } = stage();
  await settle();
  stop.abort();
  await pass(60_000);
  await running;
  expect(readAt).toEqual([0]);
});
