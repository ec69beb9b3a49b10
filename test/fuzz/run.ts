// Runs one stretch of generated objects through the checks.
import { findFault } from "./check.ts";
import type { Extras } from "./check.ts";
import { collectCorpus } from "./corpus.ts";
import { generate } from "./generate.ts";
import { seededRandom } from "./random.ts";
import { shrink } from "./shrink.ts";

/** One object in so many gets each of the slower checks. */
const LATER_EVERY = 3;
const REPEAT_EVERY = 10;
const SCHEMA_EVERY = 1000;
const ALL_CHECKS = { later: true, repeat: true, schema: true };
const PROGRESS_EVERY = 20_000;

export interface Stretch {
  objects: number;
  seed: number;
  /** Called now and then with the number of objects done since the last call. */
  progress?: (done: number) => void;
}

export interface Finding {
  fault: string;
  /** The smallest input found that still has a fault. */
  input: string;
}

/** Runs until the first finding or to the end. */
export function fuzz({ objects, seed, progress = () => {} }: Stretch): Finding | undefined {
  const source = { corpus: collectCorpus(), random: seededRandom(seed) };
  for (let done = 1; done <= objects; done += 1) {
    const object = generate(source);
    if (findFault(object, extrasOf(done)) !== undefined) return smallest(object);
    if (done % PROGRESS_EVERY === 0) progress(PROGRESS_EVERY);
  }
  progress(objects % PROGRESS_EVERY);
  return undefined;
}

function extrasOf(index: number): Extras {
  return {
    later: index % LATER_EVERY === 0,
    repeat: index % REPEAT_EVERY === 0,
    schema: index % SCHEMA_EVERY === 0,
  };
}

function smallest(object: unknown): Finding {
  const input = shrink(object, (tree) => findFault(tree, ALL_CHECKS) !== undefined);
  return {
    fault: findFault(input, ALL_CHECKS) ?? "is not faulty when it is tried again",
    input: JSON.stringify(input),
  };
}
