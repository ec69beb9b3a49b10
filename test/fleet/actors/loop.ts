// How actors run: named work that is done one at a time, again when it is asked for meanwhile, and later when it fails.
import type { Log } from "../../../shared/runtime/log.ts";
import { StatusError } from "../apiserver/errors.ts";
import type { ApiObject } from "../apiserver/json.ts";
import type { Registry } from "../apiserver/registry.ts";

const RETRY_MS = 200;

export class Loop {
  readonly #log: Log;
  readonly #reconcile: (key: string) => void | Promise<void>;
  readonly #asked = new Set<string>();
  readonly #running = new Set<string>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #stops: (() => void)[] = [];
  #isStopped = false;

  constructor(log: Log, reconcile: (key: string) => void | Promise<void>) {
    this.#log = log;
    this.#reconcile = reconcile;
  }

  /** Asks for work whenever an object of a resource changes. `keyOf` names the work; undefined: none. */
  watch(registry: Registry, resource: string, keyOf: (object: ApiObject) => string | undefined): this {
    const stop = registry.storage.subscribe(resource, ({ object }) => {
      const key = keyOf(object);
      if (key !== undefined) this.add(key);
    });
    for (const object of registry.storage.list(resource)) {
      const key = keyOf(object);
      if (key !== undefined) this.add(key);
    }
    this.#stops.push(stop);
    return this;
  }

  /** Asks for work again and again. */
  every(ms: number, key: string): this {
    const timer = setInterval(() => this.add(key), ms);
    this.#stops.push(() => clearInterval(timer));
    return this;
  }

  add(key: string): void {
    if (this.#isStopped || this.#asked.has(key)) return;
    this.#asked.add(key);
    if (!this.#running.has(key)) setImmediate(() => void this.#run(key));
  }

  stop(): void {
    this.#isStopped = true;
    for (const stop of this.#stops) stop();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #run(key: string): Promise<void> {
    if (this.#isStopped) return;
    this.#asked.delete(key);
    this.#running.add(key);
    try {
      await this.#reconcile(key);
    } catch (error) {
      // A namespace or an object that is going away is the usual life of a cluster.
      if (!(error instanceof StatusError)) this.#log.error({ err: error, key }, "actor failed");
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.add(key);
      }, RETRY_MS);
      this.#timers.add(timer);
    } finally {
      this.#running.delete(key);
      if (this.#asked.has(key)) setImmediate(() => void this.#run(key));
    }
  }
}
