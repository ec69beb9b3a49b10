import { afterEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "./errors.ts";
import { Turns } from "./turns.ts";
import type { Kube, KubeObject, KubeRequest, WatchEvent } from "./types.ts";
import { watch } from "./watch.ts";
import type { WatchOptions } from "./watch-stream.ts";

const THINGS = { group: "test", version: "v1", plural: "things" };
type Thing = { name: string };
type Step = object[] | ApiError | ((request: KubeRequest) => AsyncGenerator<string, void, undefined>);

const thing = (name: string, resourceVersion: string) => ({ kind: "Thing", metadata: { name, resourceVersion } });
const list = (version: string, names: string[], more = {}): object => ({
  metadata: { resourceVersion: version, ...more },
  items: names.map((name) => thing(name, "1")),
});
const added = (name: string, version: string) => ({ type: "ADDED", object: thing(name, version) });
const failed = (status: number, reason = "Test", retryAfterMs?: number) =>
  new ApiError("GET things: failed", { status, reason, retryAfterMs });

/** A server that plays its script: answers of lists (an object or an error), and watches (lines, then an error if any). */
function scripted(lists: (object | ApiError)[], watches: Step[][]): Kube & { requests: KubeRequest[] } {
  const requests: KubeRequest[] = [];
  return {
    requests,
    request: <T>(request: KubeRequest) => {
      requests.push(request);
      const answer = lists.shift() ?? failed(599, "BeyondTheScript");
      return answer instanceof ApiError ? Promise.reject(answer) : Promise.resolve(answer as T);
    },
    open: async function* (request) {
      requests.push(request);
      for (const step of watches.shift() ?? [forever]) {
        if (step instanceof ApiError) throw step;
        if (typeof step === "function") yield* step(request);
        else for (const event of step) yield JSON.stringify(event);
      }
    },
    close: () => {},
  };
}

/** Says nothing until the request is given up. */
async function* forever({ signal }: KubeRequest): AsyncGenerator<string, void, undefined> {
  signal?.throwIfAborted();
  await new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)));
  yield "never";
}

/** Runs a watch until `count` events have come. */
async function run(kube: Kube, count: number, more: Partial<WatchOptions<Thing>> = {}): Promise<WatchEvent<Thing>[]> {
  const stop = new AbortController();
  const decode = (raw: unknown) => ({ name: (raw as KubeObject).metadata.name });
  const events: WatchEvent<Thing>[] = [];
  for await (const event of watch<Thing>(kube, {
    resource: THINGS,
    decode,
    random: () => 0,
    signal: stop.signal,
    ...more,
  })) {
    if (events.push(event) === count) stop.abort();
  }
  return events;
}

const names = (events: WatchEvent<Thing>[]) =>
  events.map((event) => ("object" in event ? `${event.type} ${event.object.name}` : event.type));
const versions = ({ requests }: { requests: KubeRequest[] }) =>
  requests.map(({ query }) => (query?.["watch"] === true ? String(query["resourceVersion"]) : "list"));

afterEach(() => {
  vi.useRealTimers();
});

describe("watch()", () => {
  test("lists in pages, then follows from there", async () => {
    const pages = [list("10", ["a", "b"], { continue: "next", remainingItemCount: 1 }), list("10", ["c"])];
    const selectors = { labelSelector: "x=y", fieldSelector: "type=Warning" };
    const kube = scripted(pages, [[[added("d", "11"), { type: "DELETED", object: thing("a", "12") }]]]);
    const events = await run(kube, 7, { limit: 2, ...selectors, namespace: "ns" });
    expect(names(events)).toEqual([
      "Init",
      "InitApply a",
      "InitApply b",
      "InitApply c",
      "InitDone",
      "Apply d",
      "Delete a",
    ]);
    expect(events[4]).toEqual({ type: "InitDone", resourceVersion: "10" });
    expect(kube.requests.map(({ path }) => path)).toEqual(Array(3).fill("/apis/test/v1/namespaces/ns/things"));
    expect(kube.requests[1]?.query).toMatchObject({ continue: "next", limit: 2, ...selectors });
    const query = { resourceVersion: "10", allowWatchBookmarks: true, timeoutSeconds: 240, ...selectors };
    expect(kube.requests[2]?.query).toMatchObject(query);
  });

  test("resumes where it stood when the server ends the watch, without listing again", async () => {
    const bookmark = { type: "BOOKMARK", object: { metadata: { resourceVersion: "15" } } };
    const kube = scripted([list("10", [])], [[[added("a", "11"), bookmark]], [], [[added("b", "16")]]]);
    expect(names(await run(kube, 4))).toEqual(["Init", "InitDone", "Apply a", "Apply b"]);
    expect(versions(kube)).toEqual(["list", "10", "15", "15"]);
  });

  test("tells of a broken connection and resumes where it stood", async () => {
    const kube = scripted([list("10", [])], [[[added("a", "11")], failed(0, "NoAnswer")], [[added("b", "12")]]]);
    expect(names(await run(kube, 5))).toEqual(["Init", "InitDone", "Apply a", "Trouble", "Apply b"]);
    expect(versions(kube)).toEqual(["list", "10", "11"]);
  });

  const gone: [string, Step][] = [
    ["an answer", failed(410, "Expired")],
    ["an event", [{ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } }]],
  ];
  test.each(gone)("lists again, without a word of trouble, when 410 comes as %s", async (_what, step) => {
    const kube = scripted([list("10", ["a"]), list("20", ["b"])], [[step], [[added("c", "21")]]]);
    const events = await run(kube, 7);
    const expected = ["Init", "InitApply a", "InitDone", "Init", "InitApply b", "InitDone", "Apply c"];
    expect(names(events)).toEqual(expected);
    expect(versions(kube)).toEqual(["list", "10", "list", "20"]);
  });

  test("begins the list again when a continue token has expired", async () => {
    const kube = scripted([list("10", ["a"], { continue: "x" }), failed(410), list("20", ["b"])], []);
    expect(names(await run(kube, 5))).toEqual(["Init", "InitApply a", "Init", "InitApply b", "InitDone"]);
  });

  test("tells of a failed list and tries again", async () => {
    const kube = scripted([failed(500), failed(403), list("10", [])], []);
    expect(names(await run(kube, 6))).toEqual(["Init", "Trouble", "Init", "Trouble", "Init", "InitDone"]);
  });

  test("lists again when the server keeps refusing the version, but not when it is only busy or away", async () => {
    const busy = [failed(503), failed(429), failed(0), failed(503)].map((error) => [error]);
    const refused = [[failed(504)], [failed(504)], [failed(504)]];
    const kube = scripted([list("10", []), list("3", [])], [...busy, ...refused]);
    await run(kube, 11);
    expect(versions(kube)).toEqual(["list", ...Array<string>(7).fill("10"), "list"]);
  });

  test("waits with full jitter between 1 and 30 seconds, and as long as Retry-After says", async () => {
    vi.useFakeTimers();
    const errors = [failed(500), failed(429, "TooManyRequests", 7000), ...Array.from({ length: 6 }, () => failed(500))];
    const delays: number[] = [];
    const stop = new AbortController();
    const options = { resource: THINGS, decode: () => 0, signal: stop.signal, random: () => 0.5 };
    const events = watch(scripted(errors, []), options);
    while (delays.length < 8) {
      const next = events.next();
      await vi.advanceTimersByTimeAsync(delays.at(-1) ?? 0);
      const { value } = await next;
      if (value?.type === "Trouble") delays.push(value.retryInMs);
    }
    expect(delays).toEqual([500, 8000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    await events.return();
  });

  test("pauses when watches end at once, so that it does not spin", async () => {
    vi.useFakeTimers();
    const kube = scripted(
      [list("10", [])],
      Array.from({ length: 9 }, () => []),
    );
    const stop = new AbortController();
    const done = run(kube, 99, { signal: stop.signal, random: () => 0.5 });
    // The first watch followed a list, so the next one comes at once, the others after 0.5, 1, 2 and 4 s.
    await vi.advanceTimersByTimeAsync(7400);
    expect(versions(kube)).toEqual(["list", ...Array<string>(5).fill("10")]);
    stop.abort();
    expect(names(await done)).toEqual(["Init", "InitDone"]);
  });

  test("fault 17: opens a silent watch again after idleMs, and lists again when it stays silent", async () => {
    vi.useFakeTimers();
    const kube = scripted([list("10", []), list("5", [])], [[forever], [[added("a", "11")], forever], [forever]]);
    const done = run(kube, 5, { idleMs: 90_000 });
    await vi.advanceTimersByTimeAsync(89_999);
    expect(versions(kube)).toEqual(["list", "10"]);
    await vi.advanceTimersByTimeAsync(2);
    expect(versions(kube)).toEqual(["list", "10", "10"]);
    await vi.advanceTimersByTimeAsync(180_000);
    expect(versions(kube).slice(0, 5)).toEqual(["list", "10", "10", "11", "list"]);
    expect(names(await done)).toEqual(["Init", "InitDone", "Apply a", "Init", "InitDone"]);
  });

  test("does not take its own consumer's slowness for silence", async () => {
    vi.useFakeTimers();
    const kube = scripted([list("10", [])], [[[added("a", "11"), added("b", "12")], forever]]);
    const stop = new AbortController();
    const events = watch(kube, { resource: THINGS, decode: () => 0, signal: stop.signal, idleMs: 1000 });
    for (let count = 0; count < 3; count++) await events.next();
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await events.next()).value).toMatchObject({ type: "Apply" });
    expect(versions(kube)).toEqual(["list", "10"]);
    await events.return();
  });

  const broken: [string, string][] = [
    ["no JSON", '{"type":'],
    ["null", "null"],
    ["an unknown type", '{"type":"PARTY","object":{"metadata":{"resourceVersion":"1"}}}'],
    ["no resourceVersion", '{"type":"ADDED","object":{}}'],
  ];
  test.each(broken)("tells of a line that holds %s, and goes on from before it", async (_what, line) => {
    const bad: Step = async function* () {
      yield line;
    };
    const kube = scripted([list("10", [])], [[bad], [[added("a", "11")]]]);
    expect(names(await run(kube, 4))).toEqual(["Init", "InitDone", "Trouble", "Apply a"]);
    expect(versions(kube)).toEqual(["list", "10", "10"]);
  });

  test("fault 11: lists again when a line can never be read", async () => {
    const bad: Step = async function* () {
      yield "no JSON";
    };
    const kube = scripted([list("10", []), list("20", [])], [[bad], [bad], [bad]]);
    await run(kube, 7);
    expect(versions(kube)).toEqual(["list", "10", "10", "10", "list"]);
  });

  test("tells that it is alive by each line, and by having been open for a second", async () => {
    vi.useFakeTimers();
    const bookmark = { type: "BOOKMARK", object: { metadata: { resourceVersion: "15" } } };
    const opened: Step = async function* (request) {
      request.onOpen?.();
      yield* forever(request);
    };
    const kube = scripted([list("10", [])], [[[added("a", "11"), bookmark], failed(500)], [opened]]);
    const onAlive = vi.fn<() => void>();
    const stop = new AbortController();
    const done = run(kube, 99, { onAlive, signal: stop.signal });
    await vi.advanceTimersByTimeAsync(999);
    expect(onAlive).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(onAlive).toHaveBeenCalledTimes(3);
    stop.abort();
    await done;
  });

  test("does not take for alive what was opened and then ended with an error", async () => {
    vi.useFakeTimers();
    const refused: Step = async function* (request) {
      request.onOpen?.();
      yield JSON.stringify({ type: "ERROR", object: { kind: "Status", code: 500, reason: "InternalError" } });
    };
    const kube = scripted([list("10", [])], [[refused]]);
    const onAlive = vi.fn<() => void>();
    const stop = new AbortController();
    const done = run(kube, 99, { onAlive, signal: stop.signal });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(onAlive).not.toHaveBeenCalled();
    stop.abort();
    await done;
  });

  test("waits for its turn to list, and gives the turn back whatever comes of it", async () => {
    const turns = new Turns();
    const own = await turns.take(new AbortController().signal);
    const kube = scripted([failed(500), list("10", [])], [[[added("a", "11")]]]);
    const events = run(kube, 5, { turns });
    await new Promise((resolve) => setImmediate(resolve));
    expect(kube.requests).toHaveLength(0);
    own.end();
    expect(names(await events)).toEqual(["Init", "Trouble", "Init", "InitDone", "Apply a"]);
    (await turns.take(new AbortController().signal)).end();
  });

  test("passes on an error of decode, from a list and from a watch", async () => {
    const decode = (raw: unknown) => {
      if ((raw as KubeObject).metadata.name === "bad") throw new TypeError("decode is broken");
      return { name: "good" };
    };
    const inList = scripted([list("10", ["bad"])], []);
    await expect(run(inList, 9, { decode })).rejects.toThrow("decode is broken");
    const inWatch = scripted([list("10", ["good"])], [[[added("bad", "11")]]]);
    await expect(run(inWatch, 9, { decode })).rejects.toThrow("decode is broken");
  });

  test("passes on an error of the consumer and closes the connection", async () => {
    const closed = vi.fn<() => void>();
    const endless: Step = async function* () {
      try {
        for (;;) yield JSON.stringify(added("a", "11"));
      } finally {
        closed();
      }
    };
    const kube = scripted([list("10", [])], [[endless]]);
    const consume = async () => {
      const options = { resource: THINGS, decode: () => 0, signal: new AbortController().signal };
      for await (const { type } of watch(kube, options))
        if (type === "Apply") throw new RangeError("consumer is broken");
    };
    await expect(consume()).rejects.toThrow("consumer is broken");
    expect(closed).toHaveBeenCalledOnce();
  });

  test("passes on an error that is not the API server's", async () => {
    const kube = scripted([list("10", [])], []);
    const error = new TypeError("a mistake of ours");
    await expect(run({ ...kube, request: () => Promise.reject(error) }, 9)).rejects.toBe(error);
  });

  test("ends quietly when stopped: in a list, in a watch, in a pause, and before it begins", async () => {
    const stops: [Kube, number][] = [
      [scripted([list("10", ["a", "b"])], []), 2],
      [scripted([list("10", [])], [[forever]]), 2],
      [scripted([failed(500)], []), 2],
    ];
    for (const [kube, count] of stops) expect(await run(kube, count, { random: () => 0.9 })).toHaveLength(count);
    expect(await run(scripted([], []), 9, { signal: AbortSignal.abort() })).toEqual([]);
  });
});
