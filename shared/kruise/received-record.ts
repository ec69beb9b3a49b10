// A record as another version of this program may have written it: an unknown field is dropped, an unknown word is kept as
// it is. Bounds are bounds all the same. What this version writes is held by the stricter schema in record.ts.
import * as z from "zod";
import { CAUSES_MAX } from "../health/causes.ts";
import { HEALTHS } from "../health/verdict.ts";
import type { Health } from "../health/verdict.ts";
import {
  HISTORY_MAX,
  NOTES_MAX,
  Parent,
  Rollout,
  SOURCES_MAX,
  SUBSETS_MAX,
  Source,
  Subset,
  Transition,
  Why,
  WorkloadRecord,
} from "./record.ts";

/** A reason, a note, a state: one word that need not be known. */
export const receivedWord = z.string().max(63);
const COUNTERS_MAX = 32;

const Counters = z
  .record(z.string().max(16), z.int().nonnegative())
  .refine((counters) => Object.keys(counters).length <= COUNTERS_MAX, `wanted are at most ${COUNTERS_MAX} counters`);
const ReceivedSource = z.object({ ...Source.shape, t: receivedWord });

/** An earlier verdict. A health that is none of the five is Unknown. */
export const ReceivedTransition = z.object({
  ...Transition.shape,
  h: receivedWord.transform((word): Health => HEALTHS.find((known) => known === word) ?? "Unknown"),
  r: receivedWord,
});
export type ReceivedTransition = z.infer<typeof ReceivedTransition>;

/** What an object is called. Rows are named by it and told apart by it: more than Kubernetes lets pass is no name. */
const nameOf = (pattern: RegExp, wanted: string) => z.string().regex(pattern, `wanted are ${wanted}`);
const KIND = nameOf(/^[A-Za-z0-9]{1,63}$/, "1 to 63 letters and digits");

const Lenient = z.object({
  ...WorkloadRecord.shape,
  g: nameOf(/^[a-z0-9.-]{0,253}$/, 'at most 253 small letters, digits, "-" and "."'),
  v: KIND,
  k: KIND,
  ns: nameOf(/^[a-z0-9-]{0,63}$/, 'at most 63 small letters, digits and "-"'),
  n: nameOf(/^[a-z0-9.-]{1,253}$/, '1 to 253 small letters, digits, "-" and "."'),
  h: receivedWord,
  r: receivedWord,
  c: Counters,
  ro: z.object(Rollout.shape).optional(),
  sub: z.array(z.object(Subset.shape)).max(SUBSETS_MAX).optional(),
  notes: z.array(receivedWord).max(NOTES_MAX).optional(),
  why: z
    .array(z.object({ ...Why.shape, r: receivedWord }))
    .max(CAUSES_MAX)
    .optional(),
  src: ReceivedSource.optional(),
  also: z.array(ReceivedSource).max(SOURCES_MAX).optional(),
  parent: z.object(Parent.shape).optional(),
  hist: z.array(ReceivedTransition).max(HISTORY_MAX).optional(),
});

/** A record as it is kept on the hub. */
export type ReceivedRecord = Omit<z.infer<typeof Lenient>, "h"> & {
  h: Health;
  /** The health as it was written, when it is none of the five: the digest is made of it. */
  written?: string;
};

/** Reads a record. A health that is none of the five is Unknown. */
export const ReceivedRecord = Lenient.transform(({ h, ...rest }): ReceivedRecord => {
  const health = HEALTHS.find((known) => known === h);
  return health === undefined ? { ...rest, h: "Unknown", written: h } : { ...rest, h: health };
});
