// Acts at a steady rate, whatever becomes of earlier acts: who is slow is not given less to do.
import { setTimeout as timeout } from "node:timers/promises";
import { machineMs } from "./process-figures.ts";

export const TICK_MS = 1;

/** Acts so many times a second for so long. Gives what each act gives, in their order; rejects when one fails. */
export async function steadily(
  perSecond: number,
  seconds: number,
  act: (turn: number) => Promise<number>,
): Promise<Float64Array> {
  const startMs = machineMs();
  const acts: Promise<number>[] = [];
  const failure = new AbortController();
  const watched = async (turn: number): Promise<number> => {
    try {
      return await act(turn);
    } catch (error) {
      failure.abort(error);
      return Number.NaN;
    }
  };
  const total = Math.floor(perSecond * seconds);
  while (acts.length < total) {
    const due = Math.min(total, Math.ceil(((machineMs() - startMs) * perSecond) / 1000));
    while (acts.length < due) acts.push(watched(acts.length));
    failure.signal.throwIfAborted();
    await timeout(TICK_MS);
  }
  const taken = Float64Array.from(await Promise.all(acts));
  failure.signal.throwIfAborted();
  return taken;
}
