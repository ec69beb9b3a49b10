import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Turns } from "./turns.ts";

describe("Turns", () => {
  let turns: Turns;
  let begun: string[];
  beforeEach(() => {
    vi.useFakeTimers();
    turns = new Turns(1_000);
    begun = [];
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const never = new AbortController().signal;
  const take = async (name: string, signal = never) => {
    const turn = await turns.take(signal);
    begun.push(name);
    return turn;
  };

  it("are taken one after another, in the order of asking", async () => {
    const [first] = [take("a"), take("b"), take("c")];
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(["a"]);
    (await first).end();
    (await first).end();
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(["a", "b"]);
  });

  it("pass on when the one whose turn it is brings nothing; it loses nothing by that", async () => {
    const first = await take("a");
    const second = take("b");
    await vi.advanceTimersByTimeAsync(900);
    first.renew();
    await vi.advanceTimersByTimeAsync(900);
    expect(begun).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(100);
    expect(begun).toEqual(["a", "b"]);
    void take("c");
    // The turn of the first is over: what it does now concerns nobody.
    first.renew();
    first.end();
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(["a", "b"]);
    (await second).end();
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(["a", "b", "c"]);
  });

  it("are not waited for by those who were stopped", async () => {
    const first = await take("a");
    const stop = new AbortController();
    const second = take("b", stop.signal);
    void take("c");
    stop.abort(new Error("stopped"));
    await expect(second).rejects.toThrow("stopped");
    await expect(take("d", stop.signal)).rejects.toThrow("stopped");
    first.end();
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(["a", "c"]);
  });
});
