// Every rule of stage one, so that a verdict's rule can be looked up and the documents can list all there is.
import { PRELUDE_RULES } from "../health/prelude.ts";
import type { KindName } from "./kinds.ts";
import { READERS } from "./readers/all.ts";
import type { RuleText } from "./readers/kind-reading.ts";

/** The rules in the order in which they are tried: those of the prelude, then those of the object's kind. */
export const RULE_TABLES: ReadonlyMap<KindName | "prelude", readonly RuleText[]> = new Map([
  ["prelude", PRELUDE_RULES],
  ...Object.entries(READERS).map(([kind, { rules }]) => [kind as KindName, rules] as const),
]);

const BY_ID: ReadonlyMap<string, RuleText> = new Map([...RULE_TABLES.values()].flat().map((rule) => [rule.id, rule]));

/** Finds the rule that a verdict of stage one names. */
export function ruleOf(id: string): RuleText | undefined {
  return BY_ID.get(id);
}
