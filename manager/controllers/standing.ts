// Whether the manager is here to stay: its Deployment wants pods, its Service leads to them, and their namespace is not on
// its way out. Who uninstalls the chart takes these away first, and who stops the manager for good scales it to 0; all of
// it shows here while the manager still has its rights, and mostly before any pod is told to end.
import { collectionPath } from "../../shared/kube/paths.ts";
import { runStore, Store } from "../../shared/kube/store.ts";
import type { Kube, KubeObject, Resource } from "../../shared/kube/types.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Task } from "../../shared/runtime/supervise.ts";

const DEPLOYMENTS: Resource = { group: "apps", version: "v1", plural: "deployments" };
const SERVICES: Resource = { group: "", version: "v1", plural: "services" };
const NAMESPACES: Resource = { group: "", version: "v1", plural: "namespaces" };
/** A manager that is told to end has not much time. */
const LAST_LOOK_MS = 2000;

interface Deployment extends KubeObject {
  spec?: { replicas?: number };
}

export interface StandingDeps {
  kube: Kube;
  clock: Clock;
  log: Log;
  namespace: string;
  service: string;
  /** Undefined: the manager does not run from a Deployment, and whoever runs it answers for its end. */
  deployment: string | undefined;
}

/** One object that has to be there. */
interface Pillar {
  resource: Resource;
  /** "" for a cluster-wide object. */
  namespace: string;
  name: string;
  store: Store<Deployment>;
  unreadable: boolean;
}

/** Follows what the manager stands on. */
export class Standing {
  readonly #deps: StandingDeps;
  readonly #pillars: Pillar[];

  constructor(deps: StandingDeps) {
    const { namespace, service, deployment } = deps;
    this.#deps = deps;
    const pillar = (resource: Resource, name: string, where = namespace): Pillar => {
      return { resource, namespace: where, name, store: new Store(), unreadable: false };
    };
    this.#pillars =
      deployment === undefined
        ? []
        : [pillar(DEPLOYMENTS, deployment), pillar(SERVICES, service), pillar(NAMESPACES, namespace, "")];
  }

  /** Undefined: not known yet. What cannot be read counts as there: an API must not go because a right is missing. */
  stays(): boolean | undefined {
    const answers = this.#pillars.map(stands);
    if (answers.includes(false)) return false;
    return answers.includes(undefined) ? undefined : true;
  }

  /** The same, asked anew: for the end of the process, which may come sooner than a watch tells why. */
  async staysNow(): Promise<boolean> {
    const answers = await Promise.all(this.#pillars.map((pillar) => this.#ask(pillar)));
    return !answers.includes(false);
  }

  /** The watches by name; `onChange` is called when the answer may be another one. */
  tasks(onChange: () => void): Record<string, Task> {
    return Object.fromEntries(
      this.#pillars.map((pillar) => [`watch ${pillar.resource.plural}`, this.#follow(pillar, onChange)]),
    );
  }

  async #ask({ resource, namespace, name }: Pillar): Promise<boolean> {
    const path = collectionPath(resource, namespace === "" ? undefined : namespace);
    const query = { fieldSelector: `metadata.name=${name}` };
    try {
      // A list, since that is the right that the watch needs.
      const request = { method: "GET", path, query, timeoutMs: LAST_LOOK_MS } as const;
      const { items } = await this.#deps.kube.request<{ items: Deployment[] }>(request);
      return isThere(items[0]);
    } catch {
      return true;
    }
  }

  #follow(pillar: Pillar, onChange: () => void): Task {
    const { kube, clock, log } = this.#deps;
    const { resource, namespace, name, store } = pillar;
    void store.whenSynced().then(onChange);
    const onTrouble = (): void => {
      pillar.unreadable = true;
      onChange();
    };
    const scope = { resource, fieldSelector: `metadata.name=${name}`, ...(namespace !== "" && { namespace }) };
    return (signal) => runStore({ kube, clock, log, ...scope, store, onChange, onTrouble, signal });
  }
}

function stands({ store, namespace, name, unreadable }: Pillar): boolean | undefined {
  if (!store.synced) return unreadable ? true : undefined;
  return isThere(store.get(namespace, name));
}

function isThere(found: Deployment | undefined): boolean {
  return found !== undefined && found.metadata.deletionTimestamp === undefined && found.spec?.replicas !== 0;
}
