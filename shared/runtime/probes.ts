// What the kubelet and Prometheus ask of a process, over plain HTTP: /livez, /readyz, /metrics.
// node:http alone: a framework would cost more memory than the rest of an agent.
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { createGzip } from "node:zlib";
import type { Registry } from "prom-client";

export interface ProbesDeps {
  host: string;
  port: number;
  registry: Registry;
  /** Further metrics as pieces of text, for what is too much to be written at one stroke. */
  series?: () => Iterable<string>;
  /** Loops that no longer turn; none: alive. Without it, that an answer comes at all shows that the event loop turns. */
  stuck?: () => string[];
  /** What readiness still waits for; none: ready. */
  missing: () => string[];
  /** Called with the port in use; it differs from the wanted one where that is 0. */
  onListening?: ((port: number) => void) | undefined;
}

/** Serves until the signal aborts. */
export async function serveProbes(deps: ProbesDeps, signal: AbortSignal): Promise<void> {
  const server = createServer((request, response) => void answer(deps, request, response));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.once("close", resolve);
  server.listen({ host: deps.host, port: deps.port, signal }, () => {
    deps.onListening?.((server.address() as AddressInfo).port);
  });
  signal.addEventListener("abort", () => server.closeAllConnections(), { once: true });
  await promise;
}

async function answer(deps: ProbesDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split("?", 1)[0];
  if (path === "/livez") return verdict(response, deps.stuck?.() ?? [], "stuck");
  if (path === "/readyz") return verdict(response, deps.missing(), "waiting for");
  if (path !== "/metrics") return write(response, 404, "not found\n");
  // What comes in pieces is much, and alike line by line. zlib works on another thread.
  const packed = deps.series !== undefined && takesGzip(request);
  const headers = { "content-type": deps.registry.contentType, ...(packed && { "content-encoding": "gzip" }) };
  response.writeHead(200, headers);
  const text = Readable.from(metrics(deps));
  const sent = packed ? pipeline(text, createGzip({ level: 1 }), response) : pipeline(text, response);
  // Whoever asks may go away in between; an answer that breaks off for another reason shows there as a failed scrape.
  await sent.catch(() => undefined);
}

async function* metrics({ registry, series }: ProbesDeps): AsyncGenerator<string> {
  yield await registry.metrics();
  for (const piece of series?.() ?? []) {
    // The event loop has others to serve.
    await setImmediate();
    if (piece !== "") yield piece;
  }
}

function takesGzip({ headers }: IncomingMessage): boolean {
  return /\bgzip\b(?! *; *q=0)/.test(String(headers["accept-encoding"] ?? ""));
}

function verdict(response: ServerResponse, problems: string[], word: string): void {
  if (problems.length === 0) write(response, 200, "ok\n");
  else write(response, 503, `${word} ${problems.join(", ")}\n`);
}

function write(response: ServerResponse, status: number, body: string, type = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "content-type": type }).end(body);
}
