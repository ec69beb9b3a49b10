// One watch request: its lines as events, until the server ends it, the connection breaks or it falls silent.
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { badAnswer, fromStatus } from "./errors.ts";
import type { ListOptions } from "./pages.ts";
import { collectionPath } from "./paths.ts";
import type { Turns } from "./turns.ts";
import type { Kube } from "./types.ts";

export interface WatchOptions<T> extends ListOptions<T> {
  signal: AbortSignal;
  /** Turns each object into what is kept of it, as soon as it is read. */
  decode: (raw: unknown) => T;
  clock?: Clock;
  random?: () => number;
  log?: Log;
  /** Lets lists begin one after another. */
  turns?: Turns;
  /** The watch works: a line came, or the server keeps it open. */
  onAlive?: () => void;
  /** A watch that says nothing for so long is opened again, in milliseconds; 90 s when not given. */
  idleMs?: number;
  /** How long the server keeps one watch open; random in 240-360 when not given, so that many do not end together. */
  timeoutSeconds?: number;
}

/** One line of a watch. BOOKMARK objects carry nothing but a resourceVersion. SILENCE is ours: nothing for idleMs. */
export interface RawEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "SILENCE";
  object: unknown;
  resourceVersion: string;
}

const DEFAULT_IDLE_MS = 90_000;
/** A server may accept a watch only to end it with an error: one that is open for so long is alive. */
const SETTLED_MS = 1_000;

/** Yields the events of one watch. A silent one ends with SILENCE. An ERROR event becomes an ApiError. */
export async function* openEvents<T>(
  kube: Kube,
  options: WatchOptions<T>,
  resourceVersion: string,
): AsyncGenerator<RawEvent, void, undefined> {
  const { resource, namespace, labelSelector, fieldSelector, signal, idleMs = DEFAULT_IDLE_MS } = options;
  signal.throwIfAborted();
  const path = collectionPath(resource, namespace);
  const query = {
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion,
    labelSelector,
    fieldSelector,
    timeoutSeconds: options.timeoutSeconds ?? Math.round(240 + (options.random ?? Math.random)() * 120),
  };
  const silence = new AbortController();
  let settling: NodeJS.Timeout | undefined;
  const onOpen = (): void => {
    settling ??= setTimeout(() => options.onAlive?.(), SETTLED_MS);
  };
  const lines = kube.open({ method: "GET", path, query, signal: AbortSignal.any([signal, silence.signal]), onOpen });
  try {
    for (;;) {
      const line = await nextLine(lines, silence, idleMs);
      if (line === undefined) break;
      const event = parseEvent(`WATCH ${path}`, line);
      options.onAlive?.();
      yield event;
    }
    if (silence.signal.aborted) yield { type: "SILENCE", object: undefined, resourceVersion };
  } finally {
    clearTimeout(settling);
    await lines.return();
  }
}

// The clock of silence runs only while we wait for the server, not while the consumer works on an event.
async function nextLine(lines: AsyncGenerator<string>, silence: AbortController, idleMs: number) {
  const timer = setTimeout(() => silence.abort(), idleMs);
  try {
    const { value, done } = await lines.next();
    return done === true ? undefined : (value as string);
  } catch (error) {
    if (silence.signal.aborted && error === silence.signal.reason) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function parseEvent(action: string, line: string): RawEvent {
  const { type, object } = parseLine(action, line);
  if (type === "ERROR") throw fromStatus(action, 0, object);
  if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED" && type !== "BOOKMARK") {
    throw badAnswer(action, `unknown event type ${JSON.stringify(type)}`);
  }
  const resourceVersion = (object as { metadata?: { resourceVersion?: unknown } } | undefined)?.metadata
    ?.resourceVersion;
  if (typeof resourceVersion !== "string") throw badAnswer(action, "an event without a resourceVersion");
  return { type, object, resourceVersion };
}

function parseLine(action: string, line: string): { type?: unknown; object?: unknown } {
  try {
    return (JSON.parse(line) ?? {}) as { type?: unknown; object?: unknown };
  } catch {
    throw badAnswer(action, "an event that is no JSON");
  }
}
