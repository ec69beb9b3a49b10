// Decision tables: ordered rules, of which the first whose test is met gives the verdict. They are data, so that a
// verdict can be explained with its numbers and the documents can list every rule there is.
import type { Health, Note, Reason, Verdict } from "./verdict.ts";

/** "Degraded/UpdateStalled": a health and one of the reasons that it may come with. */
export type VerdictName = { [H in Health]: `${H}/${Reason<H>}` }[Health];

export interface Rule<F> {
  /** Its name in explanations and documents, unique over all tables: "R9". */
  id: string;
  /** The test in words. A word that is the name of a fact can be shown with its value: see `explain`. */
  when: string;
  test: (facts: F) => boolean;
  verdict: VerdictName;
  message: (facts: F) => string;
}

/** The last row of a table: it takes what no rule before it took. */
export type Otherwise<F> = Omit<Rule<F>, "test">;

export type DecisionTable<F> = readonly [...Rule<F>[], Otherwise<F>];

/** Decides by the first rule whose test is met. */
export function decide<F>(table: DecisionTable<F>, facts: F, notes: Note[]): Verdict {
  for (const row of table) if (!("test" in row) || row.test(facts)) return verdictOf(row, facts, notes);
  throw new Error("A decision table has no last row");
}

/** Decides by the first rule whose test is met; undefined when none is. */
export function decideFirst<F>(rules: readonly Rule<F>[], facts: F): Verdict | undefined {
  const rule = rules.find(({ test }) => test(facts));
  return rule && verdictOf(rule, facts, []);
}

function verdictOf<F>({ id, verdict, message }: Otherwise<F>, facts: F, notes: Note[]): Verdict {
  const { health, reason } = splitVerdict(verdict);
  return { health, reason, message: message(facts), notes, rule: id };
}

export function splitVerdict(name: VerdictName): { health: Health; reason: Reason } {
  const [health, reason] = name.split("/") as [Health, Reason];
  return { health, reason };
}

/** Writes a test with the values of its facts: "updated(2) < target(6)". */
export function explain(when: string, facts: object): string {
  const values = new Map<string, unknown>(Object.entries(facts));
  return when.replaceAll(/[A-Za-z]+/g, (word) => {
    const value = values.get(word);
    return typeof value === "number" || typeof value === "boolean" || typeof value === "string"
      ? `${word}(${value})`
      : word;
  });
}
