// Reads a PersistentPodState. Of its pod states only their number is kept: they name nodes.
import { PERSISTENTPODSTATE_TABLE, assessPersistentPodState } from "../../health/kinds/persistentpodstate.ts";
import type { Note } from "../../health/verdict.ts";
import type { KindReading, Parts, Reader } from "./kind-reading.ts";
import { mapOrEmpty } from "../raw.ts";

export const persistentPodStateReader: Reader = {
  read: readPersistentPodState,
  rules: PERSISTENTPODSTATE_TABLE,
  counters: [],
  observesGeneration: true,
};

function readPersistentPodState({ status }: Parts, notes: readonly Note[]): KindReading {
  const facts = { podStates: Object.keys(mapOrEmpty(status["podStates"])).length };
  return { verdict: assessPersistentPodState(facts, notes), facts, counts: { tot: facts.podStates } };
}
