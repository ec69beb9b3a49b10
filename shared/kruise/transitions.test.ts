import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { Health, Reason } from "../health/verdict.ts";
import type { ReceivedTransition } from "./received-record.ts";
import { Transition } from "./record.ts";
import type { WorkloadRecord } from "./record.ts";
import { TRANSITIONS_KEPT, continuing, followedBy, joined, knownTransitions, withHistory } from "./transitions.ts";
import type { DatedVerdict, Verdicts } from "./transitions.ts";

const HEALTHS: Record<string, Health> = { H: "Healthy", P: "Progressing", D: "Degraded", S: "Suspended", U: "Unknown" };
const START_MS = Date.parse("2026-01-01T00:00:00Z");
const dateOf = (second: number): string => new Date(START_MS + second * 1000).toISOString().replace(".000", "");

/** "H P D": a verdict a second, the first in second 0; "H.1" is Healthy with the reason 1. */
function verdicts(text: string): DatedVerdict[] {
  return text.split(" ").map((word, second) => {
    const [health = "", reason = ""] = word.split(".");
    return { h: HEALTHS[health] ?? "Unknown", r: reason, since: dateOf(second) };
  });
}

/** "H4 P3x2": Healthy since second 4, before that Progressing since 3, in turns with it and twice. */
function told(chain: readonly DatedVerdict[]): string {
  const words = chain.map(({ h, r, since, n }) => {
    const second = (Date.parse(since) - START_MS) / 1000;
    return `${h[0]}${r === "" ? "" : `.${r}.`}${second}${n === undefined ? "" : `x${n}`}`;
  });
  return words.join(" ");
}

function after(text: string): readonly DatedVerdict[] {
  return verdicts(text).reduce<readonly DatedVerdict[]>(followedBy, []);
}

function isSame(a: DatedVerdict, b: DatedVerdict | undefined): boolean {
  return a.h === b?.h && a.r === b.r;
}

describe("followedBy()", () => {
  it.each([
    ["the first verdict has nothing before it", "H", "H0"],
    ["the same verdict again is none", "H H H", "H0"],
    ["a change of health", "H P", "P1 H0"],
    ["a change of the reason alone", "P.a P.b", "P.b.1 P.a.0"],
    ["a rollout that fails and is repaired", "H P D P H", "H4 P3 D2 P1 H0"],
    ["the oldest go beyond five", "H P D S U H P", "P6 H5 U4 S3 D2 P1"],
    ["two turns stay as they are", "H P H P", "P3 H2 P1 H0"],
    [
      "reasons of one health become one when there is no room, the oldest first",
      "H P.a P.b P.c D P.a P.b",
      "P.b.6 P.a.5 D4 P.c.3 P.b.1 H0",
    ],
    ["so that two rollouts have room", "H P.a P.b H P.a P.b D P.b H", "H8 P.b.7 D6 P.b.4 H3 P.b.1"],
    ["the third turn makes a pair of two", "H P H P H", "H4 P3x2 H0x2"],
    ["what was before the turns ends when they began", "D H P H P H", "H5 P4x2 H1x2 D0"],
    ["turns go on", "D H P H P H P", "P6 H5 P4x2 H1x2 D0"],
    ["a hundred turns take no more room", `D${" H P".repeat(100)}`, "P200 H199 P198x99 H1x99 D0"],
    ["three that take turns are no pair", "H P D H P D H", "H6 D5 P4 H3 D2 P1"],
  ])("%s", (_, given, wanted) => {
    expect(told(after(given))).toBe(wanted);
  });

  it("is bounded, newest first, without equal neighbours, and says nothing that was not", () => {
    const words = fc.constantFrom("H", "P", "D", "S", "U", "P.1");
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 60 }), (given) => {
        const chain = after(given.join(" "));
        expect(chain.length).toBeLessThanOrEqual(TRANSITIONS_KEPT + 1);
        for (const [index, { h, r, since }] of chain.entries()) {
          const older = chain[index + 1];
          if (older === undefined) continue;
          expect(older.since <= since).toBe(true);
          expect(`${older.h} ${older.r}`).not.toBe(`${h} ${r}`);
        }
        const all = verdicts(given.join(" "));
        const changes = all.filter((verdict, index) => !isSame(verdict, all[index - 1]));
        // Each began when it says: there was a change to that health at that time.
        for (const { h, since } of chain) {
          expect(changes.some((change) => change.h === h && change.since === since)).toBe(true);
        }
        expect(chain[0]).toEqual(changes.at(-1));
        const counted = chain.reduce((sum, { n = 1 }) => sum + n, 0);
        const hasRoomForAll = changes.length <= TRANSITIONS_KEPT + 1;
        expect(counted).toBeGreaterThanOrEqual(hasRoomForAll ? changes.length : 1);
        expect(counted).toBeLessThanOrEqual(changes.length);
      }),
    );
  });
});

describe("joined()", () => {
  it.each([
    ["what goes on as it was keeps the older date", "H", "D H", "H1 D0"],
    ["what is another one now follows", "P", "D H", "P0 H1 D0"],
    ["all that the newer one saw comes after", "H P D", "S H", "D2 P1 H1 S0"],
    ["the bound holds for both together", "P D U", "D S H P", "U2 D1 P3 H2 S1 D0"],
    ["turns go on being counted", "H P H P H", "D H", "H4 P3x2 H1x2 D0"],
    ["nothing before", "H P", "", "P1 H0"],
  ])("%s", (_, newer, older, wanted) => {
    expect(told(joined(after(newer), older === "" ? [] : after(older)))).toBe(wanted);
  });
});

/** A record of a verdict, as far as it matters here. */
function record(h: Health, since: string, more: Partial<WorkloadRecord> = {}): WorkloadRecord {
  return { n: "web", h, r: "AllAvailable" as Reason, m: "", since, ...more } as WorkloadRecord;
}

describe("withHistory()", () => {
  const healthy = record("Healthy", dateOf(0));

  test("a workload that never changes has no such field, whatever its message says", () => {
    expect(withHistory(healthy, undefined)).toBe(healthy);
    const other = { ...healthy, m: "other" };
    expect(withHistory(other, healthy)).toBe(other);
  });

  test("the verdict before comes first, and stays while the next one lasts", () => {
    const progressing = withHistory(record("Progressing", dateOf(1)), healthy);
    expect(progressing.hist).toEqual([{ h: "Healthy", r: "AllAvailable", since: dateOf(0) }]);
    expect(withHistory(record("Progressing", dateOf(1), { m: "2 of 3" }), progressing).hist).toEqual(progressing.hist);
    expect(told(withHistory(record("Degraded", dateOf(2)), progressing).hist ?? [])).toBe(
      "P.AllAvailable.1 H.AllAvailable.0",
    );
  });

  test("an earlier agent's verdicts come before those of this one", () => {
    const earlier: Verdicts = { ...record("Healthy", dateOf(1)), hist: withHistory(healthy, undefined).hist };
    const seen = withHistory(record("Progressing", dateOf(5)), record("Healthy", dateOf(4)));
    expect(continuing(seen, earlier)).toMatchObject({ h: "Progressing", since: dateOf(5) });
    expect(told(continuing(seen, earlier).hist ?? [])).toBe("H.AllAvailable.1");
  });
});

test("the longest history is of less than 600 bytes", () => {
  const longest = [...Transition.shape.r.options].sort((a, b) => b.length - a.length);
  const hist = longest.slice(0, TRANSITIONS_KEPT).map((r) => ({ h: "Progressing", r, since: dateOf(0), n: 999_999 }));
  expect(Buffer.byteLength(JSON.stringify(hist))).toBeLessThan(600);
});

test("knownTransitions() takes what this version can say itself, up to the first that it cannot", () => {
  const of = (...reasons: string[]): ReceivedTransition[] =>
    reasons.map((r, index) => ({ h: "Healthy", r, since: dateOf(9 - index) }));
  const read = (received: ReceivedTransition[] | undefined): string[] => knownTransitions(received).map(({ r }) => r);
  expect(read(undefined)).toEqual([]);
  expect(read(of("AllAvailable", "Updating"))).toEqual(["AllAvailable", "Updating"]);
  expect(read(of("AllAvailable", "TidyingUp", "Updating"))).toEqual(["AllAvailable"]);
  expect(read(of(...Array<string>(9).fill("Updating")))).toHaveLength(TRANSITIONS_KEPT);
});
