// The way of a request: who, what, may he, then discovery, the aggregated server, a review, or the cluster's own objects.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Aggregator } from "./aggregator.ts";
import type { Authentication } from "./authentication.ts";
import type { Authorization } from "./authorization.ts";
import { refusal } from "./authorization.ts";
import { AGGREGATED_TYPE, discover, groupVersionsOf, wantsAggregated } from "./discovery.ts";
import { StatusError, forbidden, noSuchPath } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { sendError, sendJson, sendText } from "./exchange.ts";
import type { Faults } from "./faults.ts";
import { suffer } from "./faults.ts";
import { serveResource } from "./handlers.ts";
import type { Lists } from "./lists.ts";
import type { Registry } from "./registry.ts";
import { parseRequest } from "./request-info.ts";
import { serveReview } from "./reviews.ts";

interface Parts {
  registry: Registry;
  lists: Lists;
  authentication: Authentication;
  authorization: Authorization;
  faults: Faults;
  aggregator: Aggregator;
}

const VERSION = { major: "1", minor: "35", gitVersion: "v1.35.4", platform: "embedded" };
const OPENAPI_V2_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
const OPEN_PATHS = new Set(["/healthz", "/livez", "/readyz", "/version"]);

export function buildRouter(parts: Parts): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const info = parseRequest(request.method ?? "GET", request.url ?? "/");
    const nobody: Exchange = { request, response, info, user: { name: "system:anonymous", groups: [] } };
    try {
      const exchange = { ...nobody, user: parts.authentication.authenticate(request) };
      const fault = parts.faults.take(info, exchange.user.name);
      if (fault && (await suffer(fault, response))) return;
      authorize(exchange, parts.authorization);
      await serve(exchange, parts);
    } catch (cause) {
      await sendError(nobody, cause);
    }
  };
}

function authorize({ info, user }: Exchange, authorization: Authorization): void {
  const { resource, verb, path } = info;
  if (!resource) {
    if (OPEN_PATHS.has(path) || authorization.allows({ user, verb, group: "", resource: "", path })) return;
    throw new StatusError(403, "Forbidden", `forbidden: User "${user.name}" cannot ${verb} path "${path}"`);
  }
  const { group, plural, namespace, name, subresource } = resource;
  const ownName = /^metadata\.name==?([^,]+)$/.exec(info.query.get("fieldSelector") ?? "")?.[1];
  const isNamespace = plural === "namespaces" && group === "" ? name : namespace;
  const attributes = {
    user,
    verb,
    group,
    resource: plural,
    subresource,
    namespace: isNamespace,
    name: name ?? ownName,
  };
  if (authorization.allows(attributes)) return;
  throw forbidden({ group, plural }, name ?? "", refusal(attributes));
}

async function serve(exchange: Exchange, parts: Parts): Promise<void> {
  const { resource, path } = exchange.info;
  if (!resource) return servePath(exchange, path, parts);
  if (parts.aggregator.owns(resource.group, resource.version)) {
    return parts.aggregator.proxy(exchange, resource.group, resource.version);
  }
  if (await serveReview(exchange, resource, parts)) return undefined;
  return serveResource(exchange, resource, parts);
}

async function servePath(exchange: Exchange, path: string, parts: Parts): Promise<void> {
  if (path === "/version") return sendJson(exchange, 200, VERSION);
  if (OPEN_PATHS.has(path)) return sendText(exchange, 200, "ok", "text/plain; charset=utf-8");
  if (path.startsWith("/openapi/")) return serveOpenApi(exchange, path, parts.aggregator);
  const [, group = "", version = ""] = /^\/apis\/([^/]+)\/([^/]+)/.exec(path) ?? [];
  if (parts.aggregator.owns(group, version)) return parts.aggregator.proxy(exchange, group, version);
  const all = [...groupVersionsOf(parts.registry.types()), ...parts.aggregator.groupVersions()];
  const isList = path === "/api" || path === "/apis";
  const aggregated = isList && wantsAggregated(exchange.request.headers.accept);
  const answer = discover(path, all, aggregated);
  if (answer === undefined) throw noSuchPath();
  return sendText(exchange, 200, JSON.stringify(answer), aggregated ? AGGREGATED_TYPE : "application/json");
}

/** Only aggregated servers have schemas here: kubectl then explains their kinds and does not check the others. */
async function serveOpenApi(exchange: Exchange, path: string, aggregator: Aggregator): Promise<void> {
  if (path === "/openapi/v3") {
    const entries = aggregator
      .groupVersions()
      .filter(({ isFresh }) => isFresh)
      .map(({ group, version }) => {
        const at = `apis/${group}/${version}`;
        return [at, { serverRelativeURL: `/openapi/v3/${at}` }];
      });
    return sendJson(exchange, 200, { paths: Object.fromEntries(entries) });
  }
  // An empty document lets kubectl send what it cannot check.
  if (path === "/openapi/v2") return sendText(exchange, 200, "", OPENAPI_V2_TYPE);
  const [, group = "", version = ""] = /^\/openapi\/v3\/apis\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (!aggregator.owns(group, version)) throw noSuchPath();
  const { status, body } = await aggregator.fetch(group, version, path);
  return sendText(exchange, status, body);
}
