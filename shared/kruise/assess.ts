// Stage one: the verdict of one object from the object alone. Any JSON gets an answer, nothing throws.
import { assessPrelude } from "../health/prelude.ts";
import type { Verdict } from "../health/verdict.ts";
import { readHead } from "./head.ts";
import type { Head, Identity } from "./head.ts";
import { mapOrEmpty } from "./raw.ts";
import { READERS } from "./readers/all.ts";
import type { KindReading } from "./readers/kind-reading.ts";

/** Everything that is read of one object. It still holds parts of the raw object: for immediate use only. */
export interface Reading {
  identity: Identity;
  kind: Head["kind"];
  verdict: Verdict;
  /** Empty when the numbers are malformed or the kind is not assessed. */
  details: Omit<KindReading, "verdict">;
  /** The numbers are those of the present generation. */
  current: boolean;
}

/** Reads and assesses any JSON. */
export function readObject(raw: unknown): Reading {
  const object = mapOrEmpty(raw);
  const { identity, kind, prelude: input } = readHead(object);
  const prelude = assessPrelude(input);
  const reader = kind && READERS[kind.kind];
  const readable = input.malformedCounter === undefined && !input.replicasMalformed && input.status !== "malformed";
  if (reader === undefined || !readable)
    return {
      identity,
      kind,
      verdict: prelude.verdict ?? UNSUPPORTED,
      details: { facts: input, counts: {} },
      current: false,
    };
  const parts = {
    annotations: mapOrEmpty(mapOrEmpty(object["metadata"])["annotations"]),
    spec: mapOrEmpty(object["spec"]),
    status: mapOrEmpty(object["status"]),
  };
  const details = reader.read(parts, prelude.notes ?? []);
  if (prelude.verdict === undefined) return { identity, kind, verdict: details.verdict, details, current: true };
  return { identity, kind, verdict: prelude.verdict, details: { ...details, facts: input }, current: false };
}

const UNSUPPORTED: Verdict = {
  health: "Unknown",
  reason: "UnsupportedKind",
  message: "Not a kind that is assessed",
  notes: [],
  rule: "P2",
};

/** Assesses any JSON. */
export function assess(raw: unknown): Verdict {
  return readObject(raw).verdict;
}
