// The credentials in use towards one server, kept up to date: looked at again when it is time, when the server refuses
// them, and when they are about to end. Files are looked at lazily, on a request: no timer is left behind.
import { Agent } from "node:https";
import type { AgentOptions } from "node:https";
import type { Clock } from "../runtime/clock.ts";
import { rfc3339Seconds } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { fingerprint } from "./credentials.ts";
import type { CredentialSource } from "./credentials.ts";
import { ApiError, isIdentityRefused, isServerRefused } from "./errors.ts";
import type { Target } from "./exchange.ts";
import { expiryOf } from "./expiry.ts";
import { parseProxyUrl } from "./proxy.ts";
import { TunnelAgent, withDefaults } from "./tunnel.ts";
import type { CredentialExpiry, Credentials } from "./types.ts";

export interface SessionsOptions {
  source: CredentialSource;
  log: Log;
  clock: Clock;
  userAgent: string;
  reloadCheckMs: number;
  /** What the server is called in messages. */
  name: string;
}

/** One set of credentials with its connections. */
export interface Session extends Target {
  expiry: CredentialExpiry | undefined;
  /** Aborts when newer credentials have taken over. */
  replaced: AbortSignal;
}

interface Current extends Session {
  replace: AbortController;
  /** Its end has been told in the log. */
  told: boolean;
}

// Below kube-apiserver's 90 s for idle connections, so that we close them first.
const IDLE_CONNECTION_MS = 60_000;
/** Credentials this close to their end are looked at on every request, but not more often than the second. */
const CLOSE_TO_END_MS = 60_000;
const HURRIED_CHECK_MS = 1_000;

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #agents = new Set<Agent>();
  #current: Current | undefined;
  #version = "";
  #versionWithoutToken = "";
  #checkedMs = 0;
  #checking: Promise<void> | undefined;
  #problem = "";
  #closed = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** Loads the first credentials; rejects when they cannot be used. */
  async start(): Promise<void> {
    this.#use(await this.#options.source.load());
    this.#checkedMs = this.#options.clock.monotonicMs();
  }

  /** When the credentials in use end. */
  get expiry(): CredentialExpiry | undefined {
    return this.#current?.expiry;
  }

  /** Gives what to send the next request with; looks for new credentials when it is time. */
  async current(): Promise<Session> {
    if (this.#options.clock.monotonicMs() - this.#checkedMs >= this.#checkEveryMs()) await this.#check();
    if (this.#closed || this.#current === undefined) {
      throw new ApiError("Cannot send a request: the connection was closed", { status: 0, reason: "Closed" });
    }
    this.#tellEnd(this.#current);
    return this.#current;
  }

  /** Gives new credentials to try again with, when one side refused the other and the files have changed since. */
  async renewedAfter(error: unknown, used: Session): Promise<Session | undefined> {
    // The server may have got a new address: look before the next request.
    if (error instanceof ApiError && error.status === 0) this.#checkedMs = Number.NEGATIVE_INFINITY;
    if (this.#closed || !(isIdentityRefused(error) || isServerRefused(error))) return undefined;
    await this.#check();
    return this.#current === used ? undefined : this.#current;
  }

  /** The same error; it names credentials that have ended, when that is why the server refused them. */
  explain(error: unknown, { expiry, name, origin }: Session): unknown {
    if (expiry === undefined || !isIdentityRefused(error) || !this.#hasEnded(expiry)) return error;
    const { status, retryAfterMs } = error;
    const since = rfc3339Seconds(expiry.endsMs);
    const who = expiry.identity === "" ? "" : ` of ${expiry.identity}`;
    const sentence = `the ${expiry.what}${who} for the ${name} has been expired since ${since}; it comes from ${origin}`;
    return new ApiError(`${error.message}: ${sentence}`, { status, reason: "CredentialsExpired", retryAfterMs });
  }

  close(): void {
    this.#closed = true;
    for (const agent of this.#agents) agent.destroy();
    this.#agents.clear();
  }

  #checkEveryMs(): number {
    const { clock, reloadCheckMs } = this.#options;
    const endsMs = this.#current?.expiry?.endsMs ?? Number.POSITIVE_INFINITY;
    return endsMs - clock.wallMs() > CLOSE_TO_END_MS ? reloadCheckMs : Math.min(reloadCheckMs, HURRIED_CHECK_MS);
  }

  #hasEnded({ endsMs }: CredentialExpiry): boolean {
    return endsMs <= this.#options.clock.wallMs();
  }

  // They are used all the same: whether they are good is for the server to say, by its own clock.
  #tellEnd(current: Current): void {
    const { expiry, name } = current;
    if (current.told || expiry === undefined || !this.#hasEnded(expiry)) return;
    current.told = true;
    const { what, identity, endsMs } = expiry;
    this.#options.log.warn({ server: name, what, identity, since: rfc3339Seconds(endsMs) }, "credentials have expired");
  }

  #check(): Promise<void> {
    this.#checking ??= this.#reload().finally(() => {
      this.#checking = undefined;
      this.#checkedMs = this.#options.clock.monotonicMs();
    });
    return this.#checking;
  }

  // Files that cannot be used just now (a rotation under way) leave the old credentials in place.
  async #reload(): Promise<void> {
    const { source, log, name } = this.#options;
    try {
      const credentials = await source.load();
      if (fingerprint(credentials) !== this.#version) {
        // A ServiceAccount's token is renewed every hour: a matter of course, unless its end had to be told.
        const isRoutine = withoutToken(credentials) === this.#versionWithoutToken && this.#current?.told !== true;
        this.#use(credentials);
        log[isRoutine ? "debug" : "info"]({ server: name, host: this.#current?.url.host }, "credentials reloaded");
      }
      this.#problem = "";
    } catch (error) {
      const problem = String(error);
      if (problem !== this.#problem) log.warn({ err: error, server: name }, "cannot reload credentials");
      this.#problem = problem;
    }
  }

  #use(credentials: Credentials): void {
    if (this.#closed) return;
    const { userAgent, name, source } = this.#options;
    const url = new URL(credentials.server);
    const expiry = expiryOf(credentials);
    this.#version = fingerprint(credentials);
    this.#versionWithoutToken = withoutToken(credentials);
    const old = this.#current;
    const agent = buildAgent(credentials);
    this.#agents.add(agent);
    const replace = new AbortController();
    this.#current = {
      url,
      agent,
      token: credentials.token,
      userAgent,
      name,
      origin: source.origin,
      expiry,
      replace,
      replaced: replace.signal,
      told: false,
    };
    if (old === undefined) return;
    this.#drain(old.agent);
    old.replace.abort(new Error("The credentials were replaced"));
  }

  // Requests under way end in peace on the old connections; idle ones close now, the others when they fall idle.
  #drain(agent: Agent): void {
    agent.maxFreeSockets = 0;
    for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    for (const used of this.#agents) if (used !== this.#current?.agent && isIdle(used)) this.#agents.delete(used);
  }
}

function withoutToken(credentials: Credentials): string {
  return fingerprint({ ...credentials, token: "" });
}

function buildAgent(credentials: Credentials): Agent {
  const { ca, cert, key, tlsServerName, proxyUrl, proxyCa } = credentials;
  const proxy = proxyUrl === undefined ? undefined : parseProxyUrl(proxyUrl);
  const own = ca === undefined || proxyCa === undefined ? ca : [ca, proxyCa];
  const authorities = own ?? (proxyCa === undefined ? undefined : withDefaults(proxyCa));
  const options: AgentOptions = {
    keepAlive: true,
    maxFreeSockets: 8,
    timeout: IDLE_CONNECTION_MS,
    ...(authorities !== undefined && { ca: authorities }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(tlsServerName !== undefined && { servername: tlsServerName }),
  };
  return proxy === undefined ? new Agent(options) : new TunnelAgent(options, { url: proxy, ca: proxyCa });
}

function isIdle({ sockets, freeSockets }: Agent): boolean {
  return Object.keys(sockets).length === 0 && Object.keys(freeSockets).length === 0;
}
