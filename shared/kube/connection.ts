// A connection to one API server: HTTP/1.1 with kept connections, and credentials that may be replaced while running.
// Files are looked at lazily, on a request: no timer is left behind. Retrying is the caller's (retry.ts, watch.ts).
import { Agent } from "node:https";
import { systemClock } from "../runtime/clock.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { fingerprint } from "./credentials.ts";
import type { CredentialSource } from "./credentials.ts";
import { ApiError, isUnauthorized } from "./errors.ts";
import { exchangeJson, exchangeLines } from "./exchange.ts";
import type { Target } from "./exchange.ts";
import type { Credentials, Kube, KubeRequest } from "./types.ts";

export interface KubeOptions {
  source: CredentialSource;
  log: Log;
  clock?: Clock;
  userAgent: string;
  /** How often changed credentials are looked for, in milliseconds; 10 s when not given. */
  reloadCheckMs?: number;
}

const REQUEST_TIMEOUT_MS = 30_000;
// Below kube-apiserver's 90 s for idle connections, so that we close them first.
const IDLE_CONNECTION_MS = 60_000;

/** Builds a connection. Rejects when the credentials cannot be loaded; opens nothing yet. */
export async function buildKube(options: KubeOptions): Promise<Kube> {
  const sessions = new Sessions(options);
  await sessions.start();
  return {
    request: async <T>(request: KubeRequest) => {
      const timeoutMs = request.timeoutMs ?? REQUEST_TIMEOUT_MS;
      const target = await sessions.target();
      try {
        return (await exchangeJson(target, request, timeoutMs)) as T;
      } catch (error) {
        const renewed = await sessions.renewedAfter(error, target);
        if (renewed === undefined) throw error;
        return (await exchangeJson(renewed, request, timeoutMs)) as T;
      }
    },
    open: async function* (request) {
      const target = await sessions.target();
      try {
        yield* exchangeLines(target, request);
      } catch (error) {
        const renewed = await sessions.renewedAfter(error, target);
        if (renewed === undefined) throw error;
        yield* exchangeLines(renewed, request);
      }
    },
    close: () => sessions.close(),
  };
}

/** The credentials in use, and those of before whose connections are still ending. */
class Sessions {
  readonly #options: KubeOptions;
  readonly #clock: Clock;
  readonly #reloadCheckMs: number;
  #current: Target | undefined;
  #version = "";
  #checkedMs = 0;
  #checking: Promise<void> | undefined;
  #problem = "";
  #closed = false;
  readonly #agents = new Set<Agent>();

  constructor(options: KubeOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#reloadCheckMs = options.reloadCheckMs ?? 10_000;
  }

  async start(): Promise<void> {
    this.#use(await this.#options.source.load());
    this.#checkedMs = this.#clock.monotonicMs();
  }

  /** Gives what to send the next request with; looks for new credentials when it is time. */
  async target(): Promise<Target> {
    if (this.#clock.monotonicMs() - this.#checkedMs >= this.#reloadCheckMs) await this.#check();
    if (this.#closed || this.#current === undefined) {
      throw new ApiError("Cannot send a request: the connection was closed", { status: 0, reason: "Closed" });
    }
    return this.#current;
  }

  /** Gives new credentials to try again with, when the server refused the old ones and the files have changed. */
  async renewedAfter(error: unknown, used: Target): Promise<Target | undefined> {
    if (error instanceof ApiError && error.status === 0) {
      // The server may have got a new address or certificate authority: look before the next request.
      this.#checkedMs = Number.NEGATIVE_INFINITY;
    }
    if (!isUnauthorized(error) || this.#closed) return undefined;
    await this.#check();
    return this.#current === used ? undefined : this.#current;
  }

  close(): void {
    this.#closed = true;
    for (const agent of this.#agents) agent.destroy();
    this.#agents.clear();
  }

  #check(): Promise<void> {
    this.#checking ??= this.#reload().finally(() => {
      this.#checking = undefined;
      this.#checkedMs = this.#clock.monotonicMs();
    });
    return this.#checking;
  }

  // Files that cannot be used just now (a rotation under way) leave the old credentials in place.
  async #reload(): Promise<void> {
    const { source, log } = this.#options;
    try {
      if ((await source.version()) !== this.#version) {
        this.#use(await source.load());
        log.info({ server: this.#current?.url.host }, "credentials reloaded");
      }
      this.#problem = "";
    } catch (error) {
      const problem = String(error);
      if (problem !== this.#problem) log.warn({ err: error }, "cannot reload credentials");
      this.#problem = problem;
    }
  }

  #use(credentials: Credentials): void {
    if (this.#closed) return;
    this.#version = fingerprint(credentials);
    const old = this.#current?.agent;
    const agent = buildAgent(credentials);
    this.#agents.add(agent);
    this.#current = {
      url: new URL(credentials.server),
      agent,
      token: credentials.token,
      userAgent: this.#options.userAgent,
    };
    if (old !== undefined) this.#drain(old);
  }

  // Requests under way end in peace on the old connections; idle ones close now, the others when they fall idle.
  #drain(agent: Agent): void {
    agent.maxFreeSockets = 0;
    for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    for (const used of this.#agents) if (used !== this.#current?.agent && isIdle(used)) this.#agents.delete(used);
  }
}

function buildAgent({ ca, cert, key, tlsServerName }: Credentials): Agent {
  return new Agent({
    keepAlive: true,
    maxFreeSockets: 8,
    timeout: IDLE_CONNECTION_MS,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(tlsServerName !== undefined && { servername: tlsServerName }),
  });
}

function isIdle({ sockets, freeSockets }: Agent): boolean {
  return Object.keys(sockets).length === 0 && Object.keys(freeSockets).length === 0;
}
