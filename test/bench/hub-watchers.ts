// A process of watchers, each with a connection of its own. All of them count lines; a few look for the marks of changes and
// when they came. By hand, as for a hundred watchers this process has as much to do as the one that it watches.
import { setTimeout as timeout } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { serveCalls } from "./hub-child.ts";
import { connectTo, headOf } from "./hub-lanes.ts";
import type { Target } from "./hub-lanes.ts";
import { machineMs } from "./process-figures.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Longer than a mark's place in a line: what may begin in one piece and end in the next. */
const OVERLAP = 100;
const OPENING_MS = 60_000;
const LOOK_MS = 20;
/** Connections opened at the same time. */
const OPENERS = 20;
const MARK = /"message":"change (\d+)"/g;
const USER = "bench-watcher";

export interface WatcherCalls {
  /** Opens a watch on each path; so many of them, spread evenly, look for marks. */
  open(wanted: { target: Target; paths: string[]; sampled: number }): Promise<void>;
  /** Waits until the watchers have so many lines together, or no longer; tells what came since they were opened. */
  collect(wanted: { lines: number; limitMs: number }): Promise<Collected>;
  close(wanted: object): Promise<void>;
}

export interface Collected {
  /** Lines of all, and watches that the server ended. */
  lines: number;
  ended: number;
  bytes: number;
  /** Of those that look for marks: pairs of a mark and its moment, on the machine's monotonic clock. */
  seen: Float64Array;
}

interface Watcher {
  socket: TLSSocket;
  lines: number;
  bytes: number;
  hasEnded: boolean;
  /** The byte before the next chunk. */
  lastByte: number;
  /** Undefined where it only counts. */
  rest: string | undefined;
  lastMark: number;
}

let watchers: Watcher[] = [];
let seen: number[] = [];

serveCalls({
  open: async ({ target, paths, sampled }: Parameters<WatcherCalls["open"]>[0]) => {
    watchers = [];
    seen = [];
    const step = Math.max(1, Math.floor(paths.length / sampled));
    const left = paths.entries();
    const work = async (): Promise<void> => {
      // One iterator for all: each takes the next.
      for (const [index, path] of left) await open(target, path, index % step === 0);
    };
    await Promise.all(Array.from({ length: OPENERS }, work));
  },
  collect: async ({ lines, limitMs }: Parameters<WatcherCalls["collect"]>[0]): Promise<Collected> => {
    const endMs = machineMs() + limitMs;
    const sum = (read: (watcher: Watcher) => number): number =>
      watchers.reduce((total, watcher) => total + read(watcher), 0);
    while (sum((watcher) => watcher.lines) < lines && machineMs() < endMs) await timeout(LOOK_MS);
    return {
      lines: sum((watcher) => watcher.lines),
      ended: watchers.filter(({ hasEnded }) => hasEnded).length,
      bytes: sum(({ bytes }) => bytes),
      seen: Float64Array.from(seen),
    };
  },
  close: async () => {
    for (const { socket } of watchers) socket.destroy();
    watchers = [];
  },
});

async function open(target: Target, path: string, isSampled: boolean): Promise<void> {
  const opened = Promise.withResolvers<void>();
  const socket = connectTo(target);
  const rest = isSampled ? "" : undefined;
  const watcher: Watcher = { socket, rest, lines: 0, bytes: 0, hasEnded: false, lastByte: 0, lastMark: -1 };
  watchers.push(watcher);
  let head = "";
  const onHead = (chunk: Buffer): void => {
    head += chunk.toString("latin1");
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    socket.off("data", onHead);
    if (!head.startsWith("HTTP/1.1 200")) return opened.reject(new Error(`${path} was answered ${head.slice(0, 500)}`));
    socket.on("data", (next: Buffer) => take(watcher, next));
    take(watcher, Buffer.from(head.slice(end + 4), "latin1"));
    opened.resolve();
  };
  socket.on("data", onHead);
  socket.once("error", opened.reject);
  socket.once("close", () => (watcher.hasEnded = true));
  socket.write(`${headOf("GET", path, USER)}Accept: application/json\r\n\r\n`);
  const timer = setTimeout(() => opened.reject(new Error(`${path} was not answered`)), OPENING_MS);
  await opened.promise;
  clearTimeout(timer);
}

/** A line ends with a line feed; those of the chunks that HTTP cuts a stream into come after a carriage return. */
function take(watcher: Watcher, chunk: Buffer): void {
  watcher.bytes += chunk.length;
  for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) {
    const before = at === 0 ? watcher.lastByte : chunk[at - 1];
    if (before !== CARRIAGE_RETURN) watcher.lines += 1;
  }
  watcher.lastByte = chunk.at(-1) ?? watcher.lastByte;
  if (watcher.rest !== undefined) findMarks(watcher, watcher.rest + chunk.toString("latin1"));
}

/** A line tells its message more than once: in the status, and in conditions. */
function findMarks(watcher: Watcher, text: string): void {
  const atMs = machineMs();
  let from = 0;
  for (const match of text.matchAll(MARK)) {
    const mark = Number(match[1]);
    if (mark !== watcher.lastMark) seen.push(mark, atMs);
    watcher.lastMark = mark;
    from = match.index + match[0].length;
  }
  watcher.rest = text.slice(Math.max(from, text.length - OVERLAP));
}
