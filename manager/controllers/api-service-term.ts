// One leader's work for the registration with kube-apiserver: follows it, and what says whether it is wanted.
import { buildController } from "../../shared/kube/controller.ts";
import { runStore, Store } from "../../shared/kube/store.ts";
import type { Task } from "../../shared/runtime/supervise.ts";
import { API_SERVICES, API_SERVICE_NAME, apiService, removeApiService } from "./api-service.ts";
import type { ApiService } from "./api-service.ts";
import type { FindOwner } from "./owner.ts";
import { Standing } from "./standing.ts";
import type { StandingDeps } from "./standing.ts";

const KEY = "api-service";
const REMOVAL_MS = 2000;

export interface ApiServiceTermDeps extends Omit<StandingDeps, "service"> {
  service: { name: string; port: number };
  /** Whether the feedback API is to be reached through kube-apiserver. False: there shall be no registration. */
  aggregated: boolean;
  findOwner: FindOwner;
  findCa: () => string | undefined;
}

export interface ApiServiceTerm {
  tasks: Record<string, Task>;
  /** To be called when the CA may be another one. */
  lookAgain: () => void;
}

export function buildApiServiceTerm(deps: ApiServiceTermDeps): ApiServiceTerm {
  const { kube, clock, log, namespace, service, aggregated, findOwner, findCa } = deps;
  const store = new Store<ApiService>();
  const standing = new Standing({ ...deps, service: service.name });
  const controller = buildController({
    name: "api-service",
    clock,
    log,
    reconcile: apiService({
      kube,
      service: { namespace, ...service },
      isWanted: () => (aggregated ? standing.stays() : false),
      findCa,
      findOwner,
      findApiService: () => store.get("", API_SERVICE_NAME),
    }),
  });
  const lookAgain = () => {
    if (store.synced) controller.enqueue(KEY);
  };
  void store.whenSynced().then(lookAgain);
  const lookLast = async (): Promise<void> => {
    const live = store.get("", API_SERVICE_NAME);
    if (live === undefined || (await standing.staysNow())) return;
    await removeApiService(kube, live, AbortSignal.timeout(REMOVAL_MS)).catch((error: unknown) => {
      log.warn({ err: error }, "the APIService could not be removed");
    });
  };
  const fieldSelector = `metadata.name=${API_SERVICE_NAME}`;
  return {
    lookAgain,
    tasks: {
      ...(aggregated && standing.tasks(lookAgain)),
      watchApiService: (signal) =>
        runStore({ kube, clock, log, signal, resource: API_SERVICES, fieldSelector, store, onChange: lookAgain }),
      keepApiService: async (signal) => {
        try {
          await controller.run(signal);
        } finally {
          if (aggregated) await lookLast();
        }
      },
    },
  };
}
