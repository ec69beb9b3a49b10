import { describe, expect, test } from "vitest";
import { buildOpenApi } from "./openapi.ts";

const ROOT = "/apis/kruise-health.open-cluster-management.io/v1alpha1";
const KINDS = [
  "KruiseWorkload",
  "KruiseCluster",
  "KruiseFleetWorkload",
  "KruiseHealthReport",
  "KruiseWorkloadList",
  "KruiseClusterList",
  "KruiseFleetWorkloadList",
];
/** What version 2 of OpenAPI lets a schema have: kube-apiserver drops the hub's whole document for another word. */
const V2_WORDS = new Set(
  (
    "$ref additionalProperties allOf default description discriminator enum example exclusiveMaximum exclusiveMinimum " +
    "externalDocs format items maxItems maxLength maxProperties maximum minItems minLength minProperties minimum " +
    "multipleOf pattern properties readOnly required title type uniqueItems xml"
  ).split(" "),
);

interface Schema {
  $ref?: string;
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  "x-kubernetes-group-version-kind"?: { kind: string }[];
}

const openApi = buildOpenApi("0.1.0");
const read = (document: { body: Buffer }) => JSON.parse(document.body.toString());
const v2 = read(openApi.swagger);
const v3 = read(openApi.group);

/** Every schema in a schema, by its path. */
function* within(path: string, schema: Schema): Generator<[string, Schema]> {
  yield [path, schema];
  for (const [name, property] of Object.entries(schema.properties ?? {})) yield* within(`${path}.${name}`, property);
  if (schema.items !== undefined) yield* within(`${path}[]`, schema.items);
  if (typeof schema.additionalProperties === "object") yield* within(`${path}.*`, schema.additionalProperties);
}

const all = (schemas: Record<string, Schema>) =>
  Object.entries(schemas).flatMap(([name, schema]) => [...within(name.split(".").at(-1) ?? name, schema)]);

describe.each([
  ["v2", v2.definitions as Record<string, Schema>, "#/definitions/", v2.paths],
  ["v3", v3.components.schemas as Record<string, Schema>, "#/components/schemas/", v3.paths],
])("OpenAPI %s", (_version, schemas, place, paths) => {
  test("names the kind of every schema", () => {
    const kinds = Object.values(schemas).map((schema) => schema["x-kubernetes-group-version-kind"]?.[0]?.kind);
    expect(kinds).toEqual(KINDS);
  });

  test("has the paths of every resource and method", () => {
    const methods = Object.entries<Record<string, { operationId?: string }>>(paths).flatMap(([path, items]) =>
      ["get", "post"].flatMap((method) =>
        items[method] ? [`${method} ${path.replace(ROOT, "")} ${items[method].operationId ?? ""}`] : [],
      ),
    );
    expect(methods).toEqual([
      "get /kruiseworkloads listKruiseHealthV1alpha1KruiseWorkloadForAllNamespaces",
      "get /namespaces/{namespace}/kruiseworkloads listKruiseHealthV1alpha1NamespacedKruiseWorkload",
      "get /namespaces/{namespace}/kruiseworkloads/{name} readKruiseHealthV1alpha1NamespacedKruiseWorkload",
      "get /kruiseclusters listKruiseHealthV1alpha1KruiseClusterForAllNamespaces",
      "get /namespaces/{namespace}/kruiseclusters listKruiseHealthV1alpha1NamespacedKruiseCluster",
      "get /namespaces/{namespace}/kruiseclusters/{name} readKruiseHealthV1alpha1NamespacedKruiseCluster",
      "get /kruisefleetworkloads listKruiseHealthV1alpha1KruiseFleetWorkload",
      "get /kruisefleetworkloads/{name} readKruiseHealthV1alpha1KruiseFleetWorkload",
      "post /namespaces/{namespace}/kruisehealthreports createKruiseHealthV1alpha1NamespacedKruiseHealthReport",
    ]);
  });

  test("leads every reference to a schema", () => {
    const references = JSON.stringify([schemas, paths]).matchAll(/"\$ref":"([^"]+)"/g);
    const targets = new Set(Array.from(references, ([, target = ""]) => target));
    expect(targets.size).toBeGreaterThan(KINDS.length - 2);
    for (const target of targets) expect(Object.keys(schemas)).toContain(target.replace(place, ""));
  });

  test("describes every field that people read", () => {
    const silent = all(schemas).filter(([path, { description, $ref }]) => {
      return /\.\w+$/.test(path) && description === undefined && $ref === undefined;
    });
    expect(silent.map(([path]) => path).filter((path) => !path.startsWith("KruiseHealthReport"))).toEqual([]);
  });
});

test("OpenAPI v2 has no word that v2 does not know", () => {
  const words = new Set(all(v2.definitions).flatMap(([, schema]) => Object.keys(schema)));
  expect([...words].filter((word) => !V2_WORDS.has(word) && !word.startsWith("x-"))).toEqual([]);
});

test("the index of OpenAPI v3 leads to the document by its hash", () => {
  const { serverRelativeURL } = read(openApi.index).paths[ROOT.slice(1)];
  expect(serverRelativeURL).toBe(`/openapi/v3${ROOT}?hash=${openApi.group.etag.replaceAll('"', "")}`);
});
