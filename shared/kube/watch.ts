// Lists a collection and follows its changes, for as long as the signal lets it: a state machine as in kube-rs' watcher.
// A failed watch is told to the consumer (Trouble) and goes on by itself; errors of the consumer and of `decode` end it.
import { buildBackoff } from "../runtime/backoff.ts";
import type { Backoff } from "../runtime/backoff.ts";
import { systemClock } from "../runtime/clock.ts";
import { sleep } from "../runtime/sleep.ts";
import { ApiError, isGone } from "./errors.ts";
import { listPages } from "./pages.ts";
import type { Kube, WatchEvent } from "./types.ts";
import { openEvents } from "./watch-stream.ts";
import type { WatchOptions } from "./watch-stream.ts";

/** A watch that ended by itself after less than this is opened again only after a pause. */
const SHORT_LIFE_MS = 5000;
/**
 * After so many refusals or silent watches in a row the resourceVersion itself is suspect: list again. A server that was
 * restored from a backup does not refuse a version from its future, it says nothing (seen on kube-apiserver 1.35).
 */
const MAX_REFUSALS = 3;
const MAX_SILENCES = 2;

/** Where a watch stands. */
interface Cursor {
  /** What to watch from; undefined when the collection must be listed. */
  version: string | undefined;
  /** Whether this attempt brought anything. */
  progressed: boolean;
  refusals: number;
  silences: number;
}

/** Watches a collection. Ends when the signal aborts, never by itself. */
export async function* watch<T>(kube: Kube, options: WatchOptions<T>): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const { signal, clock = systemClock, random } = options;
  const backoff = buildBackoff({ baseMs: 1000, maxMs: 30_000, ...(random && { random }) });
  const cursor: Cursor = { version: undefined, progressed: false, refusals: 0, silences: 0 };
  while (!signal.aborted) {
    const startMs = clock.monotonicMs();
    cursor.progressed = false;
    let delayMs = 0;
    try {
      if (cursor.version === undefined) yield* list(kube, options, cursor);
      yield* follow(kube, options, cursor);
      delayMs = pauseAfterEnd(cursor, clock.monotonicMs() - startMs, backoff);
      if (cursor.silences >= MAX_SILENCES) listAgain(cursor, options, "silence");
    } catch (error) {
      const failure = failureOf(error, signal);
      if (failure === undefined) return;
      if (cursor.progressed) backoff.reset();
      delayMs = backoff.next(failure.retryAfterMs);
      if (!isGone(failure)) yield { type: "Trouble", error: failure, retryInMs: delayMs };
      recover(cursor, failure, options);
    }
    if (!(await pause(delayMs, signal))) return;
  }
}

async function* list<T>(kube: Kube, options: WatchOptions<T>, cursor: Cursor): AsyncGenerator<WatchEvent<T>, void> {
  const { signal, turns } = options;
  yield { type: "Init" };
  const turn = await turns?.take(signal);
  try {
    let resourceVersion = "";
    for await (const page of listPages(kube, options)) {
      turn?.renew();
      resourceVersion = page.resourceVersion;
      for (const object of page.items) {
        signal.throwIfAborted();
        yield { type: "InitApply", object };
      }
    }
    signal.throwIfAborted();
    cursor.version = resourceVersion;
    cursor.progressed = true;
    yield { type: "InitDone", resourceVersion };
  } finally {
    turn?.end();
  }
}

async function* follow<T>(kube: Kube, options: WatchOptions<T>, cursor: Cursor): AsyncGenerator<WatchEvent<T>, void> {
  for await (const { type, object, resourceVersion } of openEvents(kube, options, cursor.version ?? "")) {
    if (type === "SILENCE") {
      cursor.silences++;
      return;
    }
    Object.assign(cursor, { version: resourceVersion, progressed: true, refusals: 0, silences: 0 });
    if (type === "BOOKMARK") continue;
    yield { type: type === "DELETED" ? "Delete" : "Apply", object: options.decode(object) };
  }
}

/** Undefined when we are to stop. Throws whatever the API server did not cause: those errors are not ours to hide. */
function failureOf(error: unknown, signal: AbortSignal): ApiError | undefined {
  if (signal.aborted && (error instanceof ApiError || error === signal.reason)) return undefined;
  if (error instanceof ApiError) return error;
  throw error;
}

function pauseAfterEnd({ progressed }: Cursor, lifeMs: number, backoff: Backoff): number {
  if (!progressed && lifeMs < SHORT_LIFE_MS) return backoff.next();
  backoff.reset();
  return 0;
}

function recover<T>(cursor: Cursor, error: ApiError, options: WatchOptions<T>): void {
  // An event that cannot be read would be sent again and again.
  const refused = error.reason === "BadAnswer" || ![0, 429, 503].includes(error.status);
  cursor.refusals = refused ? cursor.refusals + 1 : cursor.refusals;
  if (isGone(error) || cursor.refusals >= MAX_REFUSALS) listAgain(cursor, options, error.reason);
}

function listAgain<T>(cursor: Cursor, { resource, log }: WatchOptions<T>, why: string): void {
  log?.debug({ resource: resource.plural, why }, "watch lists again");
  Object.assign(cursor, { version: undefined, refusals: 0, silences: 0 });
}

/** Waits; false when the signal has aborted. */
async function pause(delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (delayMs === 0) return !signal.aborted;
  try {
    await sleep(delayMs, signal);
    return true;
  } catch (cause) {
    if (signal.aborted) return false;
    throw cause;
  }
}
