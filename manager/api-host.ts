// Keeps the feedback API listening with what it needs: a serving certificate, the hub's trust, the fleet of the present
// term. Each of them is replaced in the running server, so that the hub never finds the API away. A leader starts with a
// fleet of its own: it must not go on with the memory, and the resourceVersions, of the time before it led.
import type { Log } from "../shared/runtime/log.ts";
import type { Trust } from "./api/authentication.ts";
import { acceptableCas } from "./api/authentication.ts";
import type { Api, ServingTls } from "./api/deps.ts";
import { replaceTls } from "./api/server.ts";
import type { ServingCertificate } from "./controllers/serving-certificate.ts";
import type { Fleet } from "./fleet/fleet.ts";

export interface ApiHostDeps {
  log: Log;
  host: string;
  /** 0: any free port. */
  port: number;
  build: (fleet: () => Fleet, tls: ServingTls) => Api;
  onListening?: ((port: number) => void) | undefined;
}

/** What is to be served; undefined parts are not known yet. */
interface Wanted {
  serving: ServingCertificate | undefined;
  /** What is wrong with the one that was offered last; empty when nothing is. */
  servingFault: string;
  trust: Trust | undefined;
  fleet: Fleet;
}

export class ApiHost {
  readonly #deps: ApiHostDeps;
  readonly #failure = Promise.withResolvers<never>();
  #wanted: Wanted;
  #running: Api | undefined;
  /** Changes are carried out one after the other. */
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(deps: ApiHostDeps, fleet: Fleet) {
    this.#deps = deps;
    this.#wanted = { serving: undefined, servingFault: "", trust: undefined, fleet };
    // Told to whoever runs the host; until somebody does it must not count as unhandled.
    this.#failure.promise.catch(() => undefined);
  }

  /** What the API still needs before it can listen. */
  missing(): string[] {
    const { serving, servingFault, trust } = this.#wanted;
    return [
      ...(serving ? [] : [`the serving certificate${servingFault === "" ? "" : ` (${servingFault})`}`]),
      ...(trust ? [] : ["the hub's authentication configuration"]),
      ...(serving && trust && !this.#running ? ["the feedback API to listen"] : []),
    ];
  }

  /** The trust in force: of nobody, while it is not known. */
  trust(): Trust | undefined {
    return this.#wanted.trust;
  }

  /** The certificate that is served, or is to be. */
  serving(): ServingCertificate | undefined {
    return this.#wanted.serving;
  }

  fleet(): Fleet {
    return this.#wanted.fleet;
  }

  /** Changes what is served. */
  change(next: Partial<Wanted>): void {
    this.#wanted = { ...this.#wanted, ...next };
    this.#work = this.#work.then(() => this.#carryOut()).catch((error: unknown) => this.#failure.reject(error));
  }

  /** Serves until the signal aborts; rejects when the server cannot listen. */
  async run(signal: AbortSignal): Promise<void> {
    const stopped = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => stopped.resolve(), { once: true });
    if (signal.aborted) stopped.resolve();
    try {
      await Promise.race([stopped.promise, this.#failure.promise]);
    } finally {
      this.#closed = true;
      await this.#work;
      await this.#running?.close();
    }
  }

  async #carryOut(): Promise<void> {
    const { serving, trust } = this.#wanted;
    if (!serving || !trust || this.#closed) return;
    const tls = { cert: serving.cert, key: serving.key, clientCas: acceptableCas(trust) };
    if (this.#running) {
      replaceTls(this.#running, tls);
      return;
    }
    const app = this.#deps.build(() => this.#wanted.fleet, tls);
    await app.listen({
      host: this.#deps.host,
      port: this.#deps.port,
      listenTextResolver: (address) => `feedback api listening at ${address}`,
    });
    this.#running = app;
    const address = app.server.address();
    if (typeof address === "object" && address) this.#deps.onListening?.(address.port);
  }
}
