// The rows of one workload with their history: listed once, then kept by what the session's watch tells anyway.
import type { KruiseWorkload } from "../../api/schemas.ts";
import { pathTo } from "../model/place.ts";
import { readTimeline } from "../model/timeline.ts";
import type { TimelineRow } from "../model/timeline.ts";
import type { Listener, Session } from "./session.ts";

interface List {
  metadata: { continue?: string };
  items: readonly KruiseWorkload[];
}

const CHUNK = "500";

export class TimelineFeed implements Listener {
  /** By cluster. */
  readonly rows = new Map<string, TimelineRow>();
  problem: string | undefined;
  isRead = false;
  readonly #session: Session;
  readonly #name: string;
  readonly #onChange: () => void;
  readonly #stop = new AbortController();

  constructor(session: Session, name: string, onChange: () => void) {
    this.#session = session;
    this.#name = name;
    this.#onChange = onChange;
    session.listeners.add(this);
    void this.#read();
  }

  object(object: KruiseWorkload, isDeleted: boolean): void {
    if (object.metadata.name !== this.#name) return;
    const cluster = object.metadata.namespace ?? "";
    if (isDeleted) this.rows.delete(cluster);
    else this.#put(object);
    this.#onChange();
  }

  anew(): void {
    void this.#read();
  }

  stop(): void {
    this.#session.listeners.delete(this);
    this.#stop.abort();
  }

  #put(object: KruiseWorkload): void {
    const row = readTimeline(object);
    const known = this.rows.get(row.cluster);
    if (known === undefined || known.version <= row.version) this.rows.set(row.cluster, row);
  }

  async #read(): Promise<void> {
    const { keys, place } = this.#session;
    const settled = await Promise.allSettled(
      keys.map(async (key) => this.#list(pathTo(place, "kruiseworkloads", key === "" ? undefined : key))),
    );
    if (this.#stop.signal.aborted) return;
    const found = settled.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
    const clusters = new Set(found.map(({ metadata }) => metadata.namespace ?? ""));
    for (const object of found) this.#put(object);
    const failed = settled.find((one) => one.status === "rejected");
    this.problem =
      failed === undefined ? undefined : String(failed.reason instanceof Error ? failed.reason.message : failed.reason);
    if (failed === undefined)
      for (const cluster of this.rows.keys()) if (!clusters.has(cluster)) this.rows.delete(cluster);
    this.isRead = true;
    this.#onChange();
  }

  async #list(path: string): Promise<KruiseWorkload[]> {
    const items: KruiseWorkload[] = [];
    let token: string | undefined;
    do {
      const query = {
        fieldSelector: `metadata.name=${this.#name}`,
        limit: CHUNK,
        ...(token !== undefined && { continue: token }),
      };
      const page = await this.#session.client.get<List>({ path, query, signal: this.#stop.signal });
      items.push(...page.items);
      token = page.metadata.continue || undefined;
    } while (token !== undefined);
    return items;
  }
}
