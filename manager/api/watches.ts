// Watches: changes of the fleet as lines of JSON. A watch holds a position in the fleet's change log and no buffer of
// its own; a client that reads too slowly falls out of the log and is cut off, and continues by a new list.
import type { ServerResponse } from "node:http";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { RowChange } from "../fleet/types.ts";
import { atVersion } from "../fleet/workload-row.ts";
import { isTrue, parseWhole, refuseFuture } from "./query.ts";
import type { Query } from "./query.ts";
import { renderBookmark, renderEvent, renderSingle } from "./rendering.ts";
import { StatusError } from "./status.ts";
import { placesOf, sceneOf } from "./view.ts";
import type { Row, Scene, View } from "./view.ts";
import { WatchStream } from "./watch-stream.ts";

/** Without a timeout of the client's choice a watch ends after this time to twice this time, as in kube-apiserver. */
const TIMEOUT_MIN_SECONDS = 30 * 60;
const BOOKMARK_MS = 60_000;

export interface WatchDeps {
  fleet: () => Fleet;
  clock: Clock;
  random: () => number;
}

/** What the client wants told before the changes. */
interface Start {
  /** Version to tell changes after. */
  position: number;
  initialState: boolean;
  initialBookmark: boolean;
}

export class Watches {
  readonly #deps: WatchDeps;
  readonly #open = new Set<WatchStream>();

  constructor(deps: WatchDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Ends every watch cleanly: clients see the end of a stream, not an error. */
  endAll(): void {
    for (const stream of this.#open) stream.end();
  }

  /** Checks the request at once. What comes back answers it on the raw response, until either side ends. */
  prepare<R extends Row>(view: View<R>, query: Query<R>): (raw: ServerResponse) => Promise<void> {
    const { random } = this.#deps;
    const fleet = this.#deps.fleet();
    const start = startOf(query, fleet.resourceVersion);
    const seconds = parseWhole(query.parameters, "timeoutSeconds") || TIMEOUT_MIN_SECONDS * (1 + random());
    return (raw) => this.#run(view, { fleet, query, start, stream: new WatchStream(raw, seconds * 1000, BOOKMARK_MS) });
  }

  async #run<R extends Row>(view: View<R>, session: Session<R>): Promise<void> {
    const { fleet, stream } = session;
    this.#open.add(stream);
    const unsubscribe = fleet.subscribe(() => stream.wake());
    try {
      const lines = this.#lines(view, session);
      for await (const line of lines) if (!(await stream.write(line))) break;
    } finally {
      unsubscribe();
      stream.end();
      this.#open.delete(stream);
    }
  }

  async *#lines<R extends Row>(view: View<R>, session: Session<R>): AsyncGenerator<string> {
    const { fleet, query, start } = session;
    const events = new Events(view, query, sceneOf(fleet, this.#deps.clock));
    if (start.initialState) yield* events.initial(fleet);
    if (start.initialBookmark) yield events.bookmark(start.position, true);
    yield* this.#changes(events, session);
  }

  async *#changes<R extends Row>(events: Events<R>, session: Session<R>): AsyncGenerator<string> {
    const { fleet, query, start, stream } = session;
    const bookmarks = isTrue(query.parameters, "allowWatchBookmarks");
    let position = start.position;
    // A watch of a fleet that is no longer served would be silent for ever.
    while (!stream.ended && fleet === this.#deps.fleet()) {
      const changes = fleet.changesSince(position);
      if (changes === "Expired") {
        // Before the first change it is the client's version that is too old; later the client is too slow.
        if (position === start.position) yield expiredLine(position, fleet.resourceVersion);
        return;
      }
      for (const change of changes) yield* events.of(change);
      position = changes.at(-1)?.row.resourceVersion ?? position;
      if (changes.length > 0) continue;
      if ((await stream.idle()) === "BookmarkDue" && bookmarks) yield events.bookmark(position, false);
    }
  }
}

interface Session<R extends Row> {
  fleet: Fleet;
  query: Query<R>;
  start: Start;
  stream: WatchStream;
}

function startOf<R extends Row>(query: Query<R>, newest: number): Start {
  const { resourceVersion, parameters } = query;
  const wantsState = parameters.get("sendInitialEvents");
  refuseFuture(resourceVersion, newest);
  if (wantsState === "true" || wantsState === "1") {
    if (query.resourceVersionMatch !== "NotOlderThan" || !isTrue(parameters, "allowWatchBookmarks")) {
      const wanted = "resourceVersionMatch=NotOlderThan and allowWatchBookmarks=true";
      throw new StatusError("Invalid", `sendInitialEvents=true was sent alone; wanted beside it is ${wanted}`);
    }
    return { position: newest, initialState: true, initialBookmark: true };
  }
  if (resourceVersion !== undefined && resourceVersion > 0) {
    return { position: resourceVersion, initialState: false, initialBookmark: false };
  }
  return { position: newest, initialState: wantsState === null, initialBookmark: false };
}

/** Turns rows and changes into lines for one client. */
class Events<R extends Row> {
  readonly #view: View<R>;
  readonly #query: Query<R>;
  readonly #scene: Scene;
  #first = true;

  constructor(view: View<R>, query: Query<R>, scene: Scene) {
    this.#view = view;
    this.#query = query;
    this.#scene = scene;
  }

  /** Every row there is now, as if it had just been added. The rows are taken at once, told as fast as they are read. */
  *initial(fleet: Fleet): Generator<string> {
    const rows = placesOf(this.#view, fleet)
      .filter((cluster) => this.#inScope(cluster))
      .flatMap((cluster) => this.#view.rows(fleet, cluster).filter((row) => this.#query.matches(row)));
    for (const row of rows) yield this.#line("ADDED", row);
  }

  /** At most one line: none when the change is of another resource, namespace, or of rows that do not match. */
  *of(rowChange: RowChange): Generator<string> {
    const change = this.#view.change(rowChange);
    if (change === undefined || !this.#inScope(change.row.cluster)) return;
    const { type, row, previous } = change;
    const before = type !== "Added" && previous !== undefined && this.#query.matches(previous);
    const after = type !== "Deleted" && this.#query.matches(row);
    if (after) yield this.#line(before ? "MODIFIED" : "ADDED", row);
    // A row that stops matching is told as it last matched, with the version of the change.
    else if (before) yield this.#line("DELETED", atVersion(previous, row.resourceVersion));
  }

  bookmark(position: number, endsInitial: boolean): string {
    const annotations = endsInitial ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
    const metadata = { resourceVersion: String(position), ...annotations };
    return lineOf("BOOKMARK", renderBookmark(this.#view, this.#query.form, metadata));
  }

  #line(type: "ADDED" | "MODIFIED" | "DELETED", row: R): string {
    const render = this.#first ? renderSingle : renderEvent;
    this.#first = false;
    return lineOf(type, render(this.#view, row, this.#query.form, this.#scene));
  }

  #inScope(cluster: string): boolean {
    return this.#query.namespace === undefined || this.#query.namespace === cluster;
  }
}

function expiredLine(position: number, newest: number): string {
  return lineOf("ERROR", new StatusError("Expired", `too old resource version: ${position} (${newest})`).status);
}

function lineOf(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`;
}
