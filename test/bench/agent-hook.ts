// Loaded into the agent's process before the agent, where a bench needs to know more than can be seen from outside:
// writes one line a request to the file BENCH_TRACE, and on SIGUSR2 collects garbage and writes what is left.
import { appendFileSync } from "node:fs";
import type { ClientRequest } from "node:http";
import { subscribe } from "node:diagnostics_channel";
import { runInNewContext } from "node:vm";
import { setFlagsFromString } from "node:v8";

/** Moments are of the machine's monotonic clock, in milliseconds: the same in every process. */
export type TraceLine =
  | { type: "request"; method: string; host: string; path: string; startMs: number; endMs: number }
  | { type: "heap"; atMs: number; liveMegabytes: number };

const file = process.env["BENCH_TRACE"] ?? "";
const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;
const write = (line: TraceLine): void => appendFileSync(file, `${JSON.stringify(line)}\n`);
const starts = new WeakMap<ClientRequest, number>();

if (file !== "") {
  subscribe("http.client.request.start", (message) => {
    starts.set((message as { request: ClientRequest }).request, nowMs());
  });
  subscribe("http.client.response.finish", (message) => {
    const { request } = message as { request: ClientRequest };
    const { method, path } = request;
    const host = String(request.getHeader("host"));
    const endMs = nowMs();
    write({ type: "request", method, host, path, startMs: starts.get(request) ?? endMs, endMs });
  });
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  process.on("SIGUSR2", () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    write({ type: "heap", atMs: nowMs(), liveMegabytes: (heapUsed + external) / 1024 / 1024 });
  });
}
