// Small numbers for clusters: each is taken by one cluster at a time, and is free for another once that is forgotten.

export class Ordinals {
  readonly #free: number[] = [];
  #next = 0;

  take(): number {
    return this.#free.pop() ?? this.#next++;
  }

  free(ordinal: number): void {
    this.#free.push(ordinal);
  }
}
