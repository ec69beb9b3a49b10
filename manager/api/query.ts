// The query of a list or watch request, read and checked once.
import { StatusError } from "./status.ts";
import { negotiate } from "./negotiation.ts";
import type { Form } from "./negotiation.ts";
import { parseFieldSelector, parseLabelSelector } from "./selectors.ts";
import type { Row, View } from "./view.ts";

export interface Query<R extends Row> {
  form: Form;
  /** The namespace asked for; undefined: all. */
  namespace: string | undefined;
  /** True for rows that both selectors match. */
  matches(row: R): boolean;
  /** False when every row matches. */
  selective: boolean;
  resourceVersion: number | undefined;
  resourceVersionMatch: string | undefined;
  parameters: URLSearchParams;
}

export interface RequestParts {
  url: string;
  accept: string | undefined;
  namespace: string | undefined;
}

export function parseQuery<R extends Row>(view: View<R>, { url, accept, namespace }: RequestParts): Query<R> {
  const parameters = parametersOf(url);
  const labelText = parameters.get("labelSelector")?.trim() ?? "";
  const fieldText = parameters.get("fieldSelector")?.trim() ?? "";
  const matchesLabels = parseLabelSelector(labelText);
  const matchesFields = parseFieldSelector(fieldText, view.fieldNames);
  return {
    form: negotiate(accept, parameters.get("includeObject")),
    namespace,
    // A million rows may be asked: what no selector names is not made.
    matches: (row) =>
      (fieldText === "" || matchesFields(view.fields(row))) && (labelText === "" || matchesLabels(view.labels(row))),
    selective: labelText !== "" || fieldText !== "",
    resourceVersion: parseWhole(parameters, "resourceVersion"),
    resourceVersionMatch: parameters.get("resourceVersionMatch") || undefined,
    parameters,
  };
}

export function parametersOf(url: string): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start === -1 ? "" : url.slice(start + 1));
}

/** A whole number, 0 or more; undefined when the parameter is not given or empty. */
export function parseWhole(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === null || text === "") return undefined;
  if (/^\d{1,15}$|^\d{16}$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new StatusError("BadRequest", `${name} is "${text.slice(0, 50)}"; wanted is a whole number, 0 or more`);
}

/**
 * Whether a parameter is there and not "false" or "0": Kubernetes takes everything else for true, nothing included. To
 * read it otherwise would let a request pass RBAC as a watch and be answered as a list.
 */
export function isTrue(parameters: URLSearchParams, name: string): boolean {
  const value = parameters.get(name);
  return value !== null && value !== "0" && value.toLowerCase() !== "false";
}

/** A version that this manager has not reached comes from a manager whose clock was ahead: the client shall wait. */
export function refuseFuture(resourceVersion: number | undefined, newest: number): void {
  if (resourceVersion === undefined || resourceVersion <= newest) return;
  const message = `Too large resource version: ${resourceVersion}, current: ${newest}`;
  throw new StatusError("Timeout", message, {
    details: { causes: [{ reason: "ResourceVersionTooLarge", message }], retryAfterSeconds: 1 },
  });
}

/** Whether a request asks for a watch. */
export function isWatch({ method, url }: { method: string; url: string }): boolean {
  return method === "GET" && isTrue(parametersOf(url), "watch");
}
