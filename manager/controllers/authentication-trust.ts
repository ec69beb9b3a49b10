// Follows what the hub's kube-apiserver says about how it authenticates to servers behind it: which CA signs the front
// proxy, which headers carry the user, which CA signs client certificates. Any CA may change at any time.
// Reading it is the API's business: here it is only fetched.
import { runStore, Store } from "../../shared/kube/store.ts";
import type { Kube, KubeObject, Resource } from "../../shared/kube/types.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";

const CONFIG_MAPS: Resource = { group: "", version: "v1", plural: "configmaps" };
const NAMESPACE = "kube-system";
const NAME = "extension-apiserver-authentication";

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

export interface TrustDeps {
  kube: Kube;
  clock: Clock;
  log: Log;
  /** Gets the ConfigMap's data; empty when it is gone: then nobody is to be believed. */
  onTrust: (data: Record<string, string>) => void;
}

/** Calls `onTrust` with the present data and with each change, until the signal aborts. Data that cannot be read changes nothing. */
export async function followTrust({ kube, clock, log, onTrust }: TrustDeps, signal: AbortSignal): Promise<void> {
  const store = new Store<ConfigMap>();
  const onChange = () => {
    try {
      onTrust(store.get(NAMESPACE, NAME)?.data ?? {});
    } catch (err) {
      log.error({ err, configMap: `${NAMESPACE}/${NAME}` }, "trust of the hub cannot be read");
    }
  };
  // The reader's Role names this one ConfigMap, so the watch has to as well.
  const fieldSelector = `metadata.name=${NAME}`;
  await runStore({
    kube,
    clock,
    log,
    resource: CONFIG_MAPS,
    namespace: NAMESPACE,
    fieldSelector,
    store,
    onChange,
    signal,
  });
}
