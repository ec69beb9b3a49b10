// Watches: changes of the fleet as lines of JSON. A watch holds a position in the fleet's change log and no buffer of
// its own; a client that reads too slowly falls out of the log and is cut off, and continues by a new list.
import type { ServerResponse } from "node:http";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { RowChange } from "../fleet/types.ts";
import { checkWatchOptions, wantsInitialEvents } from "./list-options.ts";
import { isTrue, parseWhole, refuseFuture } from "./query.ts";
import type { Query } from "./query.ts";
import { Slice } from "./slices.ts";
import { placesOf, sceneOf } from "./view.ts";
import type { Row, View } from "./view.ts";
import { Events, expiredLine, SharedLines, SharedPieces } from "./watch-events.ts";
import { WatchPulse } from "./watch-pulse.ts";
import { WatchStream } from "./watch-stream.ts";

/** Without a timeout of the client's choice a watch ends after this time to twice this time, as in kube-apiserver. */
const TIMEOUT_MIN_SECONDS = 30 * 60;
const BOOKMARK_MS = 60_000;
/** Characters that are sent together, where there is much to tell. */
const PIECE_LENGTH = 64 * 1024;
const ROWS_PER_LOOK = 16;
/** Changes that are told to several watches as the same bytes: what comes between two beats, in a storm too. */
const SHARED_CHANGES_MAX = 1000;

export interface WatchDeps {
  fleet: () => Fleet;
  clock: Clock;
  random: () => number;
}

/** What the client wants told. */
interface Wishes {
  /** Version to tell changes after; undefined: from now on. */
  after: number | undefined;
  initialState: boolean;
  initialBookmark: boolean;
  bookmarks: boolean;
}

export class Watches {
  readonly #deps: WatchDeps;
  readonly #open = new Set<WatchStream>();
  readonly #sharedLines = new SharedLines();
  readonly #sharedPieces = new SharedPieces();
  readonly #pulses = new WeakMap<Fleet, WatchPulse>();

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
    const wishes = wishesOf(query, fleet.resourceVersion);
    const seconds = parseWhole(query.parameters, "timeoutSeconds") || TIMEOUT_MIN_SECONDS * (1 + random());
    const times = { timeoutMs: seconds * 1000, bookmarkMs: BOOKMARK_MS };
    return (raw) => this.#run(view, { fleet, query, wishes, stream: new WatchStream(raw, times) });
  }

  async #run<R extends Row>(view: View<R>, session: Session<R>): Promise<void> {
    const { fleet, stream } = session;
    this.#open.add(stream);
    const leave = this.#pulseOf(fleet).join(stream, session.query.namespace);
    try {
      for await (const lines of this.#lines(view, session)) if (!(await stream.write(lines))) break;
    } finally {
      leave();
      stream.end();
      this.#open.delete(stream);
    }
  }

  #pulseOf(fleet: Fleet): WatchPulse {
    const pulse = this.#pulses.get(fleet) ?? new WatchPulse(fleet, this.#deps.clock);
    this.#pulses.set(fleet, pulse);
    return pulse;
  }

  async *#lines<R extends Row>(view: View<R>, session: Session<R>): AsyncGenerator<string | Buffer> {
    const { fleet, query, wishes } = session;
    const events = new Events(view, query, sceneOf(fleet, this.#deps.clock), this.#sharedLines);
    const start = wishes.after ?? fleet.resourceVersion;
    if (wishes.initialState) yield* initialLines(events, rowsOf(view, fleet, query.namespace));
    if (wishes.initialBookmark) yield events.bookmark(start, true);
    yield* this.#changes(events, session, start);
  }

  async *#changes<R extends Row>(
    events: Events<R>,
    session: Session<R>,
    start: number,
  ): AsyncGenerator<string | Buffer> {
    const { fleet, wishes, stream } = session;
    let position = start;
    // A watch of a fleet that is no longer served would be silent for ever.
    while (!stream.ended && fleet === this.#deps.fleet()) {
      const changes = fleet.changesSince(position);
      if (changes === "Expired") {
        // Before the first change it is the client's version that is too old; later the client is too slow.
        if (position === start) yield expiredLine(position, fleet.resourceVersion);
        return;
      }
      yield* await this.#told(events, changes, position);
      position = changes.at(-1)?.row.resourceVersion ?? position;
      // The last word is a bookmark, as in kube-apiserver: who watches again from it has nothing told twice.
      if (wishes.bookmarks && (stream.takeBookmark() || stream.timedOut)) yield events.bookmark(position, false);
      if (stream.timedOut) return;
      if (changes.length === 0) await stream.idle();
      position = Math.max(position, stream.skippedTo);
    }
  }

  /** The changes as this watch is told them. A few have one number of bytes for all; of many each makes its own as it reads. */
  async #told<R extends Row>(
    events: Events<R>,
    changes: readonly RowChange[],
    after: number,
  ): Promise<Iterable<Buffer> | AsyncIterable<string>> {
    const { wishes } = events;
    const last = changes.at(-1)?.row.resourceVersion;
    if (wishes === undefined || last === undefined || changes.length > SHARED_CHANGES_MAX)
      return changeLines(events, changes);
    return this.#sharedPieces.get(`${after} ${last} ${wishes}`, () => changeLines(events, changes));
  }
}

interface Session<R extends Row> {
  fleet: Fleet;
  query: Query<R>;
  wishes: Wishes;
  stream: WatchStream;
}

function wishesOf<R extends Row>(query: Query<R>, newest: number): Wishes {
  const { resourceVersion, parameters } = query;
  checkWatchOptions(query);
  refuseFuture(resourceVersion, newest);
  const initial = wantsInitialEvents(parameters);
  const bookmarks = isTrue(parameters, "allowWatchBookmarks");
  if (initial === true) return { after: undefined, initialState: true, initialBookmark: bookmarks, bookmarks };
  if (resourceVersion !== undefined && resourceVersion > 0) {
    return { after: resourceVersion, initialState: false, initialBookmark: false, bookmarks };
  }
  return { after: undefined, initialState: initial === undefined, initialBookmark: false, bookmarks };
}

/** The rows that there are now, place by place. */
function rowsOf<R extends Row>(view: View<R>, fleet: Fleet, namespace: string | undefined): (readonly R[])[] {
  const places = placesOf(view, fleet).filter((place) => namespace === undefined || namespace === place);
  return places.map((place) => view.rows(fleet, place));
}

async function* initialLines<R extends Row>(events: Events<R>, places: (readonly R[])[]): AsyncGenerator<string> {
  const slice = new Slice();
  let lines = "";
  let looks = 0;
  for (const rows of places) {
    for (const row of rows) {
      lines += events.initial(row);
      looks += 1;
      if (looks % ROWS_PER_LOOK !== 0) continue;
      if (lines.length >= PIECE_LENGTH) {
        yield lines;
        lines = "";
      }
      if (slice.isOver) await slice.next();
    }
  }
  if (lines !== "") yield lines;
}

async function* changeLines<R extends Row>(events: Events<R>, changes: readonly RowChange[]): AsyncGenerator<string> {
  const slice = new Slice();
  let lines = "";
  for (const change of changes) {
    lines += events.of(change);
    if (lines.length >= PIECE_LENGTH) {
      yield lines;
      lines = "";
    }
    if (slice.isOver) await slice.next();
  }
  if (lines !== "") yield lines;
}
