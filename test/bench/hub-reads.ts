// Reads of lists as kubectl asks for them: whole, or in chunks. Tells when the first byte of an answer came, and the last.
import { Agent, request } from "node:https";
import type { Target } from "./hub-lanes.ts";
import { machineMs } from "./process-figures.ts";

/** As kubectl asks for what it prints. */
export const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
/** Enough of an answer to find where it goes on: lists begin with their metadata. */
const METADATA_BYTES = 2_000;

export interface Read {
  firstByteMs: number;
  totalMs: number;
  bytes: number;
  /** Token of the next chunk; undefined after the last. */
  next: string | undefined;
  version: string;
  /** Rows after this chunk, where the server says. */
  remaining: number;
}

/** A client of one server with one connection. */
export class Reader {
  readonly #target: Omit<Target, "port">;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #headers: Record<string, string>;

  constructor({ port, ...target }: Target, accept = "application/json") {
    this.#port = port;
    this.#target = target;
    this.#headers = { Accept: accept, "X-Remote-User": "bench-reader" };
  }

  /** Reads one path. */
  async read(path: string): Promise<Read> {
    const startMs = machineMs();
    const done = Promise.withResolvers<Read>();
    const options = { ...this.#target, host: "127.0.0.1", port: this.#port, path, agent: this.#agent };
    const outgoing = request({ ...options, headers: this.#headers }, (answer) => {
      let firstByteMs = 0;
      let bytes = 0;
      let head = "";
      answer.on("data", (chunk: Buffer) => {
        if (bytes === 0) firstByteMs = machineMs() - startMs;
        if (head.length < METADATA_BYTES) head += chunk.toString("latin1", 0, METADATA_BYTES);
        bytes += chunk.length;
      });
      answer.once("error", done.reject);
      answer.once("end", () => {
        if (answer.statusCode !== 200) {
          done.reject(new Error(`${path} was answered ${answer.statusCode}: ${head.slice(0, 500)}`));
          return;
        }
        const version = /"resourceVersion":"(\d+)"/.exec(head)?.[1] ?? "";
        const next = /"continue":"([^"]+)"/.exec(head)?.[1];
        const remaining = Number(/"remainingItemCount":(\d+)/.exec(head)?.[1] ?? 0);
        done.resolve({ firstByteMs, totalMs: machineMs() - startMs, bytes, next, remaining, version });
      });
    });
    outgoing.once("error", done.reject);
    outgoing.end();
    return done.promise;
  }

  /** The resourceVersion of a list; "" where the answer has none. */
  async version(path: string): Promise<string> {
    return (await this.read(path)).version;
  }

  /** Reads a list to its end, or so many chunks of it, in chunks of `limit`. */
  async readChunks(path: string, limit: number, most = Infinity): Promise<Read> {
    const startMs = machineMs();
    const join = path.includes("?") ? "&" : "?";
    let chunk = await this.read(`${path}${join}limit=${limit}`);
    const { firstByteMs } = chunk;
    let { bytes } = chunk;
    for (let count = 1; chunk.next !== undefined && count < most; count += 1) {
      chunk = await this.read(`${path}${join}limit=${limit}&continue=${encodeURIComponent(chunk.next)}`);
      bytes += chunk.bytes;
    }
    return { ...chunk, firstByteMs, totalMs: machineMs() - startMs, bytes };
  }

  close(): void {
    this.#agent.destroy();
  }
}
