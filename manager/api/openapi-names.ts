// What both versions of OpenAPI say alike: operations, and names of schemas.
import { GROUP, VERSION } from "../../shared/wire/group.ts";
import type { ApiResource } from "./resources.ts";

/** One method of one path, whatever the version of OpenAPI. */
export interface Operation {
  path: string;
  resource: ApiResource;
  action: "list" | "get" | "post";
  description: string;
  id: string;
  /** Kind that answers. */
  answer: string;
  query: readonly string[];
}

export const SCHEMAS_V3 = "#/components/schemas/";
export const DEFINITIONS_V2 = "#/definitions/";

export function schemaName(kind: string): string {
  return `io.open-cluster-management.kruise-health.${VERSION}.${kind}`;
}

export function gvk(kind: string) {
  return { group: GROUP, version: VERSION, kind };
}

/** Path parameters by their names in the path. */
export function pathParameters(path: string): string[] {
  return Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => name);
}
