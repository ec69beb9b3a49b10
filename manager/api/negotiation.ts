// Which form of an answer a client asks for: whole objects, a table for people, or metadata alone.
import { StatusError } from "./status.ts";

/** What a table row carries beside its cells. */
type IncludeObject = "None" | "Metadata" | "Object";

export type Form = { as: "Object" } | { as: "Metadata" } | { as: "Table"; includeObject: IncludeObject };

/** Picks the first form of the Accept header that this server can give; a header without one is refused. */
export function negotiate(accept: string | undefined, includeObject: string | null): Form {
  if (accept === undefined || accept.trim() === "") return { as: "Object" };
  for (const range of accept.split(",")) {
    const form = formOf(parseMediaRange(range), includeObject);
    if (form !== undefined) return form;
  }
  throw new StatusError(
    "NotAcceptable",
    `no form in the Accept header "${accept.slice(0, 200)}" can be given; wanted is application/json`,
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

function formOf({ type, parameters }: MediaRange, includeObject: string | null): Form | undefined {
  if (type !== "application/json" && type !== "application/*" && type !== "*/*") return undefined;
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
