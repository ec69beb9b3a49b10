// The one entry for any JSON that a watch delivers: reads, assesses and condenses it, and lets the object go.
import type { Subject } from "../health/history.ts";
import { readObject } from "./assess.ts";
import { condense } from "./condense.ts";
import type { Condensed } from "./condense.ts";
import { keepMessage } from "./kept-text.ts";
import { recordKey } from "./kinds.ts";
import { podSelectorOf } from "./pod-selector.ts";
import { mapOrEmpty } from "./raw.ts";
import { MESSAGE_BYTES } from "./record.ts";

/** One object as it is kept: what stage two reads, and the condensed record. Nothing else of the object survives. */
export interface Observation extends Subject {
  /** Name of its row on the hub. */
  key: string;
  condensed: Condensed;
  /** The label selector of its pods, for a kind that owns pods. It is never sent. */
  podSelector: string | undefined;
}

/** Observes any JSON: never throws, always gives a verdict. */
export function observe(raw: unknown): Observation {
  const reading = readObject(raw);
  const { identity, kind, verdict, details, current } = reading;
  const condensed = condense(reading);
  return {
    key: recordKey(identity.kind, identity.namespace, identity.name),
    condensed,
    podSelector: kind && podSelectorOf(kind.kind, mapOrEmpty(raw)),
    uid: identity.uid,
    generation: identity.generation,
    observedGeneration: identity.observedGeneration ?? 0,
    revision: condensed.ro?.upd ?? "",
    base: { ...verdict, message: keepMessage(verdict.message, MESSAGE_BYTES) },
    marks: current ? details.marks : undefined,
    wanted: details.wanted ?? 0,
    maxUnavailable: details.maxUnavailable ?? 0,
    minReadySeconds: details.minReadySeconds ?? 0,
    progressDeadlineSeconds: details.progressDeadlineSeconds,
    terminationGraceSeconds: details.terminationGraceSeconds ?? 0,
    failedScale: details.failedScale,
    failedUpdate: details.failedUpdate,
    schedule: details.schedule,
    gate: kind?.gate,
    frozenStatus: statusText(condensed),
    template: condensed.k === "SidecarSet" ? condensed.th : undefined,
  };
}

/** A DaemonSet's status freezes; what of it is in the record shows a write as well as the whole. */
export function statusText({ k, obs, c }: Pick<Condensed, "k" | "obs" | "c">): string | undefined {
  // One by one: whoever stored a record may have sorted its keys.
  return k === "DaemonSet" ? JSON.stringify([obs, c.des, c.cur, c.up, c.rdy, c.av, c.mis]) : undefined;
}
