// What the kubelet and Prometheus ask: do the loops turn, has everything been listed and reported once, the metrics.
// Plain node:http: a framework would cost more memory than the rest of the agent.
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../shared/runtime/clock.ts";
import type { Metrics } from "./metrics.ts";

/** A loop that has not turned for this long is stuck: twice the longest wait of any, backoff included. */
const STUCK_AFTER_MS = 300_000;

/** Remembers when each loop last turned. */
export class Pulse {
  readonly #clock: Clock;
  readonly #turnedMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Gives what a loop calls on each turn. */
  of(loop: string): () => void {
    const turn = (): void => void this.#turnedMs.set(loop, this.#clock.monotonicMs());
    turn();
    return turn;
  }

  /** Loops that no longer turn. */
  stuck(): string[] {
    const limitMs = this.#clock.monotonicMs() - STUCK_AFTER_MS;
    return [...this.#turnedMs].flatMap(([loop, turnedMs]) => (turnedMs < limitMs ? [loop] : []));
  }
}

export interface ProbesDeps {
  host: string;
  port: number;
  pulse: Pulse;
  /** What readiness still waits for; none: ready. */
  missing: () => string[];
  metrics: Metrics;
  onListening?: (port: number) => void;
}

/** Serves probes and metrics until the signal aborts. */
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
  const path = request.url?.split("?")[0];
  if (path === "/livez") return verdict(response, deps.pulse.stuck(), "stuck");
  if (path === "/readyz") return verdict(response, deps.missing(), "waiting for");
  if (path !== "/metrics") return write(response, 404, "not found\n");
  const { registry } = deps.metrics;
  write(response, 200, await registry.metrics(), registry.contentType);
}

function verdict(response: ServerResponse, problems: string[], word: string): void {
  if (problems.length === 0) write(response, 200, "ok\n");
  else write(response, 503, `${word} ${problems.join(", ")}\n`);
}

function write(response: ServerResponse, status: number, body: string, type = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "content-type": type }).end(body);
}
