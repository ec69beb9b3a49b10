// What the page reads, and keeps fresh: the rows of its clusters by list and watch, the clusters' own lines by reading them again.
// A browser keeps six connections to one server, over all its tabs: so there are few watches, and none in a tab that is hidden.
import type { KruiseWorkload } from "../../api/schemas.ts";
import { News } from "../model/news.ts";
import { pathTo } from "../model/place.ts";
import type { Place } from "../model/place.ts";
import { readMetadata, readWorkload } from "../model/records.ts";
import { Store } from "../model/store.ts";
import type { Client } from "./client.ts";
import { ApiProblem, METADATA } from "./client.ts";
import { follow } from "./follow.ts";
import type { FollowState, ListQuery } from "./follow.ts";
import { Sides } from "./sides.ts";

export interface SessionDeps {
  client: Client;
  place: Place;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  now: () => number;
  random: () => number;
  /** Something is new on the page. */
  onChange: () => void;
}

/** Of these many clusters each has a watch of its own; more are listed again and again. */
const WATCHED_MAX = 3;
const RELIST_MS = 10_000;
const WORKLOADS = "kruiseworkloads";

/** The worst first: what is broken is on the screen before the many healthy ones, of which a name is enough. */
const OF_ALL: readonly ListQuery[] = [
  { query: { fieldSelector: "health!=Healthy" } },
  { query: { fieldSelector: "health=Healthy" }, accept: METADATA },
];
const WHOLE: readonly ListQuery[] = [{}];
/** Rows of a fleet that is read whole all the same. */
const WHOLE_MAX = 3_000;

/** Told each whole object that is read, and when all is read anew. */
export interface Listener {
  object(object: KruiseWorkload, isDeleted: boolean): void;
  anew(): void;
}

export class Session {
  readonly store = new Store();
  readonly news = new News();
  readonly listeners = new Set<Listener>();
  readonly place: Place;
  readonly client: Client;
  /** Clusters that are read; undefined: all of the hub. */
  readonly scope: readonly string[] | undefined;
  readonly sides: Sides;
  /** Of each collection that is followed: by cluster, "" of all. */
  readonly states = new Map<string, FollowState>();
  /** Collections that may not be read, or are not there. */
  readonly problems = new Map<string, ApiProblem>();
  /** False until everything has been read once. */
  isComplete = false;
  readonly #deps: SessionDeps;
  readonly #done = new Set<string>();
  #running: AbortController | undefined;

  constructor(deps: SessionDeps, scope: readonly string[] | undefined) {
    this.#deps = deps;
    this.place = deps.place;
    this.client = deps.client;
    this.scope = scope;
    this.sides = new Sides(deps, scope);
  }

  get keys(): readonly string[] {
    return this.scope ?? [""];
  }

  /** Whether the rows of this state of the page are among those that are read. */
  covers(scope: readonly string[] | undefined): boolean {
    // Who may not read all may still read some.
    if (this.scope === undefined) return scope === undefined || this.problems.size === 0;
    return scope !== undefined && scope.every((cluster) => this.scope?.includes(cluster));
  }

  /** Begins, or goes on after a pause. */
  start(): void {
    if (this.#running !== undefined) return;
    this.#running = new AbortController();
    const { signal } = this.#running;
    for (const key of this.keys) {
      this.#follow(key, signal).catch((error: unknown) => this.#fail(key, error, signal));
    }
    this.sides.run(signal);
  }

  /** Lets go of all connections. What is known stays on the screen. */
  pause(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  #fail(key: string, error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    const problem = error instanceof ApiProblem ? error : new ApiProblem(String(error), 0);
    this.problems.set(key, problem);
    this.states.delete(key);
    this.#complete(key);
  }

  #complete(key: string): void {
    this.#done.add(key);
    this.isComplete = this.keys.every((one) => this.#done.has(one));
    if (!this.isComplete) this.news.clear();
    this.#deps.onChange();
  }

  async #follow(key: string, signal: AbortSignal): Promise<void> {
    const { client, place, sleep, now, random } = this.#deps;
    const cluster = key === "" ? undefined : key;
    const path = pathTo(place, WORKLOADS, cluster);
    let lists = WHOLE;
    let round = 0;
    await follow({
      client,
      path,
      lists: async () => {
        if (cluster === undefined) lists = (await this.#size(path, signal)) > WHOLE_MAX ? OF_ALL : WHOLE;
        return lists;
      },
      ...(this.keys.length > WATCHED_MAX && { pollMs: RELIST_MS }),
      signal,
      sleep,
      now,
      random,
      sink: {
        begin: () => {
          round = this.store.begin();
          for (const listener of this.listeners) listener.anew();
        },
        page: (index, items) => this.#page(items, lists[index]?.accept === METADATA, round),
        complete: () => {
          this.store.end(round, cluster);
          this.problems.delete(key);
          this.news.clear();
          this.#complete(key);
        },
        event: (type, object) => this.#event(type, object as KruiseWorkload),
        state: (state) => {
          this.states.set(key, state);
          this.#deps.onChange();
        },
      },
    });
  }

  /** Asks how many rows there are. */
  async #size(path: string, signal: AbortSignal): Promise<number> {
    const { metadata } = await this.#deps.client.get<{ metadata: { remainingItemCount?: number } }>({
      path,
      query: { limit: "1" },
      accept: METADATA,
      signal,
    });
    return (metadata.remainingItemCount ?? 0) + 1;
  }

  #page(items: readonly unknown[], isMetadata: boolean, round: number): void {
    for (const item of items as readonly KruiseWorkload[]) {
      if (isMetadata) this.store.put(readMetadata(item, "Healthy"), round);
      else this.#whole(item, round);
    }
  }

  #event(type: string, object: KruiseWorkload): void {
    if (type === "DELETED") {
      const { namespace = "", name, resourceVersion } = object.metadata;
      this.store.remove(namespace, name, Number(resourceVersion));
      for (const listener of this.listeners) listener.object(object, true);
    } else this.#whole(object);
    this.sides.kickRollouts();
    this.#deps.onChange();
  }

  #whole(object: KruiseWorkload, round?: number): void {
    const turn = this.store.put(readWorkload(object), round);
    if (turn !== undefined && this.isComplete) this.news.add(turn);
    // A cluster falls silent, or is back.
    if (round === undefined && (object.status.stale || turn?.from === "Unknown")) this.sides.kickClusters();
    for (const listener of this.listeners) listener.object(object, false);
  }
}
