// Stage two over the scenarios of test/fixtures/escalate, and what must hold at every step of them.
import { describe, expect, test } from "vitest";
import { replay } from "../../test/fixtures/replay.ts";
import { loadAllScenarios } from "../../test/fixtures/scenarios.ts";
import { historyFromRecord } from "../kruise/history.ts";
import { escalate } from "./escalate.ts";
import { STAGE_TWO_RULES } from "./stage-two.ts";

const scenarios = loadAllScenarios();
const YEAR_MS = 365 * 24 * 3_600_000;

function verdictText({ health, reason }: { health: string; reason: string }): string {
  return `${health}/${reason}`;
}

describe("escalate()", () => {
  test.each(scenarios)("$name", ({ steps }) => {
    const played = replay(steps);
    expect(played.map(({ step, escalated }) => `${step.at} ${verdictText(escalated.verdict)}`)).toEqual(
      steps.map(({ at, expect: expected }) => `${at} ${expected}`),
    );
    for (const { step, escalated } of played) {
      const { message } = escalated.verdict;
      expect(message.startsWith("possibly old: ")).toBe(step.possiblyOld);
      expect(message === step.context.warning?.message).toBe(step.eventTold);
    }
  });

  test.each(scenarios)("gives the moment of the next change by time: $name", ({ steps }) => {
    for (const { observation, escalated, context } of replay(steps)) {
      const { dueAtMs } = escalated;
      const at = (nowMs: number) => escalate(observation, escalated.history, { ...context, nowMs }).verdict;
      const lastMoment = dueAtMs === undefined ? context.nowMs + YEAR_MS : dueAtMs - 1;
      expect(at(lastMoment)).toEqual(escalated.verdict);
      if (dueAtMs === undefined) continue;
      expect(dueAtMs).toBeGreaterThan(context.nowMs);
      expect(at(dueAtMs)).not.toEqual(escalated.verdict);
      // Time makes nothing better but for an event that is over, a workload that no longer flaps, and a doubt that ends.
      const isEventOver = [10_000, 20 * 60_000].includes(dueAtMs - (context.warning?.atMs ?? 0));
      const isCalm = escalated.verdict.notes.includes("Flapping") && !at(dueAtMs).notes.includes("Flapping");
      const isDoubtOver = escalated.verdict.rule === "T0";
      expect(isEventOver || isCalm || isDoubtOver || at(dueAtMs).health === "Degraded").toBe(true);
    }
  });

  test.each(scenarios)("keeps since while the verdict stays, and never counts it as progress: $name", ({ steps }) => {
    for (const { observation, escalated, context } of replay(steps)) {
      const nowMs = context.nowMs + 1000;
      const again = escalate(observation, escalated.history, { ...context, nowMs, kruiseHealthy: false });
      const unchanged = verdictText(again.verdict) === verdictText(escalated.verdict);
      expect(again.history.sinceMs).toBe(unchanged ? escalated.history.sinceMs : nowMs);
      expect(again.history.progressMs).toBe(escalated.history.progressMs);
    }
  });

  test.each(scenarios)("forgets an object that was created anew under the same name: $name", ({ steps }) => {
    for (const { observation, escalated, context } of replay(steps)) {
      const reborn = { ...observation, uid: "ffffffff" };
      expect(escalate(reborn, escalated.history, context)).toEqual(escalate(reborn, undefined, context));
    }
  });

  test.each(scenarios)("names the rule that decided: $name", ({ steps }) => {
    for (const { observation, escalated } of replay(steps)) {
      const { rule, health, reason } = escalated.verdict;
      const decided = STAGE_TWO_RULES.find(({ id }) => id === rule);
      expect(`${health}/${reason}`).toBe(decided?.verdict ?? verdictText(observation.base));
      expect(decided !== undefined || rule === observation.base.rule).toBe(true);
    }
  });

  test.each(scenarios)("knows after a restart what the report tells: $name", ({ steps }) => {
    for (const { observation, escalated, record } of replay(steps)) {
      const seeded = historyFromRecord(record);
      expect(seeded.frozenStatus).toBe(observation.frozenStatus);
      expect(observation.marks === undefined ? undefined : seeded.marks).toEqual(observation.marks);
      expect(seeded.progressMs).toBe(escalated.history.progressMs);
    }
  });

  test("has a scenario for every rule", () => {
    const decided = scenarios.flatMap(({ steps }) => replay(steps).map(({ escalated }) => escalated.verdict.rule));
    expect(STAGE_TWO_RULES.map(({ id }) => id).filter((id) => !decided.includes(id))).toEqual([]);
  });
});
