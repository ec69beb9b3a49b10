// One leader's work for the feedback API's front door: its certificate in a Secret, its registration with kube-apiserver.
// Apart from the add-on's work, so that neither waits for the other.
import { buildController } from "../../shared/kube/controller.ts";
import { runStore, Store } from "../../shared/kube/store.ts";
import type { Kube } from "../../shared/kube/types.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { supervise } from "../../shared/runtime/supervise.ts";
import type { FindOwner } from "./owner.ts";
import { buildApiServiceTerm } from "./api-service-term.ts";
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
  /** Deployment that runs the manager, in the same namespace; undefined: none. */
  deployment: string | undefined;
  /** Whether the feedback API is registered with kube-apiserver; false: the registration is removed. */
  aggregated: boolean;
  /** Name or address by which agents and readers reach the Service past kube-apiserver; undefined: they do not. */
  externalHost: string | undefined;
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
  const { kube, clock, log, namespace, secretName, service, externalHost, findOwner } = deps;
  const secrets = new Store<ServingSecret>();
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
      names: [...servingNames(service.name, namespace), ...(externalHost === undefined ? [] : [externalHost])],
      findOwner,
    }),
  });
  const registration = buildApiServiceTerm({ ...deps, findCa: () => checkedIn(secrets, deps).serving?.ca });
  const lookAgain = () => {
    if (secrets.synced && deps.certificateMode === "own") certificate.enqueue(KEY);
    registration.lookAgain();
  };
  void secrets.whenSynced().then(lookAgain);
  await supervise(
    {
      watchSecret: (signal) => watchSecret({ ...deps, store: secrets, onChange: lookAgain }, signal),
      keepCertificate: (signal) => certificate.run(signal),
      ...registration.tasks,
    },
    stop,
  );
}

type SecretDeps = Pick<
  ServingTermDeps,
  "kube" | "clock" | "log" | "namespace" | "secretName" | "certificateMode" | "externalHost"
> & {
  service: { name: string };
};

function checkedIn(store: Store<ServingSecret>, deps: SecretDeps): CheckedServing {
  const { namespace, secretName, service, externalHost } = deps;
  const [dnsName = ""] = servingNames(service.name, namespace);
  return checkServing(store.get(namespace, secretName), secretName, { dnsName, externalHost });
}

/**
 * Calls `onServing` with what is in the Secret: at first, and at each change. One that is wrong is logged too, once.
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
    const found = checked.fault ?? checked.flaw;
    if (found !== undefined && found !== trouble) {
      // In a Secret of our own the leader puts it right.
      deps.log[deps.certificateMode === "own" ? "debug" : "warn"]({ fault: found }, "the serving certificate is wrong");
    }
    trouble = found;
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
