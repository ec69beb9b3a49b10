// A feedback API to attack: real TLS on loopback, real certificates, raw sockets. Everything that it answers and logs is
// kept, so that a test can say what must not be in it.
import { once } from "node:events";
import { connect } from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { pino } from "pino";
import { buildWorld, ROOT } from "../../manager/api/api.fixture.ts";
import type { World } from "../../manager/api/api.fixture.ts";
import { acceptableCas, buildIdentify, parseTrust } from "../../manager/api/authentication.ts";
import type { Identity, Trust } from "../../manager/api/authentication.ts";
import type { AccessSpec } from "../../manager/api/authorisation.ts";
import type { ApiDeps } from "../../manager/api/deps.ts";
import { Peers } from "../../manager/api/peers.ts";
import { buildIdentifyByToken } from "../../manager/api/tokens.ts";
import type { TokenUser } from "../../manager/api/tokens.ts";
import { aRecord, aReport } from "../../manager/fleet/report.fixture.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { makeAuthority } from "./certificates.ts";
import type { Authority, KeyPair } from "./certificates.ts";

/** The bearer token of a user who may read the namespace c1. */
export const TOKEN = "token-of-a-reader-of-c1";
/** In a row of c2 alone. Nobody here who attacks may read it. */
const OF_ANOTHER_CLUSTER = /secret-of-c2/;
const INSIDE = [
  ["a token", new RegExp(TOKEN)],
  ["a stack trace", /(?:\n|\\n)\s+at /],
  ["a path of this machine", /\/work\/|node_modules|file:\/\/|\.ts\b/],
  ["an address", /\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b|localhost|::1/],
] as const;
/** Levels of pino. */
const INFO = 30;
const ERROR = 50;

/** A last request that ends the connection: what comes before it is then known to be answered, or not to be. */
export const LAST_WORD = "GET /healthz HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n";

export interface Said {
  /** Everything that came back, byte by byte. */
  text: string;
  /** The status of each answer in turn. */
  statuses: number[];
}

export interface Attack {
  client?: KeyPair | undefined;
  /** Written one after the other. */
  pieces: readonly (string | Buffer)[];
  tls?: ConnectionOptions;
}

export class Target {
  readonly world: World;
  readonly port: number;
  readonly frontProxy: Authority;
  readonly clients: Authority;
  /** Has the very name of the front proxy's, and another key. */
  readonly lookAlike: Authority;
  readonly serving: KeyPair;
  /** Who the server took the callers for, in turn, since the last look for harm. */
  readonly seen: (Identity | "nobody")[];
  readonly #said: string[] = [];
  readonly #logged: string[];
  readonly #reader: KeyPair;

  private constructor(parts: Parts) {
    this.world = parts.world;
    this.port = parts.port;
    this.frontProxy = parts.frontProxy;
    this.clients = parts.clients;
    this.lookAlike = parts.lookAlike;
    this.serving = parts.serving;
    this.seen = parts.seen;
    this.#logged = parts.logged;
    this.#reader = parts.reader;
  }

  static async start(deps: Partial<ApiDeps> = {}): Promise<Target> {
    const [frontProxy, clients, lookAlike, authority] = await Promise.all(
      ["front-proxy", "kubernetes", "front-proxy", "serving"].map(makeAuthority) as Authorities,
    );
    const trust = trustOf(frontProxy, clients);
    const serving = await authority.issue({ cn: "kruise-health", dns: ["kruise-health.ns.svc"] });
    const reader = await clients.issue({ cn: "reader", client: true });
    const logged: string[] = [];
    const seen: (Identity | "nobody")[] = [];
    const peers = new Peers(systemClock);
    peers.replace(serving.cert);
    const byToken = buildIdentifyByToken((token) => Promise.resolve(userOf(token)), systemClock);
    const identify = peers.identify(buildIdentify(() => trust, Date.now, byToken));
    const world = buildWorld({
      tls: { ...serving, clientCas: acceptableCas(trust) },
      log: pino({ level: "trace" }, { write: (line) => void logged.push(line) }),
      identify: async (request) => {
        const identity = await identify(request);
        seen.push(identity ?? "nobody");
        return identity;
      },
      reviewAccess: (spec) => Promise.resolve(mayRead(spec)),
      ...deps,
    });
    const secret = aRecord({ n: "pay", ns: "bank", m: "secret-of-c2" });
    world.fleet.apply("c2", aReport([secret], { epoch: 2000 }));
    await world.app.listen({ host: "127.0.0.1", port: 0, listenTextResolver: () => "feedback api listening" });
    const address = world.app.server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    return new Target({ world, port, frontProxy, clients, lookAlike, serving, seen, logged, reader });
  }

  async close(): Promise<void> {
    await this.world.app.close();
  }

  /** A connection after its handshake. */
  async connect({ client, tls }: Omit<Attack, "pieces"> = {}): Promise<TLSSocket> {
    const socket = connect({ host: "127.0.0.1", port: this.port, rejectUnauthorized: false, ...client, ...tls });
    await once(socket, "secureConnect");
    return socket;
  }

  /** Writes, and reads until the server ends the connection. */
  async say(attack: Attack): Promise<Said> {
    const socket = await this.connect(attack);
    const read = this.listen(socket);
    for (const piece of attack.pieces) socket.write(piece);
    return read;
  }

  /** Reads until the connection has ended, by whomever. */
  async listen(socket: TLSSocket): Promise<Said> {
    let text = "";
    socket.setEncoding("latin1").on("data", (piece: string) => (text += piece));
    // Cut in the midst of what we write is a way to be refused.
    socket.on("error", () => socket.destroy());
    if (!socket.closed) await new Promise<void>((resolve) => void socket.once("close", () => resolve()));
    this.#said.push(text);
    return { text, statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)) };
  }

  /** One request from these lines, with a body if there is one, and nothing after it. */
  async ask({
    client,
    lines,
    body,
  }: {
    client?: KeyPair | undefined;
    lines: readonly string[];
    body?: Buffer;
  }): Promise<Said> {
    const length = body === undefined ? [] : [`content-length: ${body.length}`];
    const head = [lines[0] ?? "", "host: hub", ...lines.slice(1), ...length, "connection: close", "", ""].join("\r\n");
    return this.say({ client, pieces: body === undefined ? [head] : [head, body] });
  }

  /** @throws when a good reader is no longer served, or somebody has got to know what he must not */
  async checkUnharmed(): Promise<void> {
    const { answers, lines } = { answers: this.#said.splice(0), lines: this.#logged.splice(0) };
    const good = await this.ask({ client: this.#reader, lines: [`GET ${ROOT}/kruiseworkloads HTTP/1.1`] });
    this.#said.splice(0);
    this.seen.splice(0);
    const isServed = good.statuses.join() === "200" && /"namespace":"c1".*secret-of-c2/s.test(good.text);
    if (!isServed) throw new Error(`A good reader was answered: ${good.text}`);
    const level = (line: string) => (JSON.parse(line) as { level: number }).level;
    const told = [...answers, ...lines.filter((line) => level(line) >= INFO)];
    const harm = [
      ...found("another cluster's data", [...answers, ...lines], OF_ANOTHER_CLUSTER),
      ...lines.filter((line) => level(line) >= ERROR).map((line) => `an error of the server's own: ${line}`),
      ...INSIDE.flatMap(([what, pattern]) => found(what, told, pattern)),
    ];
    if (harm.length > 0) throw new Error(`Told was ${harm.join("\n")}`);
  }
}

type Authorities = [Promise<Authority>, Promise<Authority>, Promise<Authority>, Promise<Authority>];

interface Parts {
  world: World;
  port: number;
  frontProxy: Authority;
  clients: Authority;
  lookAlike: Authority;
  serving: KeyPair;
  seen: (Identity | "nobody")[];
  logged: string[];
  reader: KeyPair;
}

function trustOf(frontProxy: Authority, clients: Authority): Trust {
  return parseTrust({
    "client-ca-file": clients.cert,
    "requestheader-client-ca-file": frontProxy.cert,
    "requestheader-allowed-names": '["front-proxy-client"]',
    "requestheader-username-headers": '["X-Remote-User"]',
    "requestheader-group-headers": '["X-Remote-Group"]',
    "requestheader-uid-headers": '["X-Remote-Uid"]',
    "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
  });
}

function found(what: string, texts: string[], pattern: RegExp): string[] {
  return texts.filter((text) => pattern.test(text)).map((text) => `${what}: ${text.slice(0, 2000)}`);
}

function userOf(token: string): TokenUser | undefined {
  return token === TOKEN ? { user: "reader-of-c1", uid: undefined, groups: [], extra: {} } : undefined;
}

/** What RBAC of this hub says: one may read all, one the namespace c1, and nobody else anything. */
function mayRead({ user, resourceAttributes: { namespace } }: AccessSpec): boolean {
  return user === "reader" || (user === "reader-of-c1" && namespace === "c1");
}
