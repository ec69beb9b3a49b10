// Label and field selectors of lists and watches.
import { badRequest } from "./errors.ts";
import type { ApiObject } from "./json.ts";
import { at } from "./json.ts";
import type { ResourceType } from "./resources.ts";

export type Selector = (object: ApiObject) => boolean;

/** Builds one test out of both selectors; undefined when there is none. @throws StatusError 400 for what cannot be read. */
export function buildSelector(type: ResourceType, labels: string | null, fields: string | null): Selector | undefined {
  const tests = [...parseLabels(labels ?? ""), ...parseFields(type, fields ?? "")];
  return tests.length === 0 ? undefined : (object) => tests.every((test) => test(object));
}

function parseLabels(text: string): Selector[] {
  const terms = text.match(/[^,(]+(\([^)]*\))?/g) ?? [];
  return terms
    .map((term) => term.trim())
    .filter((term) => term !== "")
    .map(parseLabel);
}

function parseLabel(term: string): Selector {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
  if (set) {
    const [, key = "", operator, list = ""] = set;
    const values = new Set(list.split(",").map((value) => value.trim()));
    const isIn = (object: ApiObject): boolean => values.has(object.metadata.labels?.[key] ?? "\0");
    return operator === "in" ? isIn : (object) => !isIn(object);
  }
  const equal = /^([^!=\s]+)\s*(==|=|!=)\s*([^=!]*)$/.exec(term);
  if (equal) {
    const [, key = "", operator, value = ""] = equal;
    return (object) => (object.metadata.labels?.[key] === value.trim()) === (operator !== "!=");
  }
  if (/^![^\s=]+$/.test(term)) return (object) => object.metadata.labels?.[term.slice(1)] === undefined;
  if (/^[^\s=!]+$/.test(term)) return (object) => object.metadata.labels?.[term] !== undefined;
  throw badRequest(`unable to parse requirement: ${term}`);
}

function parseFields(type: ResourceType, text: string): Selector[] {
  const terms = text.split(",").filter((term) => term !== "");
  return terms.map((term) => {
    const [, field = "", operator, value = ""] = /^([^!=]+)(==|=|!=)(.*)$/.exec(term) ?? [];
    const known = ["metadata.name", "metadata.namespace", ...type.selectable];
    if (!known.includes(field)) throw badRequest(`field label not supported: ${field === "" ? term : field}`);
    const path = field.split(".");
    return (object) => ((at(object, ...path) ?? "") === value) === (operator !== "!=");
  });
}
