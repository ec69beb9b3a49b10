// OpenAPI v2 (swagger) of the group, for clients from before v3. kube-apiserver merges it into its own and turns all of it
// into another format: one word that v2 does not know would take the hub's whole document away, so only known ones pass.
import { DEFINITIONS_V2, gvk, pathParameters, schemaName } from "./openapi-names.ts";
import type { Operation } from "./openapi-names.ts";

/** Members of a schema that v2 knows and we use. */
const KNOWN = (
  "$ref type format description enum required pattern minimum maximum exclusiveMinimum minLength maxLength minItems " +
  "maxItems x-kubernetes-group-version-kind x-kubernetes-preserve-unknown-fields"
).split(" ");

export interface ApiContent {
  info: { title: string; version: string };
  operations: readonly Operation[];
  /** With references into v2's definitions. */
  schemas: Readonly<Record<string, object>>;
}

export function swaggerOf({ info, operations, schemas }: ApiContent): object {
  return {
    swagger: "2.0",
    info,
    paths: Object.fromEntries(operations.map((operation) => [operation.path, pathOf(operation)])),
    definitions: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, definitionOf(schema)])),
  };
}

/** A schema as v2 can say it: alternatives (anyOf) are left out, and so anything goes in their place. */
function definitionOf(schema: object): object {
  const members = Object.entries(schema).flatMap(([name, value]): [string, unknown][] => {
    if (KNOWN.includes(name)) return [[name, value]];
    if (name === "properties") return [[name, definitionsOf(value as Record<string, object>)]];
    const holdsSchema = typeof value === "object" && value !== null && !Array.isArray(value);
    if (name === "items" || name === "additionalProperties") {
      return [[name, holdsSchema ? definitionOf(value as object) : value]];
    }
    return [];
  });
  return Object.fromEntries(members);
}

function definitionsOf(properties: Record<string, object>): object {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, definitionOf(schema)]));
}

function pathOf(operation: Operation): object {
  const { path, resource, action, answer, query, description, id } = operation;
  const isPost = action === "post";
  const body = { name: "body", in: "body", required: true, schema: reference(resource.kind) };
  const method = {
    description,
    operationId: id,
    consumes: ["application/json"],
    produces: ["application/json"],
    schemes: ["https"],
    parameters: [...query.map((name) => parameter(name, "query")), ...(isPost ? [body] : [])],
    responses: { [isPost ? "201" : "200"]: { description: "OK", schema: reference(answer) } },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": gvk(resource.kind),
  };
  const parameters = pathParameters(path).map((name) => ({ ...parameter(name, "path"), required: true }));
  return { [isPost ? "post" : "get"]: method, ...(parameters.length > 0 && { parameters }) };
}

function parameter(name: string, place: "query" | "path"): object {
  return { name, in: place, type: "string", uniqueItems: true };
}

function reference(kind: string) {
  return { $ref: `${DEFINITIONS_V2}${schemaName(kind)}` };
}
