// --explain: which rule decided and with which numbers. A paragraph an object, in place of its row.
import { explain } from "../shared/health/decision.ts";
import { keepMessage } from "../shared/kruise/kept-text.ts";
import { MESSAGE_BYTES } from "../shared/kruise/record.ts";
import { ruleOf } from "../shared/kruise/rules.ts";
import { NOTE_GUIDE } from "../shared/reasons/notes.ts";
import { colour } from "./table.ts";
import type { Judged } from "./verdicts.ts";

type Facts = Record<string, number | boolean | string>;

export interface Explanation {
  id: string;
  /** The test of the rule, with the values of its facts. */
  when: string;
  facts: Facts;
}

/** Explains one verdict. */
export function explanationOf({ verdict, facts: given }: Judged): Explanation {
  const facts = shownFacts(given);
  return { id: verdict.rule, when: explain(ruleOf(verdict.rule)?.when ?? "", facts), facts };
}

/** The facts that can be shown in a line; their texts are the object's own, so they are made harmless. */
function shownFacts(given: object): Facts {
  const facts: Facts = {};
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "number" || typeof value === "boolean") facts[name] = value;
    if (typeof value === "string" && value !== "") facts[name] = keepMessage(value, MESSAGE_BYTES);
  }
  return facts;
}

/** Writes a paragraph for each object, with an empty line between two. */
export function explanationText(all: readonly Judged[], coloured: boolean): string {
  return all.map((judged) => paragraph(judged, coloured)).join("\n");
}

function paragraph(judged: Judged, coloured: boolean): string {
  const { kind, namespace, name, verdict } = judged;
  const { id, when, facts } = explanationOf(judged);
  const title = `${verdict.health}/${verdict.reason}`;
  const shown = Object.entries(facts).map(([fact, value]) => `${fact} ${value}`);
  const lines = [
    `${kind} ${namespace && `${namespace}/`}${name}: ${coloured ? colour(title, verdict.health) : title}`,
    `  message  ${verdict.message}`,
    `  rule     ${id}: ${when}`,
    ...(shown.length > 0 ? [`  facts    ${shown.join(", ")}`] : []),
    ...verdict.notes.map((note) => `  note     ${note}: ${NOTE_GUIDE[note]}`),
    `  file     ${judged.file}`,
  ];
  return `${lines.join("\n")}\n`;
}
