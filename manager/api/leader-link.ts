// The connection of a replica that does not lead to the one that does: asks it in a user's name and streams the answer.
// By hand, not by @fastify/reply-from: credentials and trust change while connections live, and a watch has to end after
// a whole line when the leader dies.
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import type { ClientRequest, OutgoingHttpHeaders } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Identity } from "./authentication.ts";
import { cutWhenStuck } from "./stuck-reader.ts";
import { PEER_TLS_VERSION, SPEAKS_FOR_HEADER, writeIdentity } from "./peers.ts";
import { tryAgain } from "./status.ts";

export interface LeaderAddress {
  host: string;
  port: number;
}

export interface LinkDeps {
  /** Undefined: nobody leads, or it is not known where. */
  leader: () => LeaderAddress | undefined;
  /** The serving certificate with its key and its authority, PEM: it is shown to the leader, who has to show the same. */
  tls: () => { cert: string; key: string; ca: string } | undefined;
  /** Name that the leader's certificate has to have. */
  serverName: string;
  connectMs?: number;
  answerMs?: number;
}

/** Within the two seconds in which a request without a leader has to be answered. */
const CONNECT_MS = 1500;
/** The leader never takes as long as this (kube-apiserver would give it up): it is gone, without a word. */
const ANSWER_MS = 5000;
const IDLE_CONNECTIONS_MAX = 64;
/** What a user's request says beside who he is. Nothing else is passed on, his proofs least of all. */
const PASSED_ON = ["accept", "accept-encoding", "content-type", "content-encoding", "user-agent", "audit-id"];
const OF_ONE_CONNECTION = new Set(["connection", "keep-alive", "transfer-encoding", "date"]);
const NEWLINE = 10;

/** A user's request and the response to him. */
export interface UserExchange {
  request: IncomingMessage;
  raw: ServerResponse;
}

interface Link extends LeaderAddress {
  tls: object;
  agent: Agent;
}

export class LeaderLink {
  readonly counts = { answered: 0, failed: 0 };
  readonly #deps: LinkDeps;
  #link: Link | undefined;

  constructor(deps: LinkDeps) {
    this.#deps = deps;
  }

  /**
   * Sends a request on, body and all, and returns the beginning of the leader's answer. Given up when `raw` closes.
   * @throws StatusError to be tried again, when there is no leader or it does not answer
   */
  async ask({ request, raw }: UserExchange, identity: Identity): Promise<IncomingMessage> {
    try {
      const answer = await this.#send({ request, raw }, identity);
      // The user is known here, so it is this replica that the leader does not know, yet or any more.
      if (answer.statusCode === 401) {
        answer.resume();
        throw new Error("the leader does not accept this replica's certificate");
      }
      this.counts.answered += 1;
      return answer;
    } catch (cause) {
      this.counts.failed += 1;
      this.#closeIdle();
      throw tryAgain("this replica does not lead, and the leader cannot be reached; try again", cause);
    }
  }

  /** Ends what goes on with an earlier leader. To be called when another leads. */
  leaderChanged(): void {
    const leader = this.#deps.leader();
    const link = this.#link;
    if (link === undefined || (leader?.host === link.host && leader.port === link.port)) return;
    this.close();
  }

  close(): void {
    this.#link?.agent.destroy();
    this.#link = undefined;
  }

  async #send({ request, raw }: UserExchange, identity: Identity): Promise<IncomingMessage> {
    const { host, port, agent } = this.#current();
    const { method = "GET", url: path } = request;
    const headers = headersOf(request, identity);
    const asked = httpsRequest({ host, port, method, path, headers, agent });
    const stopTimers = this.#limit(asked);
    raw.once("close", () => asked.destroy());
    // Later errors are those of the answer's stream.
    asked.on("error", () => request.unpipe(asked).resume());
    if (method === "GET") asked.end();
    else request.pipe(asked);
    try {
      const [answer] = (await once(asked, "response")) as [IncomingMessage];
      return answer;
    } finally {
      stopTimers();
    }
  }

  #current(): Link {
    const { leader, tls, serverName: servername } = this.#deps;
    const [address, credentials] = [leader(), tls()];
    if (address === undefined || credentials === undefined) throw new Error("no leader is known");
    const known = this.#link;
    if (known?.tls === credentials && known.host === address.host && known.port === address.port) return known;
    // Watches go on over connections with the credentials of before.
    this.#closeIdle();
    const { cert, key, ca } = credentials;
    const options = { cert, key, ca, servername, minVersion: PEER_TLS_VERSION, maxCachedSessions: 0 } as const;
    const agent = new Agent({ keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS_MAX, ...options });
    this.#link = { ...address, tls: credentials, agent };
    return this.#link;
  }

  #limit(asked: ClientRequest): () => void {
    const { connectMs = CONNECT_MS, answerMs = ANSWER_MS } = this.#deps;
    const giveUp = (what: string, ms: number) => setTimeout(() => asked.destroy(new Error(`${what} in ${ms} ms`)), ms);
    const connecting = giveUp("no connection", connectMs);
    let answering: NodeJS.Timeout | undefined;
    asked.once("socket", (socket) => {
      if (asked.reusedSocket) clearTimeout(connecting);
      else socket.once("secureConnect", () => clearTimeout(connecting));
    });
    asked.once("finish", () => (answering = giveUp("no answer", answerMs)));
    return () => [connecting, answering].forEach((timer) => clearTimeout(timer));
  }

  #closeIdle(): void {
    for (const sockets of Object.values(this.#link?.agent.freeSockets ?? {})) {
      for (const socket of sockets ?? []) socket.destroy();
    }
  }
}

/** Streams an answer. A watch whose leader goes ends after its last whole line; any other answer is broken off. */
export async function passOn(answer: IncomingMessage, raw: ServerResponse, isWatch: boolean): Promise<void> {
  const headers = Object.entries(answer.headersDistinct).filter(([name]) => !OF_ONE_CONNECTION.has(name));
  raw.writeHead(answer.statusCode ?? 500, Object.fromEntries(headers) as OutgoingHttpHeaders);
  if (isWatch) cutWhenStuck(raw);
  raw.flushHeaders();
  try {
    await pipeline(isWatch ? wholeLines(answer) : answer, raw);
  } catch {
    raw.destroy();
  }
}

async function* wholeLines(answer: IncomingMessage): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      const end = chunk.lastIndexOf(NEWLINE) + 1;
      if (end > 0) yield Buffer.concat([...rest.splice(0), chunk.subarray(0, end)]);
      if (end < chunk.length) rest = [...rest, chunk.subarray(end)];
    }
  } catch {
    return; // Cut off: what is left of a line is of no use.
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

function headersOf(request: IncomingMessage, identity: Identity): OutgoingHttpHeaders {
  const { headers, method } = request;
  const names = method === "GET" ? PASSED_ON : [...PASSED_ON, "content-length"];
  const known = names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const]));
  return { ...Object.fromEntries(known), [SPEAKS_FOR_HEADER]: writeIdentity(identity) };
}
