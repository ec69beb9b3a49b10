// Objects of the API as the page reads them, for tests.
import type { KruiseWorkload } from "../../api/schemas.ts";
import { healthOf } from "./health.ts";
import { readWorkload } from "./records.ts";
import { Store } from "./store.ts";
import { USUAL } from "./url-state.ts";
import type { UrlState } from "./url-state.ts";

export const NOW = Date.parse("2026-11-20T12:00:00Z");

export function minutesAgo(minutes: number): string {
  return new Date(NOW - minutes * 60_000).toISOString();
}

type Status = KruiseWorkload["status"];
interface Fields {
  version?: number;
  kind?: string;
  since?: string;
  status?: Partial<Status>;
}

/** `place` is CLUSTER NAMESPACE/NAME, `verdict` Health/Reason. */
export function anObject(place: string, verdict: string, fields: Fields = {}): KruiseWorkload {
  const { version = 1, kind = "CloneSet", since = minutesAgo(10), status = {} } = fields;
  const [cluster = "", title = ""] = place.split(" ");
  const [health, reason = ""] = verdict.split("/");
  const parts = title.split("/");
  const { name, scope } = namesOf(parts);
  const label = "kruise-health.open-cluster-management.io";
  return {
    apiVersion: "kruise-health.open-cluster-management.io/v1alpha1",
    kind: "KruiseWorkload",
    metadata: {
      name: [kind.toLowerCase(), ...parts].join("."),
      namespace: cluster,
      uid: "0",
      resourceVersion: String(version),
      creationTimestamp: since,
      labels: { [`${label}/kind`]: kind, ...(scope.namespace && { [`${label}/namespace`]: scope.namespace }) },
    },
    workload: { apiVersion: "apps.kruise.io/v1beta1", kind, ...scope, name, uidPrefix: "0", generation: 1 },
    status: {
      health: healthOf(health),
      reason,
      message: `${reason} of ${title}`,
      since,
      stale: false,
      counts: { wanted: 4, ready: 4, updated: 4 },
      conditions: [],
      ...status,
    },
  };
}

function namesOf([first = "", second]: readonly string[]): { name: string; scope: { namespace?: string } } {
  return second === undefined ? { name: first, scope: {} } : { name: second, scope: { namespace: first } };
}

/** A store with these rows: [CLUSTER NAMESPACE/NAME, Health/Reason, fields]. */
export function aStore(rows: readonly (readonly [string, string, Fields?])[]): Store {
  const store = new Store();
  store.begin();
  for (const [place, verdict, fields] of rows) store.put(readWorkload(anObject(place, verdict, fields)));
  return store;
}

export function aState(choices: Partial<UrlState> = {}): UrlState {
  return { ...USUAL, ...choices };
}
