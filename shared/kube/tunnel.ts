// Connections to a server through a proxy: a CONNECT request opens a tunnel, TLS with the server goes through it.
// Written by hand instead of Node's `proxyEnv`: that one gives a proxy of https no authority to be checked by, and its
// errors do not say whether it was the proxy that failed.
import { STATUS_CODES, request as httpRequest } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import type { AgentOptions, RequestOptions } from "node:https";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { getCACertificates } from "node:tls";
import { withDeadline } from "../runtime/deadline.ts";
import { bare, proxyName } from "./proxy.ts";
import { explainTls } from "./tls-trouble.ts";

/** A proxy opens a tunnel when it has reached the server. Less than a request's patience: the sentence is to name it. */
const TUNNEL_MS = 8_000;
const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "refused the connection",
  ECONNRESET: "broke the connection off",
  ENOTFOUND: "is not known by that name",
  EAI_AGAIN: "is not known by that name now",
};

/** It was the proxy, not the server behind it. The message names it and holds no password. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
}

export interface Proxy {
  /** May hold a user name and a password. */
  url: URL;
  /** Further certificate authorities (PEM) that may have signed the proxy's own certificate. */
  ca?: string | undefined;
}

type Made = (error: Error | null, stream: Duplex) => void;

/** Keeps connections as its parent does; each new one goes through the proxy. */
export class TunnelAgent extends Agent {
  readonly #proxy: Proxy;
  readonly #closed = new AbortController();

  constructor(options: AgentOptions, proxy: Proxy) {
    super(options);
    this.#proxy = proxy;
  }

  /** What the proxy is called in messages. */
  get proxyName(): string {
    return proxyName(this.#proxy.url);
  }

  override createConnection(options: RequestOptions, made?: Made): undefined {
    const { host, port } = options;
    const server = `${isIP(host ?? "") === 6 ? `[${host}]` : host}:${port ?? 443}`;
    openTunnel(this.#proxy, server, this.#closed.signal).then(
      // The parent keeps TLS sessions and checks the server: only the socket below is another one.
      (socket) => made?.(null, super.createConnection({ ...options, socket } as RequestOptions) as Duplex),
      // Node looks at the stream only when there is no error.
      (cause: Error) => made?.(cause, undefined as never),
    );
  }

  override destroy(): void {
    this.#closed.abort(new Error("The connection was closed"));
    super.destroy();
  }
}

async function openTunnel(proxy: Proxy, server: string, signal: AbortSignal): Promise<Duplex> {
  const name = proxyName(proxy.url);
  try {
    return await withDeadline(TUNNEL_MS, signal, (limited) => connect(proxy, server, limited));
  } catch (cause) {
    signal.throwIfAborted();
    throw cause instanceof ProxyError ? cause : new ProxyError(explain(cause, name));
  }
}

function connect({ url, ca }: Proxy, server: string, signal: AbortSignal): Promise<Duplex> {
  const isTls = url.protocol === "https:";
  const host = bare(url.hostname);
  const port = url.port === "" ? (isTls ? 443 : 80) : Number(url.port);
  // By itself Node would take the server's name, from the Host header.
  const tls = { servername: isIP(host) === 0 ? host : "", ...(ca !== undefined && { ca: withDefaults(ca) }) };
  const options = {
    method: "CONNECT",
    host,
    port,
    path: server,
    headers: headersOf(url, server),
    agent: false as const,
  };
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const asking = isTls ? httpsRequest({ ...options, ...tls, signal }) : httpRequest({ ...options, signal });
  asking.on("connect", ({ statusCode = 0 }, socket, rest) => {
    if (statusCode >= 200 && statusCode < 300) {
      if (rest.length > 0) socket.unshift(rest);
      // A tunnel that nobody speaks through is cut by what is between, and nobody would notice.
      if ("setKeepAlive" in socket && typeof socket.setKeepAlive === "function") socket.setKeepAlive(true, 30_000);
      resolve(socket);
      return;
    }
    socket.destroy();
    const words = STATUS_CODES[statusCode] ?? "";
    reject(new ProxyError(`${proxyName(url)} does not connect to ${server}: ${statusCode} ${words}`.trimEnd()));
  });
  asking.on("error", (cause) => reject(signal.aborted ? (signal.reason as Error) : cause));
  asking.end();
  return promise;
}

function headersOf({ username, password }: URL, server: string): Record<string, string> {
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const isKnown = username !== "" || password !== "";
  return {
    host: server,
    ...(isKnown && { "proxy-authorization": `Basic ${Buffer.from(user).toString("base64")}` }),
  };
}

/** The authorities that are trusted anyway, and these. */
export function withDefaults(ca: string): string[] {
  return [...getCACertificates("default"), ca];
}

function explain(cause: unknown, name: string): string {
  const trouble = explainTls(cause, { name, origin: "PROXY_CA_FILE or of those that are known" });
  if (trouble !== undefined) return trouble.sentence;
  const { code = "", message } = cause as Error & { code?: string };
  return `${name} ${SENTENCES[code] ?? `cannot be reached: ${message === "" ? code : message}`}`;
}
