// Lists: pages by sorted key without a stored snapshot, whole lists streamed. What a list is made from is taken at one
// moment: rows are never changed, only replaced, so that a list stays true to its version however long it is sent.
import { Readable } from "node:stream";
import type { Fleet } from "../fleet/fleet.ts";
import { formatContinuation, parseContinuation } from "./continuation.ts";
import type { Continuation } from "./continuation.ts";
import { checkListOptions } from "./list-options.ts";
import { parseWhole, refuseFuture } from "./query.ts";
import type { Query } from "./query.ts";
import { listFrame, renderItem } from "./rendering.ts";
import type { ListMetadata } from "./rendering.ts";
import { Slice } from "./slices.ts";
import { StatusError } from "./status.ts";
import { nameOf, placesOf } from "./view.ts";
import type { Row, Scene, View } from "./view.ts";

/** Rows that are rendered without a look at the clock. */
const ROWS_PER_LOOK = 16;
/** Rows that are asked by a selector without one. */
const QUESTIONS_PER_LOOK = 256;
/** Characters that are sent together. */
const PIECE_LENGTH = 64 * 1024;
/** Rows that are rendered at once: a few milliseconds. */
const ROWS_OF_ONE_PIECE = 500;

export interface ListAnswer {
  /** Text of the Warning header, when the list lacks clusters. */
  warning: string | undefined;
  body: string | Readable;
}

export async function list<R extends Row>(
  view: View<R>,
  fleet: Fleet,
  query: Query<R>,
  scene: Scene,
): Promise<ListAnswer> {
  checkListOptions(query);
  const from = parseContinuation(query.parameters.get("continue"), fleet);
  const version = from?.resourceVersion ?? versionOf(view, fleet, query);
  const limit = parseWhole(query.parameters, "limit") || Infinity;
  const warning = warningOf(fleet, query.namespace);
  const render = (row: R) => JSON.stringify(renderItem(view, row, query.form, scene));
  const taken = take(view, fleet, { query, from, limit });
  const count = taken.places.reduce((sum, rows) => sum + rows.length, 0);
  if (limit === Infinity && count > ROWS_OF_ONE_PIECE) {
    const frame = listFrame(view, query.form, { resourceVersion: String(version) });
    return { warning, body: Readable.from(stream(frame, taken.places, { query, render })) };
  }
  const page = await collect(taken, query, limit);
  const frame = listFrame(view, query.form, metadataOf(page, query, version));
  if (page.rows.length <= ROWS_OF_ONE_PIECE) {
    return { warning, body: `${frame[0]}${page.rows.map(render).join(",")}${frame[1]}` };
  }
  return { warning, body: Readable.from(stream(frame, [page.rows], { render })) };
}

/** What a list is made from: the rows of its places by name, and how many rows there are in places not looked at. */
interface Taken<R> {
  places: (readonly R[])[];
  beyond: number;
}

interface Range<R extends Row> {
  query: Query<R>;
  from: Continuation | undefined;
  limit: number;
}

/** Takes the rows at one moment. A page of everything needs but as many as it shows. */
function take<R extends Row>(view: View<R>, fleet: Fleet, { query, from, limit }: Range<R>): Taken<R> {
  const taken: Taken<R> = { places: [], beyond: 0 };
  let room = query.selective ? Infinity : limit;
  for (const namespace of query.namespace === undefined ? placesOf(view, fleet) : expected(fleet, query.namespace)) {
    if (from !== undefined && namespace < from.namespace) continue;
    if (room <= 0) {
      taken.beyond += view.count(fleet, namespace);
      continue;
    }
    const all = view.rows(fleet, namespace);
    const rows = from?.namespace === namespace ? all.slice(firstAfter(all, from.name)) : all;
    taken.places.push(rows);
    room -= rows.length;
  }
  return taken;
}

function expected(fleet: Fleet, namespace: string): string[] {
  return fleet.expects(namespace) ? [namespace] : [];
}

/** The first of sorted rows whose name comes after this one. */
function firstAfter<R extends Row>(rows: readonly R[], name: string): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle];
    if (row !== undefined && nameOf(row) <= name) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Page<R> {
  rows: R[];
  /** Rows after the page, selectors not regarded. */
  remaining: number;
}

async function collect<R extends Row>({ places, beyond }: Taken<R>, query: Query<R>, limit: number): Promise<Page<R>> {
  const page: Page<R> = { rows: [], remaining: beyond };
  const slice = new Slice();
  let looks = 0;
  for (const rows of places) {
    let at = 0;
    for (; at < rows.length && page.rows.length < limit; at += 1) {
      const row = rows[at];
      if (row !== undefined && query.matches(row)) page.rows.push(row);
      looks += 1;
      if (looks % QUESTIONS_PER_LOOK === 0 && slice.isOver) await slice.next();
    }
    page.remaining += rows.length - at;
  }
  return page;
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

/** The version of a list without a token: always the newest, but where a client wants an old one and nothing has changed. */
function versionOf<R extends Row>(view: View<R>, fleet: Fleet, query: Query<R>): number {
  const { resourceVersion: wanted, resourceVersionMatch, namespace } = query;
  const newest = fleet.resourceVersion;
  refuseFuture(wanted, newest);
  if (resourceVersionMatch !== "Exact" || wanted === undefined) return newest;
  const changes = fleet.changesSince(wanted);
  const isListed = (row: R | undefined) => row !== undefined && (namespace === undefined || namespace === row.cluster);
  if (changes === "Expired" || changes.some((change) => isListed(view.change(change)?.row))) {
    throw new StatusError("Expired", `the state at resource version ${wanted} is not kept; newest: ${newest}`);
  }
  return wanted;
}

/** "812 of 1000 clusters have reported": a list that lacks clusters says so. */
function warningOf(fleet: Fleet, namespace: string | undefined): string | undefined {
  const { Fresh: fresh, Stale: stale, Missing: missing } = statesOf(fleet, namespace);
  if (missing + stale === 0) return undefined;
  const reported = `${fresh + stale} of ${fresh + stale + missing} clusters have reported`;
  return stale === 0 ? reported : `${reported}, ${stale} of them no longer: their workloads are Unknown`;
}

function statesOf(fleet: Fleet, namespace: string | undefined): Fleet["stateCounts"] {
  if (namespace === undefined) return fleet.stateCounts;
  const state = fleet.cluster(namespace)?.state;
  return { Fresh: 0, Stale: 0, Missing: 0, ...(state && { [state]: 1 }) };
}

interface Rendering<R extends Row> {
  /** Absent where all rows are wanted. */
  query?: Query<R>;
  render: (row: R) => string;
}

async function* stream<R extends Row>(
  [head, tail]: [string, string],
  places: readonly (readonly R[])[],
  { query, render }: Rendering<R>,
): AsyncGenerator<string> {
  yield head;
  const slice = new Slice();
  let text = "";
  let separator = "";
  let looks = 0;
  for (const rows of places) {
    for (const row of rows) {
      if (query === undefined || query.matches(row)) {
        text += separator + render(row);
        separator = ",";
      }
      looks += 1;
      if (looks % ROWS_PER_LOOK !== 0) continue;
      if (text.length >= PIECE_LENGTH) {
        yield text;
        text = "";
      }
      if (slice.isOver) await slice.next();
    }
  }
  yield text + tail;
}
