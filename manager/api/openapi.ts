// OpenAPI of the group, in both versions: `kubectl explain`, validation and generators of clients read it. What is said of
// paths and schemas is made once, here; openapi-v2.ts writes it in the older form.
import * as z from "zod";
import { API_VERSION } from "../../shared/wire/group.ts";
import { Report } from "../../shared/wire/report.ts";
import { KruiseCluster } from "./cluster-schemas.ts";
import { documentOf } from "./discovery.ts";
import type { Document } from "./discovery.ts";
import { KruiseFleetWorkload } from "./fleet-schemas.ts";
import { DEFINITIONS_V2, gvk, pathParameters, schemaName, SCHEMAS_V3 } from "./openapi-names.ts";
import type { Operation } from "./openapi-names.ts";
import { swaggerOf } from "./openapi-v2.ts";
import { CLUSTERS, FLEET_WORKLOADS, REPORTS, WORKLOADS } from "./resources.ts";
import type { ApiResource } from "./resources.ts";
import { apiVersion, KruiseWorkload } from "./schemas.ts";

export interface OpenApi {
  /** `/openapi/v2`: kube-apiserver merges it into the hub's. */
  swagger: Document;
  /** `/openapi/v3` */
  index: Document;
  /** `/openapi/v3/apis/GROUP/VERSION` */
  group: Document;
}

const ROOT = `/apis/${API_VERSION}`;
const QUERY = {
  list: (
    "allowWatchBookmarks continue fieldSelector labelSelector limit resourceVersion resourceVersionMatch " +
    "sendInitialEvents timeoutSeconds watch"
  ).split(" "),
  get: [],
  // kubectl lets the server validate when it finds this parameter.
  post: ["dryRun", "fieldManager", "fieldValidation"],
};
const READABLE: readonly [ApiResource, z.ZodType][] = [
  [WORKLOADS, KruiseWorkload],
  [CLUSTERS, KruiseCluster],
  [FLEET_WORKLOADS, KruiseFleetWorkload],
];

export function buildOpenApi(version: string): OpenApi {
  const info = { title: "kruise-health feedback API", version };
  const operations = [...READABLE.flatMap(([resource]) => readOperations(resource)), reportOperation()];
  const schemas = schemasBy(SCHEMAS_V3);
  const paths = Object.fromEntries(operations.map((operation) => [operation.path, pathOf(operation)]));
  const group = documentOf({ openapi: "3.0.0", info, paths, components: { schemas } });
  const serverRelativeURL = `/openapi/v3${ROOT}?hash=${group.etag.replaceAll('"', "")}`;
  const index = documentOf({ paths: { [ROOT.slice(1)]: { serverRelativeURL } } });
  const swagger = documentOf(swaggerOf({ info, operations, schemas: schemasBy(DEFINITIONS_V2) }));
  return { group, index, swagger };
}

/** Every schema by its name; `place` is where references lead. */
function schemasBy(place: string): Record<string, object> {
  const objects = [...READABLE, [REPORTS, Report] as const].map(([{ kind }, schema]) => [
    schemaName(kind),
    schemaOf(kind, schema),
  ]);
  const lists = READABLE.map(([{ kind }]) => [schemaName(`${kind}List`), schemaOf(`${kind}List`, listOf(kind, place))]);
  return Object.fromEntries([...objects, ...lists]);
}

function schemaOf(kind: string, schema: z.ZodType): object {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    target: "openapi-3.0",
    io: "input",
    // kubectl explains an object either by its fields or by what else it may hold: the fields say more.
    override: ({ jsonSchema }) => {
      if (jsonSchema.properties !== undefined && typeof jsonSchema.additionalProperties === "object") {
        delete jsonSchema.additionalProperties;
        Object.assign(jsonSchema, { "x-kubernetes-preserve-unknown-fields": true });
      }
    },
  });
  return { ...json, "x-kubernetes-group-version-kind": [gvk(kind)] };
}

const ListMetadata = z.object({
  resourceVersion: z.string().describe("Version of the list: a watch from it tells what happens next"),
  continue: z.string().optional().describe("Token for the next page; absent on the last"),
  remainingItemCount: z.int().optional().describe("How many there are after this page, where no selector was given"),
});

function listOf(kind: string, place: string): z.ZodType {
  const item = z.unknown().meta({ $ref: `${place}${schemaName(kind)}` });
  return z
    .object({
      apiVersion,
      kind: z.literal(`${kind}List`).describe("Kind of this list"),
      metadata: ListMetadata.describe("Standard metadata of a list"),
      items: z.array(item).describe("The objects, by namespace and name"),
    })
    .describe(`A list of ${kind}`);
}

function readOperations(resource: ApiResource): Operation[] {
  const { plural, kind, namespaced } = resource;
  const list = { resource, action: "list", answer: `${kind}List`, query: QUERY.list } as const;
  const get = { resource, action: "get", answer: kind, query: QUERY.get } as const;
  const scope = namespaced ? `${ROOT}/namespaces/{namespace}/${plural}` : `${ROOT}/${plural}`;
  const named = namespaced ? `Namespaced${kind}` : kind;
  const description = `list or watch objects of kind ${kind}`;
  return [
    ...(namespaced
      ? [{ ...list, path: `${ROOT}/${plural}`, description, id: idOf("list", `${kind}ForAllNamespaces`) }]
      : []),
    { ...list, path: scope, description, id: idOf("list", named) },
    { ...get, path: `${scope}/{name}`, description: `read the ${kind} of this name`, id: idOf("read", named) },
  ];
}

function reportOperation(): Operation {
  const { plural, kind } = REPORTS;
  return {
    path: `${ROOT}/namespaces/{namespace}/${plural}`,
    resource: REPORTS,
    action: "post",
    answer: kind,
    query: QUERY.post,
    description: "report what a cluster's agent sees; for agents only",
    id: idOf("create", `Namespaced${kind}`),
  };
}

/** Unique over all that a hub serves. */
function idOf(verb: string, what: string): string {
  return `${verb}KruiseHealthV1alpha1${what}`;
}

function reference(kind: string) {
  return { $ref: `${SCHEMAS_V3}${schemaName(kind)}` };
}

function pathOf(operation: Operation): object {
  const { path, resource, action, answer, query, description, id } = operation;
  const content = { "application/json": { schema: reference(answer) } };
  const body = { required: true, content: { "application/json": { schema: reference(resource.kind) } } };
  const method = {
    description,
    operationId: id,
    parameters: query.map((name) => ({ name, in: "query", schema: { type: "string", uniqueItems: true } })),
    ...(action === "post" && { requestBody: body }),
    responses: { [action === "post" ? "201" : "200"]: { description: "OK", content } },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": gvk(resource.kind),
  };
  const schema = { type: "string", uniqueItems: true };
  const parameters = pathParameters(path).map((name) => ({ name, in: "path", required: true, schema }));
  return { [action === "post" ? "post" : "get"]: method, ...(parameters.length > 0 && { parameters }) };
}
