// Rows as the client asked for them: whole objects, metadata alone, or rows of a Kubernetes Table.
import { API_VERSION } from "../../shared/wire/group.ts";
import type { Form } from "./negotiation.ts";
import type { Row, Scene, View } from "./view.ts";

const META = "meta.k8s.io/v1";

/** One row as an item of a list, a row of a Table's `rows`, or an answer's only object. */
export function renderItem<R extends Row>(view: View<R>, row: R, form: Form, scene: Scene): object {
  if (form.as === "Object") return view.object(row, scene);
  const partial = { kind: "PartialObjectMetadata", apiVersion: META, metadata: view.metadata(row) };
  if (form.as === "Metadata") return partial;
  const cells = view.cells(row, scene);
  if (form.includeObject === "None") return { cells };
  return { cells, object: form.includeObject === "Object" ? view.object(row, scene) : partial };
}

/** One row as an answer or a watch event's object. A watch describes the columns in its first event only. */
export function renderSingle<R extends Row>(view: View<R>, row: R, form: Form, scene: Scene): object {
  const item = renderItem(view, row, form, scene);
  if (form.as !== "Table") return item;
  const metadata = { resourceVersion: String(row.resourceVersion) };
  return { kind: "Table", apiVersion: META, metadata, columnDefinitions: columnDefinitions(view), rows: [item] };
}

/** The same for a watch event after the first. */
export function renderEvent<R extends Row>(view: View<R>, row: R, form: Form, scene: Scene): object {
  const single = renderSingle(view, row, form, scene);
  return form.as === "Table" ? { ...single, columnDefinitions: null } : single;
}

export interface ListMetadata {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

/** A list without its items: the JSON text before and after them. */
export function listFrame<R extends Row>(view: View<R>, form: Form, metadata: ListMetadata): [string, string] {
  const frame = frameOf(view, form, metadata);
  const text = JSON.stringify(frame);
  return [`${text.slice(0, -1)},"${form.as === "Table" ? "rows" : "items"}":[`, "]}"];
}

function frameOf<R extends Row>(view: View<R>, form: Form, metadata: ListMetadata): object {
  if (form.as === "Table") {
    return { kind: "Table", apiVersion: META, metadata, columnDefinitions: columnDefinitions(view) };
  }
  if (form.as === "Metadata") return { kind: "PartialObjectMetadataList", apiVersion: META, metadata };
  return { kind: `${view.resource.kind}List`, apiVersion: API_VERSION, metadata };
}

/** A bookmark: nothing but the version up to which everything has been told. */
export function renderBookmark<R extends Row>(view: View<R>, form: Form, metadata: object): object {
  if (form.as === "Table") return { kind: "Table", apiVersion: META, metadata, columnDefinitions: null, rows: [] };
  if (form.as === "Metadata") return { kind: "PartialObjectMetadata", apiVersion: META, metadata };
  return { kind: view.resource.kind, apiVersion: API_VERSION, metadata };
}

function columnDefinitions<R extends Row>(view: View<R>): object[] {
  return view.columns.map((column) => ({
    name: column.name,
    type: column.type,
    // kubectl finds the name's column by this format.
    format: column.name === "Name" ? "name" : "",
    description: column.description,
    priority: column.wide ? 1 : 0,
  }));
}
