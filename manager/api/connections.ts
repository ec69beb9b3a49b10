// The server's connections, as far as no request speaks for them: what is no HTTP is answered and cut, and a server that
// closes waits for nobody who has not asked.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { Log } from "../../shared/runtime/log.ts";
import type { Limits } from "./limits.ts";
import { StatusError } from "./status.ts";

/** What Node calls a request that breaks its rules. */
interface ClientError extends Error {
  code?: string;
}

/** Node's own words for an answer that fastify has no part in. */
const PHRASES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
};

export class Connections {
  readonly #log: Log;
  readonly #all = new Set<Socket>();
  /** With a finished handshake: the very sockets that requests name. */
  readonly #secured = new Set<Socket>();
  /** Answers to the requests under way. */
  readonly #busy = new Map<Socket, Set<ServerResponse>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Follows a server's connections. To be called once, before it listens. */
  follow(server: Server, { connectionsMax }: Pick<Limits, "connectionsMax">): void {
    server.maxConnections = connectionsMax;
    // Node would leave out further headers without a word, be it the one that names the user.
    server.maxHeadersCount = 0;
    server.on("connection", (socket: Socket) => keepIn(this.#all, socket));
    server.on("secureConnection", (socket) => keepIn(this.#secured, socket));
    const begin = ({ socket }: IncomingMessage, response: ServerResponse): void => {
      const responses = this.#busy.get(socket) ?? new Set();
      this.#busy.set(socket, responses.add(response));
      response.once("close", () => {
        responses.delete(response);
        if (responses.size === 0) this.#busy.delete(socket);
      });
    };
    server.on("request", begin);
    server.on("drop", () => this.#log.warn({ connectionsMax }, "too many connections"));
  }

  /** Answers what cannot be read as a request, and ends the connection. */
  refuse(error: ClientError, socket: Socket): void {
    this.#log.debug({ code: error.code }, "connection ended");
    // In the midst of another answer this one would be read as a part of it.
    const isAnswering = [...(this.#busy.get(socket) ?? [])].some(({ headersSent }) => headersSent);
    if (socket.writable && !isAnswering) socket.write(answerTo(error));
    socket.destroy();
  }

  /** Ends at once what is not asking for anything, and whatever is left after a while. */
  close(graceMs: number): void {
    for (const socket of this.#secured) if (!this.#busy.has(socket)) socket.destroy();
    const cut = setTimeout(() => {
      for (const socket of this.#all) socket.destroy();
    }, graceMs);
    cut.unref();
  }
}

function keepIn(set: Set<Socket>, socket: Socket): void {
  set.add(socket);
  socket.once("close", () => set.delete(socket));
}

function answerTo({ code }: ClientError): string {
  const [status, message] = reasonOf(code);
  const { reason, code: _, ...rest } = new StatusError("BadRequest", message).status;
  const body = JSON.stringify({ ...rest, reason: status === 408 ? "Timeout" : reason, code: status });
  const head = [
    `HTTP/1.1 ${status} ${PHRASES[status] ?? ""}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

function reasonOf(code: string | undefined): [status: number, message: string] {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return [408, "the request did not arrive in time"];
  if (code === "HPE_HEADER_OVERFLOW") return [431, "the request's headers are too long"];
  return [400, "this is no request of HTTP/1.1"];
}
