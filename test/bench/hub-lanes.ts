// Keep-alive connections over which many users post through few connections, as kube-apiserver's aggregator does: with the
// front-proxy certificate, and each request's user in a header. By hand, so that who posts costs little beside who answers.
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import { machineMs } from "./process-figures.ts";

/** A body that begins so is JSON as it is. */
const OPENING_BRACE = 0x7b;

/** A server as the aggregator reaches it. */
export interface Target {
  /** Default: 127.0.0.1. */
  host?: string;
  port: number;
  servername: string;
  ca: string;
  /** The front-proxy certificate. */
  cert: string;
  key: string;
}

export interface Post {
  path: string;
  user: string;
  /** Further lines of the head, each with its end. */
  headers?: string;
  body: Buffer;
}

export interface Answered {
  status: number;
  body: string;
  /** From sending to the last byte. */
  ms: number;
}

/** Opens a connection as the aggregator does. */
export function connectTo({ host = "127.0.0.1", port, servername, ca, cert, key }: Target): TLSSocket {
  const socket = connect({ host, port, servername, ca, cert, key, ALPNProtocols: ["http/1.1"] });
  socket.setNoDelay(true);
  return socket;
}

/** The head of a request, without the empty line. */
export function headOf(method: string, path: string, user: string): string {
  return `${method} ${path} HTTP/1.1\r\nHost: kruise-health.bench.svc\r\nX-Remote-User: ${user}\r\n`;
}

const HEAD_END = Buffer.from("\r\n\r\n");

/** One connection with at most one request under way. */
class Lane {
  readonly #target: Target;
  #socket: TLSSocket | undefined;
  #waiting: PromiseWithResolvers<Answered> | undefined;
  #startMs = 0;
  #received: Buffer = Buffer.alloc(0);

  constructor(target: Target) {
    this.#target = target;
  }

  async post({ path, user, headers = "", body }: Post): Promise<Answered> {
    const waiting = Promise.withResolvers<Answered>();
    this.#waiting = waiting;
    this.#startMs = machineMs();
    const socket = this.#socket ?? this.#connect();
    const encoding = body[0] === OPENING_BRACE ? "" : "Content-Encoding: zstd\r\n";
    const entity = `Content-Type: application/json\r\n${encoding}Content-Length: ${body.length}\r\n`;
    const head = Buffer.from(`${headOf("POST", path, user)}${headers}${entity}\r\n`, "latin1");
    socket.write(Buffer.concat([head, body]));
    return waiting.promise;
  }

  close(): void {
    this.#socket?.destroy();
  }

  #connect(): TLSSocket {
    const socket = connectTo(this.#target);
    this.#socket = socket;
    this.#received = Buffer.alloc(0);
    const fail = (error?: Error): void => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#waiting?.reject(error ?? new Error("the connection was closed"));
    };
    socket.on("data", (chunk) => this.#take(chunk));
    socket.once("error", fail);
    socket.once("close", () => fail());
    return socket;
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#received.toString("latin1", 0, headEnd);
    const bodyFrom = headEnd + HEAD_END.length;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
    if (Number.isNaN(length)) throw new Error(`An answer to a POST has no Content-Length: ${head}`);
    if (this.#received.length < bodyFrom + length) return;
    const body = this.#received.toString("utf8", bodyFrom, bodyFrom + length);
    this.#received = this.#received.subarray(bodyFrom + length);
    const ms = machineMs() - this.#startMs;
    this.#waiting?.resolve({ status: Number(head.slice(9, 12)), body, ms });
  }
}

/** Some connections that whoever posts next may take. */
export class Lanes {
  readonly #lanes: Lane[];
  readonly #free: Lane[];
  readonly #queue: ((lane: Lane) => void)[] = [];

  constructor(target: Target, count: number) {
    this.#lanes = Array.from({ length: count }, () => new Lane(target));
    this.#free = [...this.#lanes];
  }

  /** Posts as soon as a connection is free. */
  async post(post: Post): Promise<Answered> {
    const lane = this.#free.pop() ?? (await this.#next());
    try {
      return await lane.post(post);
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free.push(lane);
      else next(lane);
    }
  }

  close(): void {
    for (const lane of this.#lanes) lane.close();
  }

  async #next(): Promise<Lane> {
    const { promise, resolve } = Promise.withResolvers<Lane>();
    this.#queue.push(resolve);
    return promise;
  }
}
