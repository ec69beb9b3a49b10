// Holds the lists of rules together: one id a rule, and a case for each rule.
import { expect, test } from "vitest";
import { loadAllAssessCases } from "../../test/fixtures/cases.ts";
import { assess } from "./assess.ts";
import { RULE_TABLES, ruleOf } from "./rules.ts";

const rules = [...new Set([...RULE_TABLES.values()].flat())];

test("an id names one rule", () => {
  const ids = rules.map(({ id }) => id);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
});

const verdicts = loadAllAssessCases().map(({ object }) => assess(object));

test.each(rules.map(({ id, when }) => [id, when]))("rule %s (%s) decides a case", (id) => {
  expect(verdicts.some((verdict) => verdict.rule === id)).toBe(true);
});

test("every verdict of the cases names a rule that gives it", () => {
  const wrong = verdicts.filter(({ rule, health, reason }) => ruleOf(rule)?.verdict !== `${health}/${reason}`);
  expect(wrong).toEqual([]);
});
