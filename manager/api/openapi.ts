// OpenAPI v3 of the group: `kubectl explain` and validation read it. v2 is answered 404, which nothing misses.
import * as z from "zod";
import { API_VERSION, GROUP, VERSION } from "../../shared/wire/group.ts";
import { Report } from "../../shared/wire/report.ts";
import { documentOf } from "./discovery.ts";
import type { Document } from "./discovery.ts";
import { CLUSTERS, FLEET_WORKLOADS, REPORTS, WORKLOADS } from "./resources.ts";
import type { ApiResource } from "./resources.ts";
import { KruiseFleetWorkload } from "./fleet-schemas.ts";
import { KruiseCluster, KruiseWorkload } from "./schemas.ts";

export interface OpenApi {
  /** `/openapi/v3` */
  index: Document;
  /** `/openapi/v3/apis/GROUP/VERSION` */
  group: Document;
}

const ROOT = `/apis/${API_VERSION}`;
const QUERY = {
  list: ["continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "timeoutSeconds", "watch"],
  get: [],
  // kubectl lets the server validate when it finds this parameter.
  post: ["dryRun", "fieldManager", "fieldValidation"],
};

export function buildOpenApi(version: string): OpenApi {
  const readable = [WORKLOADS, CLUSTERS, FLEET_WORKLOADS];
  const group = documentOf({
    openapi: "3.0.0",
    info: { title: "kruise-health feedback API", version },
    paths: Object.fromEntries([...readable.flatMap(readPaths), ...reportPaths()]),
    components: {
      schemas: {
        [schemaName(WORKLOADS)]: schemaOf(WORKLOADS, KruiseWorkload),
        [schemaName(CLUSTERS)]: schemaOf(CLUSTERS, KruiseCluster),
        [schemaName(FLEET_WORKLOADS)]: schemaOf(FLEET_WORKLOADS, KruiseFleetWorkload),
        [schemaName(REPORTS)]: schemaOf(REPORTS, Report),
        ...Object.fromEntries(readable.map((resource) => [`${schemaName(resource)}List`, listSchema(resource)])),
      },
    },
  });
  const serverRelativeURL = `/openapi/v3${ROOT}?hash=${group.etag.replaceAll('"', "")}`;
  return { group, index: documentOf({ paths: { [ROOT.slice(1)]: { serverRelativeURL } } }) };
}

function schemaName({ kind }: ApiResource): string {
  return `io.open-cluster-management.kruise-health.${VERSION}.${kind}`;
}

function gvk(kind: string) {
  return { group: GROUP, version: VERSION, kind };
}

function schemaOf(resource: ApiResource, schema: z.ZodType): object {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { target: "openapi-3.0", io: "input" });
  return { ...json, "x-kubernetes-group-version-kind": [gvk(resource.kind)] };
}

function listSchema(resource: ApiResource): object {
  return {
    description: `A list of ${resource.kind}`,
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: {
        type: "object",
        properties: {
          resourceVersion: { type: "string" },
          continue: { type: "string" },
          remainingItemCount: { type: "integer", format: "int64" },
        },
      },
      items: { type: "array", items: reference(resource.kind) },
    },
    "x-kubernetes-group-version-kind": [gvk(`${resource.kind}List`)],
  };
}

function reference(kind: string) {
  return { $ref: `#/components/schemas/io.open-cluster-management.kruise-health.${VERSION}.${kind}` };
}

function readPaths(resource: ApiResource): [string, object][] {
  const { plural, kind } = resource;
  const list = operation(resource, { action: "list", answer: `${kind}List`, query: QUERY.list });
  const get = operation(resource, { action: "get", answer: kind, query: QUERY.get });
  if (!resource.namespaced) {
    const one = { get, parameters: [pathParameter("name")] };
    return [
      [`${ROOT}/${plural}`, { get: list }],
      [`${ROOT}/${plural}/{name}`, one],
    ];
  }
  return [
    [`${ROOT}/${plural}`, { get: list }],
    [`${ROOT}/namespaces/{namespace}/${plural}`, { get: list, parameters: [pathParameter("namespace")] }],
    [
      `${ROOT}/namespaces/{namespace}/${plural}/{name}`,
      { get, parameters: [pathParameter("namespace"), pathParameter("name")] },
    ],
  ];
}

function reportPaths(): [string, object][] {
  const post = operation(REPORTS, { action: "post", answer: REPORTS.kind, query: QUERY.post });
  const requestBody = { required: true, content: { "application/json": { schema: reference(REPORTS.kind) } } };
  const parameters = [pathParameter("namespace")];
  return [[`${ROOT}/namespaces/{namespace}/${REPORTS.plural}`, { post: { ...post, requestBody }, parameters }]];
}

function operation(resource: ApiResource, { action, answer, query }: Operation): object {
  const code = action === "post" ? "201" : "200";
  return {
    parameters: query.map((name) => ({ name, in: "query", schema: { type: "string", uniqueItems: true } })),
    responses: { [code]: { description: "OK", content: { "application/json": { schema: reference(answer) } } } },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": gvk(resource.kind),
  };
}

interface Operation {
  action: "list" | "get" | "post";
  answer: string;
  query: string[];
}

function pathParameter(name: string): object {
  return { name, in: "path", required: true, schema: { type: "string", uniqueItems: true } };
}
