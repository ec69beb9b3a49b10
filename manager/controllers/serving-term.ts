// One leader's work for the feedback API's front door: its certificate in a Secret, its registration with kube-apiserver.
// Apart from the add-on's work, so that neither waits for the other.
import { buildController } from "../../shared/kube/controller.ts";
import { runStore, Store } from "../../shared/kube/store.ts";
import type { Kube } from "../../shared/kube/types.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { supervise } from "../../shared/runtime/supervise.ts";
import type { FindOwner } from "./owner.ts";
import { API_SERVICES, API_SERVICE_NAME, apiService } from "./api-service.ts";
import type { ApiService } from "./api-service.ts";
import { SECRETS, servingCertificate } from "./serving-certificate.ts";
import type { ServingSecret } from "./serving-certificate.ts";
import { checkServing } from "./serving-check.ts";
import type { CheckedServing } from "./serving-check.ts";

const KEY = "serving";

export interface ServingTermDeps {
  kube: Kube;
  clock: Clock;
  log: Log;
  namespace: string;
  secretName: string;
  service: { name: string; port: number };
  /** own: the leader makes and renews the certificate. existing: somebody else does, and the Secret is only read. */
  certificateMode: "own" | "existing";
  /** Owner of the Secret and of the APIService. */
  findOwner: FindOwner;
}

/** DNS names under which kube-apiserver reaches the Service. */
export function servingNames(service: string, namespace: string): string[] {
  return [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`];
}

/** Keeps the Secret and the APIService until the signal aborts. */
export async function runServingTerm(deps: ServingTermDeps, stop: AbortController): Promise<void> {
  const { kube, clock, log, namespace, secretName, service, findOwner } = deps;
  const secrets = new Store<ServingSecret>();
  const services = new Store<ApiService>();
  const certificate = buildController({
    name: "serving-certificate",
    clock,
    log,
    reconcile: servingCertificate({
      kube,
      clock,
      log,
      namespace,
      secretName,
      names: servingNames(service.name, namespace),
      findOwner,
    }),
  });
  const registered = buildController({
    name: "api-service",
    clock,
    log,
    reconcile: apiService({
      kube,
      service: { namespace, ...service },
      findOwner,
      findServing: () => checkedIn(secrets, deps).serving,
      findApiService: () => services.get("", API_SERVICE_NAME),
    }),
  });
  const lookAgain = () => {
    if (secrets.synced && deps.certificateMode === "own") certificate.enqueue(KEY);
    if (services.synced) registered.enqueue(KEY);
  };
  void secrets.whenSynced().then(lookAgain);
  void services.whenSynced().then(lookAgain);
  await supervise(
    {
      watchSecret: (signal) => watchSecret({ ...deps, store: secrets, onChange: lookAgain }, signal),
      watchApiService: (signal) =>
        runStore({
          kube,
          clock,
          log,
          signal,
          resource: API_SERVICES,
          fieldSelector: `metadata.name=${API_SERVICE_NAME}`,
          store: services,
          onChange: lookAgain,
        }),
      keepCertificate: (signal) => certificate.run(signal),
      keepApiService: (signal) => registered.run(signal),
    },
    stop,
  );
}

type SecretDeps = Pick<ServingTermDeps, "kube" | "clock" | "log" | "namespace" | "secretName" | "certificateMode"> & {
  service: { name: string };
};

function checkedIn(store: Store<ServingSecret>, { namespace, secretName, service }: SecretDeps): CheckedServing {
  const [dnsName = ""] = servingNames(service.name, namespace);
  return checkServing(store.get(namespace, secretName), secretName, dnsName);
}

/**
 * Calls `onServing` with what is in the Secret: at first, and at each change. One that cannot serve is logged too, once.
 * For every replica, leader or not.
 */
export async function followServing(
  deps: SecretDeps,
  onServing: (checked: CheckedServing) => void,
  signal: AbortSignal,
): Promise<void> {
  const store = new Store<ServingSecret>();
  let trouble: string | undefined;
  const onChange = () => {
    const checked = checkedIn(store, deps);
    if (checked.fault !== undefined && checked.fault !== trouble) {
      // In a Secret of our own the leader puts it right.
      deps.log[deps.certificateMode === "own" ? "debug" : "warn"](
        { fault: checked.fault },
        "the serving certificate cannot be used",
      );
    }
    trouble = checked.fault;
    onServing(checked);
  };
  void store.whenSynced().then(onChange);
  await watchSecret({ ...deps, store, onChange }, signal);
}

async function watchSecret(
  {
    kube,
    clock,
    log,
    namespace,
    secretName,
    store,
    onChange,
  }: Pick<ServingTermDeps, "kube" | "clock" | "log" | "namespace" | "secretName"> & {
    store: Store<ServingSecret>;
    onChange: () => void;
  },
  signal: AbortSignal,
): Promise<void> {
  const fieldSelector = `metadata.name=${secretName}`;
  await runStore({ kube, clock, log, resource: SECRETS, namespace, fieldSelector, store, onChange, signal });
}
