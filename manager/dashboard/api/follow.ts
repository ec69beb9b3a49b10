// Follows a collection: its lists in chunks, then a watch from the version of the first of them, again and again. A watch that
// ends goes on where it was; a version that is too old leads to new lists; trouble is waited out, longer each time.
import type { Client } from "./client.ts";
import { ApiProblem } from "./client.ts";

export interface ListQuery {
  query?: Readonly<Record<string, string>>;
  accept?: string;
}

export type FollowState =
  | { is: "listing"; read: number; remaining: number | undefined }
  | { is: "live" }
  /** Listed again and again, as it is not watched. */
  | { is: "polled"; everyMs: number }
  | { is: "waiting"; why: string; code: number; untilMs: number };

interface Sink {
  /** New lists begin. Items of list `index` go to `page`, then `complete`. */
  begin(): void;
  page(index: number, items: readonly unknown[]): void;
  complete(): void;
  /** ADDED, MODIFIED or DELETED. */
  event(type: string, object: unknown): void;
  state(state: FollowState): void;
}

export interface FollowOptions {
  client: Client;
  path: string;
  /** Says what to read, one after the other: together they are everything. */
  lists: () => Promise<readonly ListQuery[]>;
  sink: Sink;
  signal: AbortSignal;
  /** Listed so often instead of being watched. */
  pollMs?: number;
  /** Waits; resolves early when the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  now: () => number;
  random: () => number;
}

const CHUNK = "2000";
const WAIT_MIN_MS = 1_000;
const WAIT_MAX_MS = 30_000;
/** Between two lists of what may be listed, and not watched. */
const UNWATCHED_MS = 30_000;
/** Answers that no repetition makes better: not known, and not allowed. */
const FINAL_CODES = [401, 403];

interface ListAnswer {
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: readonly unknown[];
}
interface WatchEvent {
  type: string;
  object: { code?: number; message?: string; metadata?: { resourceVersion?: string } };
}

/** How far it has come. */
interface Position {
  /** What has been told; undefined: nothing, or what is too old to go on from. */
  version: string | undefined;
  /** Failures since the last watch was opened. */
  failures: number;
  /** Undefined: it is watched. */
  pollMs: number | undefined;
}

/** Follows until the signal aborts; rejects with the ApiProblem of a collection that may not be read. */
export async function follow(options: FollowOptions): Promise<void> {
  const { signal, sleep, random } = options;
  const position: Position = { version: undefined, failures: 0, pollMs: options.pollMs };
  while (!signal.aborted) {
    try {
      position.version ??= await listAll(options);
      if (position.pollMs !== undefined) await rest(options, position, position.pollMs);
      else await watch(options, position);
      // Whoever ends a watch, or calls its version too old, does so to many at once.
      await sleep(WAIT_MIN_MS * random(), signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiProblem && FINAL_CODES.includes(error.code)) throw error;
      if (error instanceof ApiProblem && error.code === 410) position.version = undefined;
      position.failures += 1;
      await waitOut(options, error, position.failures);
    }
  }
}

/** Reads all lists. Gives the version of the first: what changed while the others were read is told again by the watch. */
async function listAll(options: FollowOptions): Promise<string> {
  const { sink } = options;
  const wanted = await options.lists();
  let first: string | undefined;
  let read = 0;
  sink.begin();
  for (const [index, list] of wanted.entries()) {
    let coming: Promise<ListAnswer> | undefined = chunkOf(options, list, "");
    while (coming !== undefined) {
      const answer: ListAnswer = await coming;
      const { metadata, items } = answer;
      const token = metadata.continue ?? "";
      // The server works on the next chunk while this one is taken in.
      coming = token === "" ? undefined : chunkOf(options, list, token);
      first ??= metadata.resourceVersion;
      read += items.length;
      sink.page(index, items);
      sink.state({ is: "listing", read, remaining: metadata.remainingItemCount });
    }
  }
  sink.complete();
  return first ?? "0";
}

function chunkOf({ client, path, signal }: FollowOptions, list: ListQuery, token: string): Promise<ListAnswer> {
  const { query = {}, accept } = list;
  const asked = { ...query, limit: CHUNK, ...(token !== "" && { continue: token }) };
  const answer = client.get<ListAnswer>({ path, query: asked, signal, ...(accept !== undefined && { accept }) });
  // Whoever awaits it is told; until then it shall not count as unhandled.
  answer.catch(() => undefined);
  return answer;
}

/** Watches until the stream ends, from the position, and moves it with each line. */
async function watch({ client, path, sink, signal }: FollowOptions, position: Position): Promise<void> {
  const query = { watch: "true", allowWatchBookmarks: "true", resourceVersion: position.version ?? "" };
  const lines = await client.open({ path, query, signal }).catch((error: unknown) => {
    // To list and to watch are two rights.
    if (!(error instanceof ApiProblem) || error.code !== 403) throw error;
    return undefined;
  });
  if (lines === undefined) {
    position.pollMs = UNWATCHED_MS;
    return;
  }
  position.failures = 0;
  sink.state({ is: "live" });
  for await (const line of lines) {
    const { type, object } = JSON.parse(line) as WatchEvent;
    if (type === "ERROR") {
      if (object.code !== 410) throw new ApiProblem(object.message ?? "the watch failed", object.code ?? 0);
      position.version = undefined;
      return;
    }
    position.version = object.metadata?.resourceVersion ?? position.version;
    if (type !== "BOOKMARK") sink.event(type, object);
  }
}

/** Waits until it is to be listed again. */
async function rest({ sink, sleep, signal }: FollowOptions, position: Position, everyMs: number): Promise<void> {
  position.failures = 0;
  sink.state({ is: "polled", everyMs });
  await sleep(everyMs, signal);
  position.version = undefined;
}

async function waitOut(
  { sink, sleep, now, random, signal }: FollowOptions,
  error: unknown,
  failures: number,
): Promise<void> {
  const problem = error instanceof ApiProblem ? error : undefined;
  const grown = Math.min(WAIT_MAX_MS, WAIT_MIN_MS * 2 ** (failures - 1));
  const waitMs = Math.max(problem?.retryAfterMs ?? 0, grown * (0.5 + random() / 2));
  const why = error instanceof Error ? error.message : String(error);
  sink.state({ is: "waiting", why, code: problem?.code ?? 0, untilMs: now() + waitMs });
  await sleep(waitMs, signal);
}
