// What stands beside the rows, read again and again because it needs no watch: the clusters' lines, OCM's word on the add-on of
// each, and the fleet's rollouts. The last two only while somebody looks at them.
import type { KruiseFleetWorkload } from "../../api/fleet-schemas.ts";
import { readAddOns, readClusters } from "../model/clusters.ts";
import type { AddOn, ClusterLine, Table } from "../model/clusters.ts";
import { pathTo } from "../model/place.ts";
import { readRollout } from "../model/rollouts.ts";
import type { Rollout } from "../model/rollouts.ts";
import type { ViewName } from "../model/url-state.ts";
import { ApiProblem, TABLE } from "./client.ts";
import type { Ask } from "./client.ts";
import { Poller } from "./poller.ts";
import type { SessionDeps } from "./session.ts";

const CLUSTERS_TIMES = { leastMs: 3_000, mostMs: 15_000 };
const ROLLOUTS_TIMES = { leastMs: 2_000, mostMs: 30_000 };
const ADDONS_TIMES = { leastMs: 5_000, mostMs: 30_000 };
const CHUNK = "500";
const ADDON_VERSIONS = ["v1alpha1", "v1beta1"] as const;
const ADDON = "kruise-health";

interface List<T> {
  metadata: { continue?: string };
  items: readonly T[];
}

export class Sides {
  clusters: readonly ClusterLine[] = [];
  /** Why the lines are missing or old; "" when they are neither. */
  clustersProblem = "";
  addOns: ReadonlyMap<string, AddOn> = new Map();
  addOnsProblem = "";
  /** Of the whole hub; undefined while they are not known, or where only some clusters are read. */
  rollouts: readonly Rollout[] | undefined;
  rolloutsProblem = "";
  #view: ViewName = "fleet";
  readonly #deps: SessionDeps;
  readonly #scope: readonly string[] | undefined;
  readonly #pollers: Record<"clusters" | "addOns" | "rollouts", Poller>;

  constructor(deps: SessionDeps, scope: readonly string[] | undefined) {
    this.#deps = deps;
    this.#scope = scope;
    this.#pollers = {
      clusters: new Poller((signal) => this.#readClusters(signal), CLUSTERS_TIMES, deps),
      addOns: new Poller((signal) => this.#readAddOns(signal), ADDONS_TIMES, deps),
      rollouts: new Poller((signal) => this.#readRollouts(signal), ROLLOUTS_TIMES, deps),
    };
  }

  /** Reads what this view shows. */
  look(view: ViewName): void {
    if (view === this.#view) return;
    this.#view = view;
    if (view === "clusters") this.#pollers.addOns.kick();
    if (view === "rollouts") this.#pollers.rollouts.kick();
  }

  kickClusters(): void {
    this.#pollers.clusters.kick();
  }

  kickRollouts(): void {
    this.#pollers.rollouts.kick();
  }

  run(signal: AbortSignal): void {
    for (const poller of Object.values(this.#pollers)) void poller.run(signal);
  }

  async #readClusters(signal: AbortSignal): Promise<boolean> {
    const { client, place, now } = this.#deps;
    this.clustersProblem = await this.#attempt(signal, async () => {
      const read = (namespace?: string) => {
        const query = { includeObject: "None" };
        return client.get<Table>({ path: pathTo(place, "kruiseclusters", namespace), query, accept: TABLE, signal });
      };
      const settled = await Promise.allSettled(this.#scope === undefined ? [read()] : this.#scope.map(read));
      const tables = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      this.clusters = tables.flatMap((table) => readClusters(table, now()));
      const refused = settled.find((one) => one.status === "rejected");
      if (refused !== undefined) throw refused.reason;
    });
    return true;
  }

  async #readRollouts(signal: AbortSignal): Promise<boolean> {
    if (this.#view !== "rollouts" || this.#scope !== undefined) return false;
    this.rolloutsProblem = await this.#attempt(signal, async () => {
      const path = pathTo(this.#deps.place, "kruisefleetworkloads");
      const items = await this.#readAll<KruiseFleetWorkload>({ path, signal });
      this.rollouts = items.flatMap((item) => readRollout(item) ?? []);
    });
    return true;
  }

  async #readAddOns(signal: AbortSignal): Promise<boolean> {
    if (this.#view !== "clusters") return false;
    this.addOnsProblem = await this.#attempt(signal, async () => {
      const names = this.#scope ?? [undefined];
      const found = await Promise.all(names.map((namespace) => this.#addOnsOf(namespace, signal)));
      this.addOns = readAddOns(found.flat());
    });
    return true;
  }

  /** Asks the versions of OCM's add-on API one after the other: a hub may serve but one of them. */
  async #addOnsOf(namespace: string | undefined, signal: AbortSignal): Promise<Parameters<typeof readAddOns>[0]> {
    const scope = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
    const query = { fieldSelector: `metadata.name=${ADDON}` };
    const api = `${this.#deps.place.prefix}/apis/addon.open-cluster-management.io`;
    for (const version of ADDON_VERSIONS) {
      try {
        return await this.#readAll({ path: `${api}/${version}${scope}/managedclusteraddons`, query, signal });
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.code !== 404) throw error;
      }
    }
    throw new ApiProblem("this server does not know ManagedClusterAddOns", 404);
  }

  async #readAll<T>({ path, query = {}, signal }: Ask): Promise<T[]> {
    const items: T[] = [];
    let token: string | undefined;
    do {
      const asked = { ...query, limit: CHUNK, ...(token !== undefined && { continue: token }) };
      const page = await this.#deps.client.get<List<T>>({ path, query: asked, signal });
      items.push(...page.items);
      token = page.metadata.continue || undefined;
    } while (token !== undefined);
    return items;
  }

  /** Gives what went wrong as a sentence; "" when nothing did. */
  async #attempt(signal: AbortSignal, act: () => Promise<void>): Promise<string> {
    try {
      await act();
      return "";
    } catch (error) {
      return signal.aborted ? "" : String(error instanceof Error ? error.message : error);
    } finally {
      this.#deps.onChange();
    }
  }
}
