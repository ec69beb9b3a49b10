// What reading a part of a user's configuration gives: its meaning, or every mistake in a sentence of its own.
export type Reading<T> = { value: T } | { mistakes: string[] };

/** The mistakes of several readings, in their order. */
export function mistakesOf(...readings: Reading<unknown>[]): string[] {
  return readings.flatMap((reading) => ("mistakes" in reading ? reading.mistakes : []));
}
