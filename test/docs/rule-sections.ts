// Every rule there is, in sections: those before any kind, those of each kind, and those of stage two.
import { splitVerdict } from "../../shared/health/decision.ts";
import type { VerdictName } from "../../shared/health/decision.ts";
import { STAGE_TWO_RULES } from "../../shared/health/stage-two.ts";
import type { Health, Reason } from "../../shared/health/verdict.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import { RULE_TABLES } from "../../shared/kruise/rules.ts";

export interface RuleRow {
  id: string;
  when: string;
  verdict: VerdictName;
}

export interface RuleSection {
  title: string;
  rules: readonly RuleRow[];
}

export const BEFORE_ANY_KIND = "Before those of any kind";
export const STAGE_TWO = "With time and history";

/** The sections in the order of the page. */
export function ruleSections(): RuleSection[] {
  return [
    { title: BEFORE_ANY_KIND, rules: RULE_TABLES.get("prelude") ?? [] },
    ...KRUISE_KINDS.map(({ kind }) => ({ title: kind, rules: RULE_TABLES.get(kind) ?? [] })),
    { title: STAGE_TWO, rules: STAGE_TWO_RULES },
  ];
}

export function sectionAnchor(title: string): string {
  return `#${title.toLowerCase().replaceAll(" ", "-")}`;
}

/** The rules that give a verdict, each with the sections that have it; a rule may serve several kinds. */
export function rulesFor(health: Health, reason: Reason): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { title, rules } of ruleSections()) {
    for (const { id, verdict } of rules) {
      const given = splitVerdict(verdict);
      if (given.health === health && given.reason === reason) found.set(id, [...(found.get(id) ?? []), title]);
    }
  }
  return found;
}
