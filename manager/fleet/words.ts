// The words that are in many records, by a number each: only in this process's memory, so that they may change with it.
import { CAUSES } from "../../shared/health/causes.ts";
import { HEALTHS, REASONS } from "../../shared/health/verdict.ts";
import { Transition, Why } from "../../shared/kruise/record.ts";

/** Names of members first: they are the most frequent, and the first hundred take one byte. */
export const WORDS: readonly string[] = [
  ...new Set([
    ...Object.keys({ ...Transition.shape, ...Why.shape }),
    ...HEALTHS,
    ...CAUSES,
    ...Object.values(REASONS).flat(),
  ]),
];

const INDICES = new Map(WORDS.map((word, index) => [word, index]));

export function indexOfWord(word: string): number | undefined {
  return INDICES.get(word);
}
