// How objects go out: in the version that was asked for, as plain objects, as metadata only, or as a Table for kubectl.
import type { ApiObject, Json, JsonObject } from "./json.ts";
import { at, isObject, listOf, stringOf } from "./json.ts";
import type { PrinterColumn, ResourceType } from "./resources.ts";

export type Form = "Object" | "Table" | "Metadata";

/** How one request wants its objects. */
export interface Rendering {
  type: ResourceType;
  version: string;
  form: Form;
  includeObject: string;
}

export function formOf(accept: string | undefined): Form {
  const wanted = (accept ?? "").split(",").find((part) => /;as=(Table|PartialObjectMetadata(List)?);/.test(`${part};`));
  const isJson = wanted !== undefined && !wanted.includes("protobuf");
  if (!isJson) return "Object";
  return wanted.includes("as=Table") ? "Table" : "Metadata";
}

const texts = new WeakMap<ApiObject, string>();

/** One object as JSON text. The text of a stored object in its own version is kept, since watches send it many times. */
export function renderObject(object: ApiObject, rendering: Rendering): string {
  if (rendering.form === "Table") return JSON.stringify(table([object], rendering, true));
  if (rendering.form === "Metadata") return JSON.stringify(partial(object));
  const apiVersion = apiVersionOf(rendering);
  if (object.apiVersion !== apiVersion) return JSON.stringify({ ...object, apiVersion });
  const known = texts.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify(object);
  texts.set(object, text);
  return text;
}

export function renderList(objects: ApiObject[], rendering: Rendering, metadata: JsonObject): string {
  if (rendering.form === "Table") return JSON.stringify({ ...table(objects, rendering, true), metadata });
  const items = objects.map((object) => renderObject(object, rendering)).join(",");
  const isMetadata = rendering.form === "Metadata";
  const kind = isMetadata ? "PartialObjectMetadataList" : `${rendering.type.kind}List`;
  const apiVersion = isMetadata ? "meta.k8s.io/v1" : apiVersionOf(rendering);
  return `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[${items}]}`;
}

/** The object of a watch event; only the first Table of a watch has column definitions. */
export function renderEvent(object: ApiObject, rendering: Rendering, isFirst: boolean): string {
  return rendering.form === "Table"
    ? JSON.stringify(table([object], rendering, isFirst))
    : renderObject(object, rendering);
}

export function apiVersionOf({ type, version }: Pick<Rendering, "type" | "version">): string {
  return type.group === "" ? version : `${type.group}/${version}`;
}

function partial(object: ApiObject): JsonObject {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: { ...object.metadata } };
}

const NAME: PrinterColumn = { name: "Name", type: "string", jsonPath: ".metadata.name", priority: 0 };
const AGE: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", priority: 0 };

function table(objects: ApiObject[], { type, includeObject }: Rendering, withColumns: boolean): JsonObject {
  const own = type.columns.length > 0 ? type.columns : [AGE];
  const columns = [NAME, ...own];
  const definitions = columns.map(({ name, type: columnType, priority }) => ({
    name,
    type: columnType,
    format: name === "Name" ? "name" : "",
    description: "",
    priority,
  }));
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: { resourceVersion: objects[0]?.metadata.resourceVersion ?? "" },
    columnDefinitions: withColumns ? definitions : null,
    rows: objects.map((object) => ({
      cells: columns.map((column) => cell(object, column)),
      ...(includeObject === "None" ? {} : { object: includeObject === "Object" ? object : partial(object) }),
    })),
  };
}

function cell(object: ApiObject, column: PrinterColumn): Json {
  const value = jsonPath(object, column.jsonPath);
  if (value === undefined || value === null) return column.type === "date" ? "<unknown>" : "";
  if (column.type === "date") return age(Date.now() - Date.parse(stringOf(value)));
  return isObject(value) || Array.isArray(value) ? JSON.stringify(value) : value;
}

/** The part of JSONPath that printer columns use: .a.b, [0], [?(@.type=="X")], ['key']. */
function jsonPath(object: ApiObject, path: string): Json | undefined {
  const steps = path.match(/\.[^.[\]]+|\[\?\(@\.\w+==["'][^"']*["']\)\]|\[[^\]]*\]/g) ?? [];
  return steps.reduce<Json | undefined>((value, step) => {
    const filter = /^\[\?\(@\.(\w+)==["']([^"']*)["']\)\]$/.exec(step);
    if (filter) return listOf(value).find((item) => at(item, filter[1] ?? "") === filter[2]);
    if (step.startsWith("[")) return listOf(value)[Number(step.slice(1, -1))];
    return at(value, step.slice(1));
  }, object);
}

/** An age as kubectl prints it. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return `${minutes}m${seconds % 60 === 0 ? "" : `${seconds % 60}s`}`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
