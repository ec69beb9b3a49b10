// A watch that lags behind the API server's own store, and what is told of it.
import { expect, test } from "vitest";
import { LagMeter, writtenMsOf } from "./lag.ts";

const NOW_MS = Date.parse("2026-01-01T00:10:00Z");

function messageAfter(...lagsSeconds: (number | undefined)[]): string | undefined {
  const meter = new LagMeter();
  for (const seconds of lagsSeconds) meter.note(seconds === undefined ? undefined : NOW_MS - seconds * 1000, NOW_MS);
  return meter.message;
}

test.each<[lagsSeconds: (number | undefined)[], message: string | undefined]>([
  [[], undefined],
  [[0, 1, 2, 9], undefined],
  [[50, 50], undefined],
  [[50, 52, 49], "Changes arrive more than 30 s late"],
  [[12, 400, 400], "Changes arrive more than 10 s late"],
  [[12, 400, 400, 400], "Changes arrive more than 300 s late"],
  [[50, 50, 50, 3], undefined],
  [[50, undefined, 50, 50], "Changes arrive more than 30 s late"],
  // A clock of the API server that is ahead of ours makes nothing late.
  [[-60, -60, -60], undefined],
])("fault 19: changes that are %j s old are told as %s", (lagsSeconds, message) => {
  expect(messageAfter(...lagsSeconds)).toBe(message);
});

test.each<[raw: unknown, text: string | undefined]>([
  [{ metadata: { managedFields: [{ time: "2026-01-01T00:00:01Z" }, { time: "2026-01-01T00:00:09Z" }] } }, "00:00:09"],
  [{ metadata: { managedFields: [{ manager: "x" }, { time: "soon" }, null] } }, undefined],
  [{ metadata: {} }, undefined],
  [null, undefined],
])("writtenMsOf() reads the latest write of %j", (raw, text) => {
  const ms = writtenMsOf(raw);
  expect(ms === undefined ? undefined : new Date(ms).toISOString().slice(11, 19)).toBe(text);
});
