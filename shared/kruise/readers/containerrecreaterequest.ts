// Reads a ContainerRecreateRequest. Both of its versions are alike in what is read here.
import {
  CONTAINERRECREATEREQUEST_TABLE,
  assessContainerRecreateRequest,
} from "../../health/kinds/containerrecreaterequest.ts";
import type { Note } from "../../health/verdict.ts";
import { keepMessage } from "../kept-text.ts";
import { mapsOf, textOf } from "../raw.ts";
import type { Raw } from "../raw.ts";
import { MESSAGE_BYTES } from "../record.ts";
import { CAUSE_BYTES, readPhase } from "./jobs.ts";
import type { KindReading, Parts, Reader } from "./kind-reading.ts";

export const containerRecreateRequestReader: Reader = {
  read: readContainerRecreateRequest,
  rules: CONTAINERRECREATEREQUEST_TABLE,
  counters: [],
  observesGeneration: false,
  emptyStatus: true,
};

function readContainerRecreateRequest({ spec, status }: Parts, notes: readonly Note[]): KindReading {
  const states = mapsOf(status["containerRecreateStates"]);
  const facts = {
    phase: readPhase(status),
    message: keepMessage(textOf(status["message"]) ?? "", MESSAGE_BYTES),
    wanted: mapsOf(spec["containers"]).length || states.length,
    states: states.length,
    succeeded: states.filter(({ phase }) => phase === "Succeeded").length,
    failed: states.filter(({ phase }) => phase === "Failed").length,
    cause: readCause(states.find(({ phase }) => phase === "Failed")),
  };
  return {
    verdict: assessContainerRecreateRequest(facts, notes),
    facts,
    counts: { des: facts.wanted, ok: facts.succeeded, fail: facts.failed },
  };
}

/** The failed container by name, and why it failed where that is said. */
function readCause(failed: Raw = {}): string {
  const said = [textOf(failed["name"]), textOf(failed["message"])].filter((part) => part !== undefined);
  return keepMessage(said.join(": "), CAUSE_BYTES);
}
