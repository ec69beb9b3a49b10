import { afterEach, describe, expect, test } from "vitest";
import { ApiProblem } from "./client.ts";
import { follow } from "./follow.ts";
import type { FollowState } from "./follow.ts";
import { PlayedServer, settle } from "./played.fixture.ts";
import type { Answer } from "./played.fixture.ts";

const WATCH = "watch=true&allowWatchBookmarks=true&resourceVersion=";
const stop: AbortController[] = [];
afterEach(() => stop.splice(0).forEach((one) => one.abort()));

/** Two chunks of one list: version 7. */
const inChunks: Answer = ({ query = {} }) => {
  if (query["continue"] === undefined) {
    return { metadata: { resourceVersion: "7", continue: "t", remainingItemCount: 1 }, items: ["a", "b"] };
  }
  return { metadata: { resourceVersion: "7" }, items: ["c"] };
};

function start(answer: Answer = inChunks, lists = [{}]) {
  const server = new PlayedServer(answer);
  const told: unknown[] = [];
  const states: FollowState[] = [];
  const ending = new AbortController();
  stop.push(ending);
  const done = follow({
    client: server,
    path: "/p",
    lists: async () => lists,
    signal: ending.signal,
    sleep: server.sleep,
    now: () => 0,
    random: () => 1,
    sink: {
      begin: () => void told.push("begin"),
      page: (index, items) => void told.push(`${index}: ${items.join()}`),
      complete: () => void told.push("complete"),
      event: (type, object) => void told.push([type, object]),
      state: (state) => void states.push(state),
    },
  });
  const failure = done.then(
    () => undefined,
    (error: unknown) => error,
  );
  return { server, told, states, failure };
}

const object = (resourceVersion: string) => ({ metadata: { resourceVersion } });

describe("a collection", () => {
  test("is listed in chunks and then watched from the version of the list", async () => {
    const { server, told, states } = start();
    await settle();
    server.watches[0]?.say("MODIFIED", object("8"));
    await settle();
    expect(server.asked).toEqual(["/p?limit=2000", "/p?limit=2000&continue=t", `/p?${WATCH}7`]);
    expect(told).toEqual(["begin", "0: a,b", "0: c", "complete", ["MODIFIED", object("8")]]);
    expect(states).toEqual([
      { is: "listing", read: 2, remaining: 1 },
      { is: "listing", read: 3, remaining: undefined },
      { is: "live" },
    ]);
  });

  test("of several lists is watched from the first of them: what changed meanwhile is told again", async () => {
    let version = 10;
    const answer: Answer = ({ query = {} }) => {
      version += 1;
      return { metadata: { resourceVersion: String(version) }, items: [query["fieldSelector"]] };
    };
    const { server, told } = start(answer, [
      { query: { fieldSelector: "bad" } },
      { query: { fieldSelector: "good" } },
    ] as never);
    await settle();
    expect(told).toEqual(["begin", "0: bad", "1: good", "complete"]);
    expect(server.asked.at(-1)).toBe(`/p?${WATCH}11`);
  });
});

describe("a watch", () => {
  test("that ends goes on after the last that it told, bookmarks counted, and nothing is listed again", async () => {
    const { server, told } = start();
    await settle();
    server.watches[0]?.say("ADDED", object("8"));
    server.watches[0]?.say("BOOKMARK", object("9"));
    server.watches[0]?.end();
    await settle();
    expect(server.asked.slice(2)).toEqual([`/p?${WATCH}7`, `/p?${WATCH}9`]);
    expect(told.filter((one) => one === "begin")).toHaveLength(1);
    expect(told).not.toContainEqual(["BOOKMARK", object("9")]);
  });

  test("that breaks goes on after the last that it told", async () => {
    const { server, states } = start();
    await settle();
    server.watches[0]?.say("ADDED", object("8"));
    server.watches[0]?.fail(new TypeError("network error"));
    await settle();
    expect(server.asked.at(-1)).toBe(`/p?${WATCH}8`);
    expect(states.at(-2)).toMatchObject({ is: "waiting", why: "network error" });
    expect(states.at(-1)).toEqual({ is: "live" });
  });

  test.each([
    ["an ERROR line", (server: PlayedServer) => server.watches[0]?.say("ERROR", { code: 410, message: "too old" })],
    [
      "a refusal",
      (server: PlayedServer) => {
        server.refusals.push(new ApiProblem("too old", 410));
        server.watches[0]?.end();
      },
    ],
  ])("whose version is too old, told by %s, is begun by new lists", async (_, tell) => {
    const { server, told } = start();
    await settle();
    tell(server);
    await settle();
    expect(told.filter((one) => one === "begin")).toHaveLength(2);
    expect(server.asked.at(-1)).toBe(`/p?${WATCH}7`);
  });

  test("that cannot be opened is waited for, longer each time, and as long as the server asks", async () => {
    const { server, states } = start();
    const away = new ApiProblem("service unavailable", 503);
    server.refusals.push(away, away, away, new ApiProblem("busy", 429, 60_000));
    await settle();
    expect(server.waits).toEqual([1_000, 2_000, 4_000, 60_000]);
    expect(states.filter(({ is }) => is === "waiting")).toContainEqual({
      is: "waiting",
      why: "busy",
      code: 429,
      untilMs: 60_000,
    });
    expect(states.at(-1)).toEqual({ is: "live" });
  });

  test("that had been open begins with short waits again", async () => {
    const { server } = start();
    const away = new ApiProblem("service unavailable", 503);
    server.refusals.push(away, away);
    await settle();
    server.refusals.push(away);
    server.watches[0]?.fail(new TypeError("network error"));
    await settle();
    expect(server.waits).toEqual([1_000, 2_000, 1_000, 2_000]);
  });
});

test("what may be listed and not watched is listed again and again", async () => {
  const { server, told, states, failure } = start();
  server.refusals.push(new ApiProblem("cannot watch", 403));
  const lists = () => told.filter((one) => one === "begin").length;
  await settle();
  expect(lists()).toBeGreaterThan(1);
  expect(states).toContainEqual({ is: "polled", everyMs: 30_000 });
  expect(server.watches).toEqual([]);
  stop.splice(0).forEach((one) => one.abort());
  expect(await failure).toBeUndefined();
});

test("what is not there yet is asked for again: the API may be on its way", async () => {
  let answers = 0;
  const { server } = start((ask) => {
    answers += 1;
    if (answers < 3) throw new ApiProblem("the server could not find the requested resource", 404);
    return inChunks(ask);
  });
  await settle();
  expect(server.watches).toHaveLength(1);
});

test.each([401, 403])("an answer of %i ends it: no repetition makes it better", async (code) => {
  const { server, failure } = start(() => {
    throw new ApiProblem("no", code);
  });
  expect(await failure).toMatchObject({ code });
  expect(server.waits).toEqual([]);
});
