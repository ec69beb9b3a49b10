// Two replicas over real TLS for tests: one that leads and knows nobody but its peers, one that does not lead and
// knows its callers by a header. And a leader that says whatever a test wants.
import type { IncomingHttpHeaders, IncomingMessage, RequestListener } from "node:http";
import { createServer, request } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { makeAuthority } from "./certificates.ts";
import type { Authority, KeyPair } from "./certificates.ts";
import { buildWorld } from "../../manager/api/api.fixture.ts";
import type { World } from "../../manager/api/api.fixture.ts";
import type { Identity } from "../../manager/api/authentication.ts";
import type { ApiDeps } from "../../manager/api/deps.ts";
import { LeaderLink } from "../../manager/api/leader-link.ts";
import type { LeaderAddress } from "../../manager/api/leader-link.ts";
import { Peers } from "../../manager/api/peers.ts";

const SERVICE = "kruise-health.ns.svc";

interface Replica extends World {
  port: number;
  peers: Peers;
  link: LeaderLink;
}

/** What can go wrong between two replicas, changed by tests. */
export interface Scene {
  authority: Authority;
  /** The serving certificate that both have. */
  serving: KeyPair;
  leader: Replica;
  standby: Replica;
  /** Where the standby takes the leader to be, and what it shows him. */
  address: LeaderAddress | undefined;
  tls: (KeyPair & { ca: string }) | undefined;
  /** How long the standby waits for a connection, and for an answer. */
  limitMs: number;
  /** Milliseconds by which the leader's clock has been moved. */
  laterMs: number;
  close(): Promise<void>;
}

export async function buildScene(): Promise<Scene> {
  const authority = await makeAuthority("serving");
  // For servers alone, as cert-manager may issue it.
  const serving = await authority.issue({ cn: SERVICE, dns: [SERVICE], server: true });
  const scene: Partial<Scene> = {
    authority,
    serving,
    laterMs: 0,
    limitMs: 10_000,
    tls: { ...serving, ca: authority.cert },
  };
  const replica = async (deps: (own: Pick<Replica, "peers" | "link">) => Partial<ApiDeps>): Promise<Replica> => {
    const clock = { monotonicMs: () => scene.laterMs ?? 0, wallMs: () => Date.now() };
    const peers = new Peers(clock);
    peers.replace(serving.cert);
    const link = new LeaderLink({
      leader: () => scene.address,
      tls: () => scene.tls,
      serverName: SERVICE,
      get connectMs() {
        return scene.limitMs ?? 0;
      },
      get answerMs() {
        return scene.limitMs ?? 0;
      },
    });
    const tls = { ...serving, clientCas: [] };
    const world = buildWorld({ tls, forwarding: { peers, link }, ...deps({ peers, link }) });
    await world.app.listen({ host: "127.0.0.1", port: 0 });
    return { ...world, peers, link, port: portOf(world.app.server) };
  };
  const leader = await replica(({ peers }) => ({ identify: peers.identify(() => undefined) }));
  const standby = await replica(({ peers }) => ({ identify: peers.identify(byName), isLeading: () => false }));
  const address = { host: "127.0.0.1", port: leader.port };
  const close = async () => void (await Promise.all([standby.app.close(), leader.app.close()]));
  return Object.assign(scene, { leader, standby, address, close }) as Scene;
}

function byName({ headers }: IncomingMessage): Identity | undefined {
  const [user, via] = [headers["x-test-user"], headers["x-test-via"]];
  if (typeof user !== "string") return undefined;
  return { user, uid: undefined, groups: [], extra: {}, via: via === "Certificate" || via === "Token" ? via : "Proxy" };
}

/** A leader with the right certificate and any behaviour. */
export async function playLeader(pair: KeyPair, behave: RequestListener): Promise<{ port: number; close: () => void }> {
  const server = createServer({ ...pair, requestCert: true, rejectUnauthorized: false }, behave);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { port: portOf(server), close };
}

export function portOf(server: Pick<Server, "address">): number {
  return (server.address() as AddressInfo).port;
}

export interface Call {
  port: number;
  ca: string;
  path: string;
  method?: string;
  headers?: Record<string, string>;
  body?: Buffer | string;
  /** Shown to the server. */
  client?: KeyPair;
  maxVersion?: "TLSv1.2";
  /** Told each piece of the answer as it comes; "gone" leaves in the middle of it. */
  onText?: (text: string) => void | "gone";
}

export interface Answered {
  code: number | undefined;
  headers: IncomingHttpHeaders;
  text: string;
  /** Whether the answer came to its proper end. */
  complete: boolean;
}

/** Sends one request over a connection of its own, and reads the answer to its end. */
export async function call({ path, method = "GET", body, client, onText, ...rest }: Call): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const target = { host: "127.0.0.1", servername: SERVICE, agent: false as const };
    const sent = request({ ...target, ...rest, ...client, path, method }, (answer) => {
      let text = "";
      const { statusCode: code, headers } = answer;
      answer.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
        if (onText?.(piece) === "gone") answer.destroy();
      });
      answer.on("error", () => undefined);
      answer.once("close", () => resolve({ code, headers, text, complete: answer.complete }));
    });
    sent.once("error", reject);
    sent.end(body);
  });
}
