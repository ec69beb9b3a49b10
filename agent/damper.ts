// Which changes of a record the hub is told of now: all, but of a workload that flaps only the newest state every ten seconds.

const GAP_MS = 10_000;

export class Damper {
  /** When the hub was last told of each record that flaps. */
  readonly #toldMs = new Map<string, number>();
  readonly #resting = new Set<string>();

  /** Keys of records that have changed and are not to be told of yet. */
  get resting(): ReadonlySet<string> {
    return this.#resting;
  }

  /** A record has changed; answers whether to tell of it now. */
  changed(key: string, isFlapping: boolean, nowMs: number): boolean {
    if (!isFlapping) {
      this.forget(key);
      return true;
    }
    const toldMs = this.#toldMs.get(key);
    if (toldMs !== undefined && nowMs - toldMs < GAP_MS) {
      this.#resting.add(key);
      return false;
    }
    this.#toldMs.set(key, nowMs);
    this.#resting.delete(key);
    return true;
  }

  /** Takes out the records whose rest is over: they are to be told of now. */
  due(nowMs: number): string[] {
    const due = [...this.#resting].filter((key) => nowMs - (this.#toldMs.get(key) ?? 0) >= GAP_MS);
    for (const key of due) {
      this.#resting.delete(key);
      this.#toldMs.set(key, nowMs);
    }
    return due;
  }

  forget(key: string): void {
    this.#toldMs.delete(key);
    this.#resting.delete(key);
  }
}
