// Stage two over the scenarios of test/fixtures/escalate, and what must hold at every step of them.
import { describe, expect, test } from "vitest";
import { replay } from "../../test/fixtures/replay.ts";
import { loadAllScenarios } from "../../test/fixtures/scenarios.ts";
import { escalate } from "./escalate.ts";
import { DEFAULT_THRESHOLDS } from "./thresholds.ts";

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
    for (const { step, escalated } of played)
      expect(escalated.verdict.message.startsWith("possibly old: ")).toBe(step.possiblyOld);
  });

  test.each(scenarios)("gives the moment of the next change by time: $name", ({ steps }) => {
    for (const { observation, escalated, step } of replay(steps)) {
      const at = (nowMs: number) =>
        escalate(observation, escalated.history, {
          nowMs,
          thresholds: DEFAULT_THRESHOLDS,
          kruiseHealthy: step.kruiseHealthy,
        });
      const { dueAtMs } = escalated;
      const lastMoment = dueAtMs === undefined ? step.nowMs + YEAR_MS : dueAtMs - 1;
      expect(verdictText(at(lastMoment).verdict)).toBe(verdictText(escalated.verdict));
      expect(dueAtMs === undefined || at(dueAtMs).verdict.health === "Degraded").toBe(true);
    }
  });

  test.each(scenarios)("keeps since while the verdict stays, and never counts it as progress: $name", ({ steps }) => {
    for (const { observation, escalated, step } of replay(steps)) {
      const again = escalate(observation, escalated.history, {
        nowMs: step.nowMs + 1000,
        thresholds: DEFAULT_THRESHOLDS,
        kruiseHealthy: false,
      });
      const unchanged = verdictText(again.verdict) === verdictText(escalated.verdict);
      expect(again.history.sinceMs).toBe(unchanged ? escalated.history.sinceMs : step.nowMs + 1000);
      expect(again.history.progressMs).toBe(escalated.history.progressMs);
    }
  });

  test.each(scenarios)("forgets an object that was created anew under the same name: $name", ({ steps }) => {
    for (const { observation, escalated, step } of replay(steps)) {
      const reborn = { ...observation, uid: "ffffffff" };
      const context = { nowMs: step.nowMs, thresholds: DEFAULT_THRESHOLDS, kruiseHealthy: true };
      expect(escalate(reborn, escalated.history, context)).toEqual(escalate(reborn, undefined, context));
    }
  });
});
