// From an object as the API server sends it to what is kept of it. Whatever it holds, it costs its own verdict at most.
import { observe } from "../../shared/kruise/observe.ts";
import type { Observation } from "../../shared/kruise/observe.ts";
import { mapOrEmpty } from "../../shared/kruise/raw.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { writtenMsOf } from "./lag.ts";

/** An observation, and when the API server stored what was observed. */
export interface Seen extends Observation {
  writtenMs: number | undefined;
}

/** Observes an object. One that our own code stumbles over keeps its name and becomes Unknown. */
export function decodeObject(raw: unknown, log: Log): Seen {
  return Object.assign(observeSafely(raw, log), { writtenMs: writtenMsOf(raw) });
}

function observeSafely(raw: unknown, log: Log): Observation {
  try {
    return observe(raw);
  } catch (error) {
    const head = headOf(raw);
    log.error({ err: error, kind: head.kind, object: head.metadata }, "object not read");
    return observe(head);
  }
}

/** The same object with a status that is no status. */
function headOf(raw: unknown): { kind: unknown; metadata: object } {
  const { apiVersion, kind, metadata } = mapOrEmpty(raw);
  const { name, namespace, uid } = mapOrEmpty(metadata);
  return Object.assign({ apiVersion, kind, metadata: { name, namespace, uid } }, { status: "not readable" });
}
