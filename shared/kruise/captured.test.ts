// What a real OpenKruise wrote keeps its verdicts: every captured transcript is judged again, moment by moment.
import { describe, expect, test } from "vitest";
import { readCaptured } from "../../test/fixtures/captured.ts";
import type { Captured, CapturedMoment } from "../../test/fixtures/captured.ts";
import { Judge } from "../../test/support/judge.ts";
import type { Judged } from "../../test/support/judge.ts";

describe("a real object is judged as when it was captured", () => {
  test.each(readCaptured().map((captured) => [captured.head.kind, captured.head.situation, captured] as const))(
    "%s: %s",
    (_kind, _situation, captured) => {
      expect(captured.moments.length).toBeGreaterThan(0);
      expect(replay(captured)).toEqual(captured.moments.map(expectation));
    },
  );
});

function expectation({ atMs, expect: verdict, notes = [] }: CapturedMoment): object {
  return { atMs, verdict, notes };
}

function replay({ head: { apiVersion, kind, startedAt }, moments }: Captured): object[] {
  const judge = new Judge();
  let object: object = { apiVersion, kind };
  return moments.map((moment) => {
    const { atMs, patience, expect: _, notes: __, warning, ...parts } = moment;
    const nowMs = Date.parse(startedAt) + atMs;
    if (patience !== undefined) judge.setPatience(patience ?? undefined);
    const isSeen = Object.keys(parts).length > 0;
    object = { ...object, ...parts };
    const judged: Judged | undefined = warning
      ? judge.warn(warning, nowMs)
      : isSeen
        ? judge.see(object, nowMs)
        : judge.look(nowMs);
    return { atMs, verdict: judged?.verdict, notes: judged?.record.notes ?? [] };
  });
}
