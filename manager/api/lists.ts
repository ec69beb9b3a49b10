// Lists: pages by sorted key without a stored snapshot, whole lists streamed so that the event loop stays free.
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { Fleet } from "../fleet/fleet.ts";
import { compareText } from "../fleet/queries.ts";
import { parseWhole, refuseFuture } from "./query.ts";
import type { Query } from "./query.ts";
import { listFrame, renderItem } from "./rendering.ts";
import type { ListMetadata } from "./rendering.ts";
import { StatusError } from "./status.ts";
import { nameOf, placesOf } from "./view.ts";
import type { Row, Scene, View } from "./view.ts";

/** Items rendered between two turns of the event loop: a few milliseconds. */
const ITEMS_PER_TURN = 500;

/** Where a page ended. The version is the first page's: a watch from it misses nothing that later pages showed. */
interface Continuation {
  namespace: string;
  name: string;
  resourceVersion: number;
}

export interface ListAnswer {
  /** Text of the Warning header, when the list lacks clusters. */
  warning: string | undefined;
  body: string | Readable;
}

export function list<R extends Row>(view: View<R>, fleet: Fleet, query: Query<R>, scene: Scene): ListAnswer {
  const from = parseContinuation(query.parameters.get("continue"));
  if (from === undefined) checkVersion(query, fleet.resourceVersion);
  const limit = parseWhole(query.parameters, "limit") || Infinity;
  const page = collect(view, fleet, { query, from, limit });
  const metadata = metadataOf(page, query, from?.resourceVersion ?? fleet.resourceVersion);
  const frame = listFrame(view, query.form, metadata);
  const render = (row: R) => JSON.stringify(renderItem(view, row, query.form, scene));
  const warning = warningOf(fleet, query.namespace);
  if (page.rows.length > ITEMS_PER_TURN) return { warning, body: Readable.from(stream(frame, page.rows, render)) };
  return { warning, body: `${frame[0]}${page.rows.map(render).join(",")}${frame[1]}` };
}

interface Page<R> {
  rows: R[];
  /** Rows after the page, selectors not regarded. */
  remaining: number;
}

interface Range<R extends Row> {
  query: Query<R>;
  from: Continuation | undefined;
  limit: number;
}

/** Rows are never changed, only replaced, so that what is collected here stays as it is while it is sent. */
function collect<R extends Row>(view: View<R>, fleet: Fleet, { query, from, limit }: Range<R>): Page<R> {
  const page: Page<R> = { rows: [], remaining: 0 };
  for (const namespace of query.namespace === undefined ? placesOf(view, fleet) : expected(fleet, query.namespace)) {
    if (from !== undefined && namespace < from.namespace) continue;
    if (page.rows.length >= limit) {
      page.remaining += view.count(fleet, namespace);
      continue;
    }
    const after = namespace === from?.namespace ? from.name : "";
    const rows = view.rows(fleet, namespace).filter((row) => nameOf(row) > after && query.matches(row));
    rows.sort((a, b) => compareText(nameOf(a), nameOf(b)));
    const room = limit - page.rows.length;
    for (const row of rows.slice(0, room)) page.rows.push(row);
    page.remaining += Math.max(0, rows.length - room);
  }
  return page;
}

function expected(fleet: Fleet, namespace: string): string[] {
  return fleet.expects(namespace) ? [namespace] : [];
}

function metadataOf<R extends Row>(page: Page<R>, query: Query<R>, resourceVersion: number): ListMetadata {
  const last = page.rows.at(-1);
  const metadata: ListMetadata = { resourceVersion: String(resourceVersion) };
  if (last === undefined || page.remaining === 0) return metadata;
  metadata.continue = formatContinuation({ namespace: last.cluster, name: nameOf(last), resourceVersion });
  // As in Kubernetes: with selectors the number is not known without looking at everything.
  if (!query.selective) metadata.remainingItemCount = page.remaining;
  return metadata;
}

function formatContinuation(continuation: Continuation): string {
  const { namespace, name, resourceVersion } = continuation;
  return Buffer.from(`${resourceVersion}/${namespace}/${name}`).toString("base64url");
}

function parseContinuation(token: string | null): Continuation | undefined {
  if (token === null || token === "") return undefined;
  const text = Buffer.from(token, "base64url").toString();
  const [, version, namespace, name] = /^(\d{1,16})\/([^/]*)\/([^/]+)$/.exec(text) ?? [];
  if (version === undefined || namespace === undefined || name === undefined) {
    throw new StatusError("BadRequest", "continue is not a token that this server gave; list again from the start");
  }
  return { namespace, name, resourceVersion: Number(version) };
}

function checkVersion<R extends Row>(query: Query<R>, newest: number): void {
  refuseFuture(query.resourceVersion, newest);
  if (query.resourceVersionMatch === "Exact" && query.resourceVersion !== newest) {
    throw new StatusError(
      "Expired",
      `the state at resource version ${query.resourceVersion} is not kept; newest: ${newest}`,
    );
  }
}

/** "812 of 1000 clusters have reported": a list that lacks clusters says so. */
function warningOf(fleet: Fleet, namespace: string | undefined): string | undefined {
  const clusters = fleet.clusters().filter((row) => namespace === undefined || row.cluster === namespace);
  const missing = clusters.filter((row) => row.state === "Missing").length;
  const stale = clusters.filter((row) => row.state === "Stale").length;
  if (missing + stale === 0) return undefined;
  const reported = `${clusters.length - missing} of ${clusters.length} clusters have reported`;
  return stale === 0 ? reported : `${reported}, ${stale} of them no longer: their workloads are Unknown`;
}

async function* stream<R>(frame: [string, string], rows: R[], render: (row: R) => string): AsyncGenerator<string> {
  yield frame[0];
  for (let start = 0; start < rows.length; start += ITEMS_PER_TURN) {
    const chunk = rows.slice(start, start + ITEMS_PER_TURN).map(render);
    yield `${start === 0 ? "" : ","}${chunk.join(",")}`;
    await setImmediate();
  }
  yield frame[1];
}
