// The one entry for any JSON that a watch delivers: reads, assesses and condenses it, and lets the object go.
import type { Subject } from "../health/history.ts";
import { readObject } from "./assess.ts";
import { condense } from "./condense.ts";
import type { Condensed } from "./condense.ts";
import { keepMessage } from "./kept-text.ts";
import { recordKey } from "./kinds.ts";
import { MESSAGE_BYTES } from "./record.ts";

/** One object as it is kept: what stage two reads, and the condensed record. Nothing else of the object survives. */
export interface Observation extends Subject {
  /** Name of its row on the hub. */
  key: string;
  condensed: Condensed;
}

/** Observes any JSON: never throws, always gives a verdict. */
export function observe(raw: unknown): Observation {
  const reading = readObject(raw);
  const { identity, verdict, details, current } = reading;
  const condensed = condense(reading);
  return {
    key: recordKey(identity.kind, identity.namespace, identity.name),
    condensed,
    uid: identity.uid,
    generation: identity.generation,
    observedGeneration: identity.observedGeneration ?? 0,
    revision: condensed.ro?.upd ?? "",
    base: { ...verdict, message: keepMessage(verdict.message, MESSAGE_BYTES) },
    marks: current ? details.marks : undefined,
    wanted: details.wanted,
    maxUnavailable: details.maxUnavailable,
    minReadySeconds: details.minReadySeconds,
    progressDeadlineSeconds: details.progressDeadlineSeconds,
    terminationGraceSeconds: details.terminationGraceSeconds,
    failedScale: details.failedScale,
    failedUpdate: details.failedUpdate,
  };
}
