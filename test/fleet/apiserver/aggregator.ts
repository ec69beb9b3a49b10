// The aggregation layer: requests for a group that an APIService names go to the server behind its Service, with the
// front-proxy certificate and the user in headers. Also asks that server for its resources and keeps Available current.
import type { IncomingMessage } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import type { KeyPair } from "../../support/certificates.ts";
import type { User } from "./admission.ts";
import type { GroupVersion } from "./discovery.ts";
import { resourcesOf } from "./discovery.ts";
import { unavailable } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { sendText } from "./exchange.ts";
import type { ApiObject, Json } from "./json.ts";
import { at, listOf, stringOf } from "./json.ts";
import type { Registry } from "./registry.ts";

/** Where the pods of a Service listen; undefined when it has none. */
export type ResolveService = (service: {
  namespace: string;
  name: string;
  port: number;
}) => { host: string; port: number } | undefined;

const APISERVICES = "apiservices.apiregistration.k8s.io";
const CHECK_TIMEOUT_MS = 5000;
const RESYNC_MS = 30_000;
const RETRY_MS = 500;
const AGGREGATOR: User = { name: "system:kube-aggregator", groups: ["system:masters"] };
const OPENAPI: User = { name: "system:aggregator", groups: [] };
const HOP_HEADERS = /^(connection|keep-alive|transfer-encoding|upgrade|host|authorization|x-remote-.*)$/i;

interface Backend {
  group: string;
  version: string;
  resources: Json;
  available: boolean;
  timer: NodeJS.Timeout | undefined;
}

export class Aggregator {
  readonly #registry: Registry;
  readonly #resolve: ResolveService;
  readonly #agent: Agent;
  readonly #backends = new Map<string, Backend>();
  #isClosed = false;

  constructor(registry: Registry, resolve: ResolveService, frontProxy: KeyPair) {
    this.#registry = registry;
    this.#resolve = resolve;
    this.#agent = new Agent({ keepAlive: true, ...frontProxy });
    registry.storage.subscribe(APISERVICES, ({ type, object, former }) => {
      if (type === "DELETED") this.#forget(object.metadata.name);
      else if (JSON.stringify(former?.spec) !== JSON.stringify(object.spec)) this.#check(object.metadata.name);
    });
  }

  owns(group: string, version: string): boolean {
    return [...this.#backends.values()].some((backend) => backend.group === group && backend.version === version);
  }

  groupVersions(): GroupVersion[] {
    return [...this.#backends.values()].map(({ group, version, resources, available }) => {
      return { group, version, resources: available ? resourcesOf(resources) : [], isFresh: available };
    });
  }

  /** Passes a request on and its answer back, each piece as it comes. */
  proxy(exchange: Exchange, group: string, version: string): Promise<void> {
    const apiService = this.#registry.storage.get(APISERVICES, "", `${version}.${group}`);
    if (!apiService) throw unavailable("service unavailable");
    const { request, response } = exchange;
    const forwarded = Object.entries(request.headersDistinct).filter(([name]) => !HOP_HEADERS.test(name));
    const headers = {
      ...Object.fromEntries(forwarded.map(([name, values]) => [name, values ?? []])),
      "x-forwarded-uri": request.url ?? "",
      "x-forwarded-host": request.headers.host ?? "",
      "x-forwarded-proto": "https",
      "accept-encoding": request.headers["accept-encoding"] ?? "gzip",
    };
    const options = { method: request.method ?? "GET", path: request.url ?? "/", user: exchange.user, headers };
    return new Promise((resolve) => {
      const fail = (error: Error): void => {
        if (response.headersSent) response.destroy();
        else
          void sendText(exchange, 503, `error trying to reach service: ${error.message}`, "text/plain; charset=utf-8");
        resolve();
      };
      const upstream = this.#send(apiService, options, (answer) => {
        response.writeHead(answer.statusCode ?? 502, { ...answer.headers, "cache-control": "no-cache, private" });
        response.flushHeaders();
        answer.on("data", (chunk: Buffer) => response.write(chunk));
        answer.once("end", () => response.end());
        answer.once("error", fail);
      });
      upstream.once("error", fail);
      response.once("close", () => {
        upstream.destroy();
        resolve();
      });
      request.pipe(upstream);
    });
  }

  /** The answer of an aggregated server to a GET, as the aggregator itself asks it. */
  async fetch(group: string, version: string, path: string): Promise<{ status: number; body: string }> {
    const apiService = this.#registry.storage.get(APISERVICES, "", `${version}.${group}`);
    if (!apiService) throw unavailable("service unavailable");
    const user = path.startsWith("/openapi") ? OPENAPI : AGGREGATOR;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = this.#send(
        apiService,
        { method: "GET", path, user, headers: { accept: "application/json" } },
        resolve,
      );
      sent.setTimeout(CHECK_TIMEOUT_MS, () =>
        sent.destroy(new Error("Client.Timeout exceeded while awaiting headers")),
      );
      sent.once("error", reject);
      sent.end();
    });
    return { status: answer.statusCode ?? 0, body: await text(answer) };
  }

  close(): void {
    this.#isClosed = true;
    for (const name of this.#backends.keys()) this.#forget(name);
    this.#agent.destroy();
  }

  #send(
    apiService: ApiObject,
    given: { method: string; path: string; user: User; headers: Record<string, string | string[]> },
    onAnswer: (answer: IncomingMessage) => void,
  ): ReturnType<typeof httpsRequest> {
    const service = at(apiService.spec, "service");
    const [namespace, name] = [stringOf(at(service, "namespace")), stringOf(at(service, "name"))];
    const port = at(service, "port");
    const address = this.#resolve({ namespace, name, port: typeof port === "number" ? port : 443 });
    if (!address) throw unavailable("service unavailable");
    const ca = Buffer.from(stringOf(at(apiService.spec, "caBundle")), "base64").toString("utf8");
    const headers = {
      ...given.headers,
      "audit-id": randomUUID(),
      "x-remote-user": given.user.name,
      ...(given.user.groups.length > 0 ? { "x-remote-group": given.user.groups } : {}),
      "x-remote-extra-authentication.kubernetes.io%2fcredential-id": "X509SHA256=embedded",
    };
    const { method, path } = given;
    const target = { ...address, servername: `${name}.${namespace}.svc`, ...(ca ? { ca } : {}) };
    return httpsRequest({ ...target, method, path, headers, agent: this.#agent }, onAnswer);
  }

  /** Asks the server behind an APIService now, and again later. */
  #check(name: string): void {
    const [version = "", ...rest] = name.split(".");
    const backend = this.#backends.get(name) ?? {
      group: rest.join("."),
      version,
      resources: null,
      available: false,
      timer: undefined,
    };
    clearTimeout(backend.timer);
    this.#backends.set(name, backend);
    void this.#ask(backend).then((failure) => {
      if (this.#isClosed || this.#backends.get(name) !== backend) return;
      backend.available = failure === undefined;
      this.#writeAvailable(name, failure);
      clearTimeout(backend.timer);
      backend.timer = setTimeout(() => this.#check(name), failure === undefined ? RESYNC_MS : RETRY_MS);
    });
  }

  async #ask(backend: Backend): Promise<string | undefined> {
    const path = `/apis/${backend.group}/${backend.version}`;
    try {
      const { status, body } = await this.fetch(backend.group, backend.version, path);
      if (status !== 200) return `failing or missing response from ${path}: bad status: ${status}`;
      backend.resources = JSON.parse(body) as Json;
      return undefined;
    } catch (cause) {
      return `failing or missing response from ${path}: ${String(cause)}`;
    }
  }

  #writeAvailable(name: string, failure: string | undefined): void {
    const type = this.#registry.type("apiregistration.k8s.io", "apiservices");
    if (!type || !this.#registry.find(type, { namespace: "", name })) return;
    const condition = {
      type: "Available",
      status: failure === undefined ? "True" : "False",
      reason: failure === undefined ? "Passed" : "FailedDiscoveryCheck",
      message: failure ?? "all checks passed",
    };
    const options = { manager: "kube-aggregator", subresource: "status" };
    this.#registry.update(type, { namespace: "", name }, (current) => withAvailable(current, condition), options);
  }

  #forget(name: string): void {
    clearTimeout(this.#backends.get(name)?.timer);
    this.#backends.delete(name);
  }
}

function withAvailable(
  apiService: ApiObject,
  condition: { type: string; status: string; reason: string; message: string },
): ApiObject {
  const known = listOf(at(apiService.status, "conditions")).find((item) => at(item, "type") === "Available");
  const isSame = at(known, "status") === condition.status;
  const lastTransitionTime = isSame ? at(known, "lastTransitionTime") : `${new Date().toISOString().slice(0, 19)}Z`;
  return { ...apiService, status: { conditions: [{ lastTransitionTime, ...condition }] } };
}
