// What the kubelet and Prometheus ask of the manager, over plain HTTP: alive, ready, metrics.
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

export interface ProbesDeps {
  host: string;
  port: number;
  registry: Registry;
  /** What readiness still waits for; none: ready. */
  missing: () => string[];
  onListening?: ((port: number) => void) | undefined;
}

/** Serves until the signal aborts. That an answer comes at all is what /livez is about: the event loop turns. */
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
  switch (request.url?.split("?", 1)[0] ?? "") {
    case "/livez":
      return write(response, 200, "ok\n");
    case "/readyz": {
      const missing = deps.missing();
      if (missing.length === 0) return write(response, 200, "ok\n");
      return write(response, 503, `waiting for ${missing.join(", ")}\n`);
    }
    case "/metrics":
      return write(response, 200, await deps.registry.metrics(), deps.registry.contentType);
    default:
      return write(response, 404, "not found\n");
  }
}

function write(response: ServerResponse, status: number, body: string, type = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "content-type": type }).end(body);
}
