// Values that many clusters tell alike, each kept once: which kinds are watched, which OpenKruise runs.

/** Different values that are remembered. Beyond it all are forgotten: whoever has one keeps it, and it is shared anew. */
const VALUES_MAX = 1000;

export class Once {
  readonly #values = new Map<string, unknown>();

  /** The value, or an equal one from before. Its members must be as JSON has them; nobody may change it. */
  of<T>(value: T): T {
    if (value === undefined) return value;
    const text = JSON.stringify(value);
    const known = this.#values.get(text);
    if (known !== undefined) return known as T;
    if (this.#values.size >= VALUES_MAX) this.#values.clear();
    this.#values.set(text, value);
    return value;
  }
}
