// Serves the verbs of one resource: get, list, watch, create, update, patch, apply, delete, and status.
import type { Authorization } from "./authorization.ts";
import { StatusError, badRequest, methodNotAllowed, noSuchPath, unsupportedMediaType } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { mediaType, readJson, sendText } from "./exchange.ts";
import type { ApiObject, Json } from "./json.ts";
import { at, isApiObject, stringOf } from "./json.ts";
import type { Lists } from "./lists.ts";
import { APPLY, MERGE_PATCH, STRATEGIC, patched } from "./patches.ts";
import type { Key, Registry, WriteOptions } from "./registry.ts";
import type { Rendering } from "./representation.ts";
import { apiVersionOf, formOf, renderList, renderObject } from "./representation.ts";
import type { ResourceRequest } from "./request-info.ts";
import { isTrue } from "./request-info.ts";
import type { ResourceType } from "./resources.ts";
import { buildSelector } from "./selectors.ts";
import { serveWatch } from "./watches.ts";

interface Parts {
  registry: Registry;
  authorization: Authorization;
  lists: Lists;
}

interface Target extends Parts {
  exchange: Exchange;
  resource: ResourceRequest;
  type: ResourceType;
  rendering: Rendering;
  key: Key;
}

/** Serves a request for a resource that this cluster keeps itself. @throws StatusError */
export async function serveResource(exchange: Exchange, resource: ResourceRequest, parts: Parts): Promise<void> {
  const type = parts.registry.type(resource.group, resource.plural);
  if (!type?.versions.includes(resource.version)) throw noSuchPath();
  if (resource.subresource !== undefined && !type.subresources.includes(resource.subresource)) throw noSuchPath();
  const form = formOf(exchange.request.headers.accept);
  const includeObject = exchange.info.query.get("includeObject") ?? "Metadata";
  const rendering = { type, version: resource.version, form, includeObject };
  const key = { namespace: resource.namespace ?? "", name: resource.name ?? "" };
  const target = { ...parts, exchange, resource, type, rendering, key };
  const serve = VERBS[exchange.info.verb];
  if (!serve) throw methodNotAllowed();
  await serve(target);
}

const VERBS: Record<string, (target: Target) => Promise<void> | void> = {
  get: async ({ exchange, rendering, registry, type, key }) =>
    sendText(exchange, 200, renderObject(registry.get(type, key), rendering)),
  list: async ({ exchange, rendering, lists, type, resource }) => {
    const { objects, metadata } = lists.page(type, resource.namespace, exchange.info.query);
    await sendText(exchange, 200, renderList(objects, rendering, metadata));
  },
  watch: ({ exchange, rendering, registry, resource, type }) => {
    const { query } = exchange.info;
    const byName = resource.name === undefined ? query.get("fieldSelector") : `metadata.name=${resource.name}`;
    const selector = buildSelector(type, query.get("labelSelector"), byName);
    serveWatch(exchange, { registry, rendering, namespace: resource.namespace, selector });
  },
  create: async (target) => {
    const object = await readObject(target);
    checkPlace(target, object);
    if (target.type.group === "rbac.authorization.k8s.io") {
      target.authorization.checkEscalation(target.exchange.user, object, target.type.plural);
    }
    const placed = target.type.namespaced
      ? { ...object, metadata: { ...object.metadata, namespace: target.key.namespace } }
      : object;
    await sendWritten(target, 201, target.registry.create(placed, options(target), target.type));
  },
  update: async (target) => {
    const object = await readObject(target);
    checkPlace(target, object);
    await sendWritten(
      target,
      200,
      write(target, () => object),
    );
  },
  patch: async (target) => {
    const contentType = mediaType(target.exchange.request);
    if (contentType === APPLY) return serveApply(target);
    if (contentType === STRATEGIC && target.type.custom) {
      throw unsupportedMediaType(contentType, ["application/json-patch+json", MERGE_PATCH, APPLY]);
    }
    const patch = await readJson(target.exchange.request);
    const change = (current: ApiObject): ApiObject =>
      patched(inVersion(current, target), patch, contentType, target.type.listKeys);
    return sendWritten(target, 200, write(target, change));
  },
  delete: async (target) => {
    const body = await readJson(target.exchange.request);
    const preconditions = at(body, "preconditions");
    const [uid, resourceVersion] = [stringOf(at(preconditions, "uid")), stringOf(at(preconditions, "resourceVersion"))];
    const { registry, type, key, exchange, rendering } = target;
    const last = registry.delete(type, key, {
      ...(uid ? { uid } : {}),
      ...(resourceVersion ? { resourceVersion } : {}),
    });
    const isLeft = registry.find(type, key)?.metadata.uid === last.metadata.uid;
    const details = {
      name: key.name,
      ...(type.group === "" ? {} : { group: type.group }),
      kind: type.plural,
      uid: last.metadata.uid,
    };
    const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
    await sendText(exchange, 200, isLeft ? renderObject(last, rendering) : JSON.stringify(status));
  },
  deletecollection: async ({ exchange, rendering, lists, registry, type, resource }) => {
    const { objects, metadata } = lists.page(type, resource.namespace, exchange.info.query);
    for (const {
      metadata: { namespace = "", name },
    } of objects)
      registry.delete(type, { namespace, name });
    await sendText(exchange, 200, renderList(objects, rendering, metadata));
  },
};

async function serveApply(target: Target): Promise<void> {
  const { query } = target.exchange.info;
  if (!query.get("fieldManager")) {
    const message = "PatchOptions.meta.k8s.io is invalid: fieldManager: Required value: is required for apply patch";
    throw new StatusError(422, "Invalid", message);
  }
  const config = await readObject(target);
  checkPlace(target, config);
  if (config.metadata.managedFields) throw badRequest("metadata.managedFields must be nil");
  const how = { ...options(target), force: isTrue(query.get("force")) };
  if (target.type.group === "rbac.authorization.k8s.io") {
    target.authorization.checkEscalation(target.exchange.user, config, target.type.plural);
  }
  const { object, created } = target.registry.apply(target.type, target.key, config, how);
  await sendWritten(target, created ? 201 : 200, object);
}

function write(target: Target, change: (current: ApiObject) => ApiObject): ApiObject {
  const { registry, type, key, exchange } = target;
  const guarded = (current: ApiObject): ApiObject => {
    const next = change(current);
    const isRole = type.group === "rbac.authorization.k8s.io";
    if (isRole) target.authorization.checkEscalation(exchange.user, next, type.plural);
    return next;
  };
  return registry.update(type, key, guarded, options(target));
}

function options({ exchange, resource, rendering }: Target): WriteOptions {
  const agent = exchange.request.headers["user-agent"]?.split("/")[0] ?? "";
  return {
    manager: exchange.info.query.get("fieldManager") ?? (agent === "" ? "unknown" : agent),
    user: exchange.user,
    apiVersion: apiVersionOf(rendering),
    ...(resource.subresource === undefined ? {} : { subresource: resource.subresource }),
  };
}

async function readObject(target: Target): Promise<ApiObject> {
  const body: Json = await readJson(target.exchange.request);
  if (!isApiObject(body)) throw badRequest("the body is no Kubernetes object: metadata is missing");
  const expected = apiVersionOf(target.rendering);
  const { kind } = target.type;
  if (body.apiVersion && body.apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${body.apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  if (body.kind && body.kind !== kind) {
    throw badRequest(
      `${body.kind} in version "${target.rendering.version}" cannot be handled as a ${kind}: no kind match`,
    );
  }
  return { ...body, apiVersion: expected, kind };
}

function checkPlace({ key, resource }: Target, { metadata }: ApiObject): void {
  if (metadata.namespace && resource.namespace !== undefined && metadata.namespace !== resource.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (key.name !== "" && metadata.name && metadata.name !== key.name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${key.name})`);
  }
}

function inVersion(object: ApiObject, { rendering }: Target): ApiObject {
  return { ...object, apiVersion: apiVersionOf(rendering) };
}

async function sendWritten({ exchange, rendering }: Target, code: number, object: ApiObject): Promise<void> {
  await sendText(exchange, code, renderObject(object, rendering));
}
