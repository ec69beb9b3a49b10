// An embedded Kubernetes API server: one cluster on one https port of 127.0.0.1, everything in memory.
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Authority, KeyPair } from "../../support/certificates.ts";
import { makeAuthority } from "../../support/certificates.ts";
import type { User } from "./admission.ts";
import type { ResolveService } from "./aggregator.ts";
import { Aggregator } from "./aggregator.ts";
import { Authentication } from "./authentication.ts";
import { Authorization } from "./authorization.ts";
import { bootstrap } from "./bootstrap.ts";
import { startCertificateSigner } from "./certificate-signer.ts";
import { startCollectors } from "./collectors.ts";
import { sendError } from "./exchange.ts";
import { Faults } from "./faults.ts";
import { Lists } from "./lists.ts";
import { Registry } from "./registry.ts";
import { buildRouter } from "./router.ts";

export interface ApiServerOptions {
  /** Names the cluster in its kubeconfigs. */
  name: string;
  /** Where the pods of a Service listen; default: none has any. */
  resolveService?: ResolveService;
}

export interface ApiServer {
  name: string;
  url: string;
  /** Certificate of the authority that signs the serving certificate. */
  ca: string;
  /** Signs client certificates. */
  clientAuthority: Authority;
  registry: Registry;
  authentication: Authentication;
  authorization: Authorization;
  faults: Faults;
  /** Makes all resourceVersions and list tokens given so far too old. */
  expire(): void;
  /** Cuts every open connection. */
  dropConnections(): void;
  issue(user: User): Promise<KeyPair>;
  close(): Promise<void>;
}

const KEEP_ALIVE_MS = 120_000;

/** Starts a cluster's API server with its own authorities. */
export async function startApiServer({ name, resolveService = () => undefined }: ApiServerOptions): Promise<ApiServer> {
  const [serving, clientAuthority, frontProxy] = await Promise.all([
    makeAuthority(`${name}-serving`),
    makeAuthority(`${name}-client`),
    makeAuthority(`${name}-front-proxy`),
  ]);
  const [certificate, proxyCertificate] = await Promise.all([
    serving.issue({
      cn: "kube-apiserver",
      dns: ["localhost", "kubernetes.default.svc"],
      ips: ["127.0.0.1"],
      server: true,
    }),
    frontProxy.issue({ cn: "front-proxy", client: true }),
  ]);
  const registry = new Registry();
  const lists = new Lists(registry.storage);
  const authentication = new Authentication();
  const authorization = new Authorization(registry.storage);
  const faults = new Faults();
  const stops = [startCollectors(registry), startCertificateSigner(registry, clientAuthority)];
  const aggregator = new Aggregator(registry, resolveService, proxyCertificate);
  bootstrap(registry, { clientCa: clientAuthority.cert, frontProxyCa: frontProxy.cert });

  const route = buildRouter({ registry, lists, authentication, authorization, faults, aggregator });
  const server = createServer(
    { ...certificate, ca: clientAuthority.cert, requestCert: true, rejectUnauthorized: false },
    (request: IncomingMessage, response: ServerResponse) =>
      void route(request, response).catch((cause: unknown) => {
        const user = { name: "", groups: [] };
        const info = { path: "", verb: "", query: new URLSearchParams(), resource: undefined };
        return sendError({ request, response, user, info }, cause);
      }),
  );
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    name,
    url: `https://127.0.0.1:${port}`,
    ca: serving.cert,
    clientAuthority,
    registry,
    authentication,
    authorization,
    faults,
    expire: () => {
      registry.storage.compact();
      lists.expire();
    },
    dropConnections: () => server.closeAllConnections(),
    issue: (user) => clientAuthority.issue({ cn: user.name, organizations: user.groups, client: true }),
    close: async () => {
      for (const stop of stops) stop();
      aggregator.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
