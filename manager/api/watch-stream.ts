// The sending end of one watch: writes at the reader's pace, waits for the next thing to do, ends once.
import type { ServerResponse } from "node:http";
import { cutWhenStuck } from "./stuck-reader.ts";

/** Time for a client that does not read to take the rest, before its connection is cut. */
const LINGER_MS = 5000;

export interface WatchTimes {
  /** After this time the stream is to end. */
  timeoutMs: number;
  /** A bookmark is due each time that this has passed. */
  bookmarkMs: number;
}

export class WatchStream {
  readonly #raw: ServerResponse;
  readonly #deadline: NodeJS.Timeout;
  readonly #bookmarks: NodeJS.Timeout;
  #ended = false;
  #timedOut = false;
  #bookmarkDue = false;
  /** Something happened since the last look. */
  #woken = false;
  #wake: (() => void) | undefined;
  /** It waits for something to happen, having looked at all that did. */
  #isIdle = false;
  #skippedTo = 0;

  /** Answers with the head of a stream at once. */
  constructor(raw: ServerResponse, { timeoutMs, bookmarkMs }: WatchTimes) {
    this.#raw = raw;
    this.#deadline = setTimeout(() => {
      this.#timedOut = true;
      this.wake();
    }, timeoutMs);
    this.#bookmarks = setInterval(() => {
      this.#bookmarkDue = true;
      this.wake();
    }, bookmarkMs);
    cutWhenStuck(raw);
    raw.on("close", () => this.end());
    raw.on("drain", () => this.wake());
    raw.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache, private" });
    raw.flushHeaders();
    // The client may have gone while the hub was asked about him.
    if (raw.closed) this.end();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The time that the client gave has passed. */
  get timedOut(): boolean {
    return this.#timedOut;
  }

  /** Ends the stream cleanly. Doing so twice is harmless. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    clearInterval(this.#bookmarks);
    this.#raw.end();
    const cut = setTimeout(() => this.#raw.destroy(), LINGER_MS).unref();
    this.#raw.once("close", () => clearTimeout(cut));
    this.wake();
  }

  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /** Writes lines and waits until there is room for more. False when the stream has ended, or its time has with no room. */
  async write(lines: string | Buffer): Promise<boolean> {
    if (this.#ended) return false;
    const room = this.#raw.write(lines);
    if (!room) while (this.#isStuck()) await this.#nextWake();
    return !this.#ended && !this.#raw.writableNeedDrain;
  }

  /** Waits until something happened since the last wait: wake() was called, or a time has come. */
  async idle(): Promise<void> {
    this.#isIdle = true;
    if (!this.#woken) await this.#nextWake();
    this.#isIdle = false;
    this.#woken = false;
  }

  /** Nothing up to this version concerns the reader, if there is nothing that it has not looked at. */
  skip(version: number): void {
    if (this.#isIdle && !this.#woken) this.#skippedTo = version;
  }

  /** The version up to which nothing concerns the reader beyond what was told; 0: not known. */
  get skippedTo(): number {
    return this.#skippedTo;
  }

  /** Whether a bookmark is due; asking for it counts as having told it. */
  takeBookmark(): boolean {
    const isDue = this.#bookmarkDue;
    this.#bookmarkDue = false;
    return isDue;
  }

  #isStuck(): boolean {
    return this.#raw.writableNeedDrain && !this.#ended && !this.#timedOut;
  }

  #nextWake(): Promise<void> {
    const next = Promise.withResolvers<void>();
    this.#wake = next.resolve;
    return next.promise;
  }
}
