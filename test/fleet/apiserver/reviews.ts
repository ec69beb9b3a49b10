// Questions that a cluster answers and does not keep: access reviews, token reviews, token requests.
import type { User } from "./admission.ts";
import type { Authentication } from "./authentication.ts";
import { serviceAccountUser } from "./authentication.ts";
import type { Attributes, Authorization } from "./authorization.ts";
import type { Exchange } from "./exchange.ts";
import { readJson, sendJson } from "./exchange.ts";
import type { JsonObject } from "./json.ts";
import { at, listOf, objectOf, stringOf } from "./json.ts";
import type { Registry } from "./registry.ts";
import type { ResourceRequest } from "./request-info.ts";

interface Parts {
  registry: Registry;
  authentication: Authentication;
  authorization: Authorization;
}

const ACCESS_REVIEWS = ["subjectaccessreviews", "selfsubjectaccessreviews", "localsubjectaccessreviews"];

/** Answers a review. Returns false when the request is none. */
export async function serveReview(exchange: Exchange, resource: ResourceRequest, parts: Parts): Promise<boolean> {
  if (exchange.info.verb !== "create") return false;
  if (resource.group === "authorization.k8s.io" && ACCESS_REVIEWS.includes(resource.plural)) {
    await reviewAccess(exchange, resource, parts.authorization);
    return true;
  }
  if (resource.group === "authentication.k8s.io" && resource.plural === "tokenreviews") {
    await reviewToken(exchange, parts.authentication);
    return true;
  }
  if (resource.plural === "serviceaccounts" && resource.subresource === "token") {
    await requestToken(exchange, resource, parts);
    return true;
  }
  return false;
}

async function reviewAccess(
  exchange: Exchange,
  resource: ResourceRequest,
  authorization: Authorization,
): Promise<void> {
  const body = objectOf(await readJson(exchange.request));
  const spec = objectOf(body["spec"]);
  const groups = listOf(spec["groups"]).filter((group) => typeof group === "string");
  const user = resource.plural.startsWith("self") ? exchange.user : { name: stringOf(spec["user"]), groups };
  const allowed = authorization.allows(attributesOf(spec, user));
  await sendJson(exchange, 201, { ...body, status: { allowed, ...(allowed ? { reason: "RBAC: allowed" } : {}) } });
}

function attributesOf(spec: JsonObject, user: User): Attributes {
  const asked = spec["resourceAttributes"];
  const path = stringOf(at(spec, "nonResourceAttributes", "path"));
  const optional = (field: string): string | undefined => stringOf(at(asked, field)) || undefined;
  return {
    user,
    verb: stringOf(at(asked, "verb")) || stringOf(at(spec, "nonResourceAttributes", "verb")),
    group: stringOf(at(asked, "group")),
    resource: stringOf(at(asked, "resource")),
    subresource: optional("subresource"),
    namespace: optional("namespace"),
    name: optional("name"),
    path: asked === undefined ? path : undefined,
  };
}

async function reviewToken(exchange: Exchange, authentication: Authentication): Promise<void> {
  const body = objectOf(await readJson(exchange.request));
  const user = authentication.userOfToken(stringOf(at(body, "spec", "token")));
  const status = user
    ? { authenticated: true, user: { username: user.name, groups: user.groups } }
    : { authenticated: false, error: "the token is not known" };
  await sendJson(exchange, 201, { ...body, status });
}

async function requestToken(
  exchange: Exchange,
  { namespace = "", name = "" }: ResourceRequest,
  parts: Parts,
): Promise<void> {
  const body = objectOf(await readJson(exchange.request));
  const type = parts.registry.typeOf({ apiVersion: "v1", kind: "ServiceAccount" });
  parts.registry.get(type, { namespace, name });
  const token = parts.authentication.issueToken(serviceAccountUser(namespace, name));
  const expirationTimestamp = `${new Date(Date.now() + 3_600_000).toISOString().slice(0, 19)}Z`;
  await sendJson(exchange, 201, { ...body, status: { token, expirationTimestamp } });
}
