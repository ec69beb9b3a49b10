// The sending end of one watch: writes at the reader's pace, waits for the next thing to do, ends once.
import type { ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";

/** Lines written between two turns of the event loop: a few milliseconds. */
const LINES_PER_TURN = 200;
/** Time for a client that does not read to take the rest, before its connection is cut. */
const LINGER_MS = 5000;

export class WatchStream {
  readonly #raw: ServerResponse;
  readonly #bookmarkMs: number;
  readonly #deadline: NodeJS.Timeout;
  #ended = false;
  #lines = 0;
  /** Something happened since the last look. */
  #woken = false;
  #wake: (() => void) | undefined;

  /** Answers with the head of a stream at once. The stream ends by itself after `timeoutMs`. */
  constructor(raw: ServerResponse, timeoutMs: number, bookmarkMs: number) {
    this.#raw = raw;
    this.#bookmarkMs = bookmarkMs;
    this.#deadline = setTimeout(() => this.end(), timeoutMs);
    raw.on("close", () => this.end());
    raw.on("drain", () => this.wake());
    raw.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache, private" });
    raw.flushHeaders();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Ends the stream cleanly. Doing so twice is harmless. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    this.#raw.end();
    const cut = setTimeout(() => this.#raw.destroy(), LINGER_MS).unref();
    this.#raw.once("close", () => clearTimeout(cut));
    this.wake();
  }

  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /** Writes a line and waits until there is room for the next. False when the stream has ended. */
  async write(line: string): Promise<boolean> {
    if (this.#ended) return false;
    const room = this.#raw.write(line);
    this.#lines += 1;
    if (this.#lines % LINES_PER_TURN === 0) await setImmediate();
    if (!room) while (!this.#ended && this.#raw.writableNeedDrain) await this.#nextWake();
    return !this.#ended;
  }

  /** Waits until wake() was called since the last wait, or a bookmark is due. */
  async idle(): Promise<"Woken" | "BookmarkDue"> {
    if (this.#woken) return this.#rest("Woken");
    const due = Promise.withResolvers<"BookmarkDue">();
    const timer = setTimeout(() => due.resolve("BookmarkDue"), this.#bookmarkMs);
    const woken = this.#nextWake().then(() => "Woken" as const);
    const first = await Promise.race([woken, due.promise]);
    clearTimeout(timer);
    return this.#rest(first);
  }

  #rest<T>(reason: T): T {
    this.#woken = false;
    return reason;
  }

  #nextWake(): Promise<void> {
    const next = Promise.withResolvers<void>();
    this.#wake = next.resolve;
    return next.promise;
  }
}
