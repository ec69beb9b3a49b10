import { describe, expect, test } from "vitest";
import { anObject, minutesAgo, NOW } from "./page.fixture.ts";
import { barsOf, periodsText, RANGE_MS, readTimeline, sortTimeline, ticksOf } from "./timeline.ts";

const row = readTimeline(
  anObject("c1 shop/cart", "Degraded/UpdateStalled", {
    since: minutesAgo(15),
    status: {
      history: [
        { health: "Progressing", reason: "Updating", since: minutesAgo(30), until: minutesAgo(15) },
        { health: "Healthy", reason: "AllAvailable", since: minutesAgo(600), until: minutesAgo(30) },
      ],
    },
  }),
);

describe("bars", () => {
  test("fill the window with what was, the oldest first and cut at its beginning", () => {
    const bars = barsOf(row, NOW, RANGE_MS["1h"]);
    expect(bars.map(({ health, left, width }) => [health, left, width])).toEqual([
      ["Healthy", 0, 50],
      ["Progressing", 50, 25],
      ["Degraded", 75, 25],
    ]);
    expect(bars[0]?.label).toBe("Healthy/AllAvailable for 9h30m");
  });

  test("show a short period, and leave blank what nobody knows", () => {
    const bars = barsOf(row, NOW, RANGE_MS["7d"]);
    expect(bars.at(-1)?.width).toBeGreaterThan(0.3);
    expect(bars[0]?.left).toBeCloseTo(100 - (600 / (7 * 24 * 60)) * 100);
  });

  test("of a silent cluster begin with what it said last", () => {
    const lastKnown = { health: "Healthy" as const, reason: "AllAvailable", message: "", since: minutesAgo(40) };
    const silent = anObject("c1 shop/cart", "Unknown/ReportStale", {
      since: minutesAgo(20),
      status: { stale: true, lastKnown },
    });
    const bars = barsOf(readTimeline(silent), NOW, RANGE_MS["1h"]);
    expect(bars.map(({ health, width }) => `${health} ${width.toFixed(1)}`)).toEqual(["Healthy 33.3", "Unknown 33.3"]);
  });

  test("are told in words as well", () => {
    expect(periodsText(row, NOW)).toBe(
      "Degraded/UpdateStalled for 15m; before, Progressing/Updating from 30m ago; before, Healthy/AllAvailable from 10h ago",
    );
  });
});

test("the worst cluster comes first", () => {
  const rows = ["c2 a/x Healthy/AllAvailable", "c1 a/x Healthy/AllAvailable", "c3 a/x Degraded/JobFailed"].map(
    (text) => {
      const [cluster, title, verdict = ""] = text.split(" ");
      return readTimeline(anObject(`${cluster} ${title}`, verdict));
    },
  );
  expect(sortTimeline(rows, []).map(({ cluster }) => cluster)).toEqual(["c3", "c1", "c2"]);
  expect(sortTimeline(rows, ["c2"]).map(({ cluster }) => cluster)).toEqual(["c2"]);
});

test.each([
  ["1h", ["-1h", "-50m", "-40m", "-30m", "-20m", "-10m"]],
  ["7d", ["-7d", "-6d", "-5d", "-4d", "-3d", "-2d", "-1d"]],
] as const)("the axis of %s says %j", (range, texts) => {
  expect(ticksOf(range).map(({ text }) => text)).toEqual(texts);
});
