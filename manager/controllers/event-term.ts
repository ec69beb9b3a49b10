// One leader's telling of Events: who watches which cache, and the recorder that they share.
import type { Task } from "../../shared/runtime/supervise.ts";
import { DefinitionEvents } from "./definition-events.ts";
import { EventRecorder } from "./event-recorder.ts";
import type { EventRecorderDeps } from "./event-recorder.ts";
import { AddonEvents } from "./events.ts";
import type { HubCaches } from "./hub-caches.ts";

export interface EventTerm {
  addons: AddonEvents;
  definition: DefinitionEvents;
  /** Writes Events; to be begun when the caches are listed. */
  run: Task;
}

/** Builds the observers of one term's caches. */
export function buildEventTerm(deps: EventRecorderDeps, caches: HubCaches): EventTerm {
  const { findAddon, findCluster, findRequest, findConfig, definition, addons, requests, definitions, configs } =
    caches;
  const recorder = new EventRecorder(deps);
  const ofDefinition = new DefinitionEvents({
    recorder,
    definition,
    findConfig,
    isListed: () => definitions.synced && configs.synced,
  });
  return {
    addons: new AddonEvents({
      recorder,
      findAddon,
      findCluster,
      findRequest,
      isListed: () => ({ addons: addons.synced, requests: requests.synced }),
    }),
    definition: ofDefinition,
    run: async (signal) => {
      ofDefinition.changed();
      await recorder.run(signal);
    },
  };
}
