// Which form of an answer a client asks for: whole objects, a table for people, or metadata alone.
import { StatusError } from "./status.ts";

/** What a table row carries beside its cells. */
type IncludeObject = "None" | "Metadata" | "Object";

export type Form = { as: "Object" } | { as: "Metadata" } | { as: "Table"; includeObject: IncludeObject };

/** Bodies are JSON; one of no type is taken for it. */
export function requireJsonBody(contentType: string | undefined): void {
  if (contentType === undefined || parseMediaRange(contentType).type === "application/json") return;
  const given = contentType.slice(0, 100);
  throw new StatusError("UnsupportedMediaType", `a body of type "${given}" cannot be read; wanted is application/json`);
}

/** Picks the first form of the Accept header that this server can give; a header without one is refused. */
export function negotiate(accept: string | undefined, includeObject: string | null): Form {
  if (accept === undefined || accept.trim() === "") return { as: "Object" };
  for (const range of accept.split(",")) {
    const form = formOf(parseMediaRange(range), includeObject);
    if (form !== undefined) return form;
  }
  throw notAcceptable(accept);
}

/** For documents, which are JSON whatever else is asked for: some clients go on with an older one when they are refused. */
export function requireJson(accept: string | undefined): void {
  if (accept === undefined || accept.trim() === "") return;
  if (!accept.split(",").some((range) => isJson(parseMediaRange(range)))) throw notAcceptable(accept);
}

function isJson({ type }: MediaRange): boolean {
  return type === "application/json" || type === "application/*" || type === "*/*";
}

function notAcceptable(accept: string): StatusError {
  const asked = accept.slice(0, 200);
  return new StatusError(
    "NotAcceptable",
    `no form in the Accept header "${asked}" can be given; wanted is application/json`,
  );
}

export interface MediaRange {
  type: string;
  parameters: Map<string, string>;
}

export function parseMediaRange(range: string): MediaRange {
  const [type = "", ...rest] = range.split(";").map((part) => part.trim());
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const [name = "", value = ""] = part.split("=", 2);
    parameters.set(name.trim(), value.trim());
  }
  return { type: type.toLowerCase(), parameters };
}

function formOf(range: MediaRange, includeObject: string | null): Form | undefined {
  if (!isJson(range)) return undefined;
  const { parameters } = range;
  const as = parameters.get("as");
  if (as === undefined) return { as: "Object" };
  if (parameters.get("g") !== "meta.k8s.io" || parameters.get("v") !== "v1") return undefined;
  if (as === "Table") return { as: "Table", includeObject: parseIncludeObject(includeObject) };
  return as === "PartialObjectMetadata" || as === "PartialObjectMetadataList" ? { as: "Metadata" } : undefined;
}

function parseIncludeObject(value: string | null): IncludeObject {
  if (value === null || value === "") return "Metadata";
  if (value === "None" || value === "Metadata" || value === "Object") return value;
  throw new StatusError("BadRequest", `includeObject is "${value}"; wanted is None, Metadata or Object`);
}
