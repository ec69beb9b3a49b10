// The way past the hub's kube-apiserver that agents are told: the address, and the authorities by which they know it. Those
// change with the serving certificate's, the successor of which is told long before it signs anything.
import { bare } from "../shared/kube/proxy.ts";
import type { ManagerConfig } from "./config.ts";
import type { DirectWay } from "./manifests/agent.ts";
import type { ServingCertificate } from "./controllers/serving-certificate.ts";

export class DirectWays {
  readonly #url: string | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #isGiven: boolean;
  #ca: string | undefined;

  /** @param ca what agents are to trust whatever the serving certificate says; undefined: its authority */
  constructor(url: string | undefined, ca: string | undefined) {
    this.#url = url;
    this.#isGiven = ca !== undefined;
    this.#ca = ca;
  }

  /** Undefined: agents report through kube-apiserver. */
  now(): DirectWay | undefined {
    return this.#url === undefined ? undefined : { url: this.#url, ca: this.#ca };
  }

  /** Tells the serving certificate in force. */
  useServing({ ca, nextCa }: ServingCertificate): void {
    const told = nextCa === undefined ? ca : `${ca.trimEnd()}\n${nextCa}`;
    if (this.#url === undefined || this.#isGiven || told === this.#ca) return;
    this.#ca = told;
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` whenever another way is to be told. Returns the way to end that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** The host of FEEDBACK_URL: a name or an address. */
export function externalHostOf({ FEEDBACK_URL: url }: Pick<ManagerConfig, "FEEDBACK_URL">): string | undefined {
  return url === undefined ? undefined : bare(new URL(url).hostname);
}
