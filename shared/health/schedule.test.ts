// Schedules as OpenKruise reads them, and whatever else somebody may write.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { overdueOf, secondStartMs } from "./schedule.ts";

function secondStart(cron: string, since: string, timeZone?: string): string | undefined {
  const ms = secondStartMs({ cron, timeZone }, Date.parse(since));
  return ms === undefined ? undefined : new Date(ms).toISOString().replace(".000Z", "Z");
}

describe("secondStartMs()", () => {
  test.each([
    ["0 * * * *", "2026-01-01T01:00:00Z", "2026-01-01T03:00:00Z"],
    ["0 * * * *", "2026-01-01T00:59:59.999Z", "2026-01-01T02:00:00Z"],
    ["  0   *\t* * *  ", "2026-01-01T01:30:00Z", "2026-01-01T03:00:00Z"],
    ["*/40 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"],
    ["*/90 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z"],
    ["50/5 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:55:00Z"],
    ["10-30/15,45 * * * *", "2026-01-01T00:10:00Z", "2026-01-01T00:45:00Z"],
    ["0,0 3 ? * ?", "2026-01-01T00:00:00Z", "2026-01-02T03:00:00Z"],
    ["0 3 * JAN,jul *", "2026-01-31T12:00:00Z", "2026-07-02T03:00:00Z"],
    ["0 3 * * MON-fri", "2026-01-02T12:00:00Z", "2026-01-06T03:00:00Z"],
    ["0 0 29 2 *", "2026-01-01T00:00:00Z", "2032-02-29T00:00:00Z"],
  ])("reads the five fields %j", (cron, since, expected) => {
    expect(secondStart(cron, since)).toBe(expected);
  });

  test.each([
    // Both day fields given: either will do.
    ["0 0 13 * 5", "2026-01-01T00:00:00Z", "2026-01-09T00:00:00Z"],
    ["0 0 */31 * 5", "2026-01-02T00:00:00Z", "2026-01-16T00:00:00Z"],
    // One of them "*": the other decides.
    ["0 0 * * 5", "2026-01-02T00:00:00Z", "2026-01-16T00:00:00Z"],
    ["0 0 */1 * 5", "2026-01-02T00:00:00Z", "2026-01-16T00:00:00Z"],
    ["0 0 1-31 * 5", "2026-01-02T00:00:00Z", "2026-01-04T00:00:00Z"],
  ])("joins the day fields of %j as OpenKruise does", (cron, since, expected) => {
    expect(secondStart(cron, since)).toBe(expected);
  });

  test.each([
    ["@hourly", "2026-01-01T02:00:00Z"],
    ["@daily", "2026-01-03T00:00:00Z"],
    ["@midnight", "2026-01-03T00:00:00Z"],
    ["@weekly", "2026-01-11T00:00:00Z"],
    ["@monthly", "2026-03-01T00:00:00Z"],
    ["@yearly", "2028-01-01T00:00:00Z"],
    ["@annually", "2028-01-01T00:00:00Z"],
    ["@every 1h30m", "2026-01-01T03:00:00Z"],
    ["@every 90.5s", "2026-01-01T00:03:00Z"],
    ["@every .5m2s", "2026-01-01T00:01:04Z"],
    ["@every 300ms", "2026-01-01T00:00:02Z"],
  ])("reads %s", (cron, expected) => {
    expect(secondStart(cron, "2026-01-01T00:00:00.000Z")).toBe(expected);
  });

  test.each([
    ["0 9 * * *", "Asia/Tokyo", "2026-01-03T00:00:00Z"],
    ["CRON_TZ=Asia/Tokyo 0 9 * * *", "Europe/Berlin", "2026-01-03T00:00:00Z"],
    ["TZ=Asia/Tokyo @daily", undefined, "2026-01-02T15:00:00Z"],
    ["TZ=Asia/Tokyo @every 1h", undefined, "2026-01-01T02:00:00Z"],
    ["TZ= 0 9 * * *", "Europe/Berlin", "2026-01-02T09:00:00Z"],
  ])("reads %s in %s", (cron, timeZone, expected) => {
    expect(secondStart(cron, "2026-01-01T00:00:00Z", timeZone)).toBe(expected);
  });

  test.each([
    ["30 2 * * *", "Europe/Berlin", "2026-03-28T02:00:00Z", "2026-03-31T00:30:00Z"],
    ["30 1,2 * * *", "Europe/Berlin", "2026-03-28T02:00:00Z", "2026-03-29T23:30:00Z"],
    ["0 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z"],
    ["0 * * * *", "America/New_York", "2026-11-01T05:00:00Z", "2026-11-01T07:00:00Z"],
  ])("leaves out the hour that a change of %s in %s takes", (cron, timeZone, since, expected) => {
    expect(secondStart(cron, since, timeZone)).toBe(expected);
  });

  test.each([
    ["", "an empty text"],
    ["* * * *", "four fields"],
    ["* * * * * *", "six fields"],
    ["0 0 30 2 *", "a day that does not exist"],
    ["60 * * * *", "a minute out of bounds"],
    ["0 * * * 7", "Sunday as 7"],
    ["0 * 0 * *", "a day of the month out of bounds"],
    ["30-10 * * * *", "a range that goes back"],
    ["*/0 * * * *", "a step of nothing"],
    ["*/5/5 * * * *", "two steps"],
    ["-5 * * * *", "a negative number"],
    ["1-5-9 * * * *", "a range of three"],
    ["*-5 * * * *", "a range from a star"],
    ["*/x * * * *", "a step in words"],
    [", * * * *", "an empty list"],
    ["0 0 L * *", "the last day"],
    ["0 0 15W * *", "the nearest weekday"],
    ["0 0 * * 5#2", "the second Friday"],
    ["0 0 * * FRIDAY", "a name in full"],
    ["@HOURLY", "a nickname in capitals"],
    ["@reboot", "an unknown nickname"],
    ["constructor", "a word that objects know"],
    ["@every", "no duration"],
    ["@every 5", "a duration without a unit"],
    ["@every -5m", "a negative duration"],
    ["@every 300000000h", "a duration beyond what Go can hold"],
    ["TZ=Nowhere/At_All 0 * * * *", "an unknown time zone"],
    ["TZ=UTC", "a time zone alone"],
    [`${"0,".repeat(300)}0 * * * *`, "a schedule that is too long"],
  ])("says never of %j: %s", (cron) => {
    expect(secondStart(cron, "2026-01-01T00:00:00Z")).toBeUndefined();
  });

  test.each(["Nowhere/At_All", "+01:00", "Europe/Berlin; x", "\0"])("says never in the time zone %j", (timeZone) => {
    expect(secondStart("0 * * * *", "2026-01-01T00:00:00Z", timeZone)).toBeUndefined();
  });

  test("throws for no text, time zone or time, and answers in the future or never", () => {
    const word = fc.constantFrom(
      "*",
      "?",
      "0",
      "5",
      "31",
      "*/2",
      "1-5/3",
      "mon",
      "feb",
      "L",
      "99999999999999999999",
      "",
    );
    const fields = fc.array(word, { minLength: 4, maxLength: 6 }).map((words) => words.join(" "));
    const cron = fc.oneof(
      fields,
      fc.string(),
      fc.string().map((text) => `@every ${text}`),
    );
    const zone = fc.oneof(fc.constantFrom(undefined, "UTC", "Europe/Berlin", "America/Sao_Paulo"), fc.string());
    const since = fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.constantFrom(0, 8.64e15, Number.MAX_SAFE_INTEGER));
    fc.assert(
      fc.property(cron, zone, since, (text, timeZone, sinceMs) => {
        const second = secondStartMs({ cron: text, timeZone }, sinceMs);
        expect(second === undefined || second > sinceMs).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

/** What a start may be late before it is missed. */
const GRACE_MS = 60_000;

test("overdueOf() computes anew for another schedule, time zone or clock only", () => {
  const schedule = { cron: "0 * * * *", timeZone: "UTC" };
  const known = overdueOf(schedule, 0, undefined);
  expect(overdueOf({ ...schedule }, 0, known)).toBe(known);
  expect(overdueOf(schedule, 3_600_000, known).atMs).toBe(10_800_000 + GRACE_MS);
  expect(overdueOf({ ...schedule, cron: "30 * * * *" }, 0, known).atMs).toBe(5_400_000 + GRACE_MS);
  expect(overdueOf({ ...schedule, timeZone: "Asia/Kolkata" }, 0, known).atMs).toBe(5_400_000 + GRACE_MS);
});
