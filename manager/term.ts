// One leader's term: the add-on's controllers and the feedback API's front door, and the moment from which it has data.
import type { Kube } from "../shared/kube/types.ts";
import type { Clock } from "../shared/runtime/clock.ts";
import type { Log } from "../shared/runtime/log.ts";
import { linkedController, supervise } from "../shared/runtime/supervise.ts";
import type { ApiHost } from "./api-host.ts";
import type { ManagerConfig } from "./config.ts";
import { runAddonTerm } from "./controllers/addon-term.ts";
import type { AddonTermDeps } from "./controllers/addon-term.ts";
import type { FindOwner } from "./controllers/owner.ts";
import { runServingTerm } from "./controllers/serving-term.ts";
import { externalHostOf } from "./direct-way.ts";
import type { DirectWays } from "./direct-way.ts";
import type { Fleet } from "./fleet/fleet.ts";
import type { ManagedClusterAddOn } from "./ocm/types.ts";

interface TermDeps {
  log: Log;
  clock: Clock;
  /** Connection to the hub. */
  kube: Kube;
}

/** What one term works with. */
export interface Term {
  fleet: Fleet;
  host: ApiHost;
  leading: { yes: boolean };
  term: AbortSignal;
  findOwner: FindOwner;
  direct: DirectWays;
  /** Told the add-ons of all clusters, as the hub has them. */
  onAddons: (addons: () => ManagedClusterAddOn[]) => void;
  onControllers: AddonTermDeps["onControllers"];
}

/** Leads until the term's signal aborts. Its fleet is new: what an earlier leader knew, the agents tell again. */
export async function lead(
  config: ManagerConfig,
  deps: TermDeps,
  { fleet, host, leading, term, findOwner, direct, onAddons, onControllers }: Term,
): Promise<void> {
  const { log, clock, kube } = deps;
  const stop = linkedController(term);
  const onExpecting = (addons: () => ManagedClusterAddOn[]) => {
    onAddons(addons);
    leading.yes = true;
    host.change({ fleet });
  };
  try {
    await supervise(
      {
        addon: () =>
          runAddonTerm(
            {
              kube,
              clock,
              log,
              fleet,
              direct,
              addonApiVersion: config.ADDON_API_VERSION,
              agent: { image: config.AGENT_IMAGE, imagePullPolicy: config.AGENT_IMAGE_PULL_POLICY },
              silenceGraceMs: config.SILENCE_GRACE_SECONDS * 1000,
              onExpecting,
              onControllers,
            },
            linkedController(stop.signal),
          ),
        serving: () =>
          runServingTerm(
            {
              kube,
              clock,
              log,
              namespace: config.POD_NAMESPACE,
              secretName: config.SERVING_SECRET,
              certificateMode: config.CERTIFICATE_MODE,
              service: { name: config.SERVICE_NAME, port: config.SERVICE_PORT },
              deployment: config.DEPLOYMENT_NAME,
              aggregated: config.FEEDBACK_MODE !== "direct",
              externalHost: externalHostOf(config),
              findOwner,
            },
            linkedController(stop.signal),
          ),
      },
      stop,
    );
  } finally {
    leading.yes = false;
  }
}
