import { beforeEach, describe, expect, it } from "vitest";
import type { ReceivedTransition } from "../shared/kruise/received-record.ts";
import type { Installation } from "../shared/wire/report.ts";
import { KruiseHistory } from "./kruise-history.ts";
import { NOT_CHECKED } from "./watch/installation.ts";

const MINUTE = 60_000;
const START = Date.parse("2026-01-01T00:00:00Z");
const READY: Installation = { health: "Healthy", reason: "Ready", message: "" };
const DOWN: Installation = { health: "Degraded", reason: "ManagerUnavailable", message: "" };

let history: KruiseHistory;
beforeEach(() => {
  history = new KruiseHistory();
});
const note = (kruise: Installation, minute: number): void => history.note(kruise, START + minute * MINUTE);
/** "Reason MINUTE" of the verdicts up to this one. */
function upTo(kruise: Installation): string[] | undefined {
  return history.upTo(kruise)?.map(({ r, since }) => `${r} ${(Date.parse(since) - START) / MINUTE}`);
}
function earlier(...verdicts: [reason: string, minute: number][]): ReceivedTransition[] {
  return verdicts.map(([r, minute]) => ({
    h: r === "Ready" ? "Healthy" : "Degraded",
    r,
    since: new Date(START + minute * MINUTE).toISOString(),
  }));
}

describe("KruiseHistory", () => {
  it("begins with the first verdict that is one", () => {
    note(NOT_CHECKED, 0);
    expect(upTo(NOT_CHECKED)).toBeUndefined();
    note(READY, 1);
    note({ ...READY, message: "other", version: "1.8.0" }, 2);
    expect(upTo(READY)).toEqual(["Ready 1"]);
    expect(upTo(DOWN)).toBeUndefined();
  });

  it("tells how it came to the verdict of now, also that nothing could be seen for a while", () => {
    note(READY, 0);
    note(NOT_CHECKED, 1);
    note(READY, 2);
    note(DOWN, 3);
    expect(upTo(DOWN)).toEqual(["ManagerUnavailable 3", "Ready 2", "NotChecked 1", "Ready 0"]);
  });

  it.each<[what: string, verdict: Installation, wanted: string[]]>([
    ["that goes on", READY, ["Ready -5", "ManagerUnavailable -9"]],
    ["that has changed", DOWN, ["ManagerUnavailable 0", "Ready -5", "ManagerUnavailable -9"]],
  ])("takes over what an earlier agent saw: a verdict %s", (_, verdict, wanted) => {
    const known = earlier(["Ready", -5], ["ManagerUnavailable", -9]);
    note(verdict, 0);
    history.adopt(known, { nowMs: START + MINUTE, behindMs: 0 });
    expect(upTo(verdict)).toEqual(wanted);

    history = new KruiseHistory();
    history.adopt(known, { nowMs: START, behindMs: 0 });
    note(verdict, 0);
    expect(upTo(verdict)).toEqual(wanted);
  });

  it("moves the dates of a clock that was off, and stops at a verdict that this version does not know", () => {
    note(READY, 60);
    const known = earlier(["Ready", -5], ["ManagerUnavailable", -9], ["Polished", -10], ["Ready", -11]);
    history.adopt(known, { nowMs: START + 61 * MINUTE, behindMs: 60 * MINUTE });
    expect(upTo(READY)).toEqual(["Ready 55", "ManagerUnavailable 51"]);
  });
});
