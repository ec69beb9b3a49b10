import { afterEach, describe, expect, test } from "vitest";
import type { KruiseWorkload } from "../../api/schemas.ts";
import { placeOf } from "../model/place.ts";
import { anObject } from "../model/page.fixture.ts";
import { ApiProblem } from "./client.ts";
import { PlayedServer, settle } from "./played.fixture.ts";
import { Session } from "./session.ts";

const ROOT = "/apis/kruise-health.open-cluster-management.io/v1alpha1";
const TABLE = { columnDefinitions: [{ name: "Name" }, { name: "State" }], rows: [{ cells: ["c1", "Fresh"] }] };
const sessions: Session[] = [];
afterEach(() => sessions.splice(0).forEach((session) => session.pause()));

interface Fleet {
  rows: readonly KruiseWorkload[];
  /** Told when only one is asked for. */
  count?: number;
  refused?: readonly string[];
}

/** A session that reads a fleet which never changes by itself. */
function start({ rows, count = rows.length, refused = [] }: Fleet, scope?: readonly string[]) {
  const server = new PlayedServer(({ path, query = {}, accept = "" }) => {
    const [, namespace] = /\/namespaces\/([^/]+)\//.exec(path) ?? [];
    if (refused.includes(namespace ?? "")) throw new ApiProblem(`you may not read ${namespace ?? "all"}`, 403);
    if (path.endsWith("/kruiseclusters")) return TABLE;
    const metadata = { resourceVersion: "7" };
    if (query["limit"] === "1") return { metadata: { ...metadata, remainingItemCount: count - 1 }, items: [] };
    const isHealthy = query["fieldSelector"] === "health=Healthy";
    const isOther = query["fieldSelector"] === "health!=Healthy";
    const items = rows
      .filter((row) => namespace === undefined || row.metadata.namespace === namespace)
      .filter(({ status }) => (status.health === "Healthy" ? !isOther : !isHealthy));
    return {
      metadata,
      items: accept.includes("PartialObjectMetadata") ? items.map((row) => ({ metadata: row.metadata })) : items,
    };
  });
  const session = new Session(
    {
      client: server,
      place: placeOf(`${ROOT}/dashboard/`),
      // The least time between two readings passes at once, the time until the next one never.
      sleep: async (ms, signal) => {
        if (ms > 3_000) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
      now: () => 0,
      random: () => 0,
      onChange: () => undefined,
    },
    scope,
  );
  sessions.push(session);
  session.start();
  return { server, session };
}

const ROWS = [
  anObject("c1 shop/cart", "Healthy/AllAvailable", { version: 3 }),
  anObject("c1 shop/pay", "Degraded/UpdateStalled", { version: 4 }),
  anObject("c2 shop/cart", "Healthy/AllAvailable", { version: 5 }),
];

describe("a session", () => {
  test("reads a small fleet whole, and watches it with one connection", async () => {
    const { server, session } = start({ rows: ROWS });
    await settle();
    expect(session.isComplete).toBe(true);
    expect(session.store.size).toBe(3);
    expect(session.store.cell("c1", "cloneset.shop.cart")?.detail?.reason).toBe("AllAvailable");
    expect(server.watches.map(({ ask }) => ask.path)).toEqual([`${ROOT}/kruiseworkloads`]);
  });

  test("reads of a large fleet what is not Healthy first, and of the others the names alone", async () => {
    const { server, session } = start({ rows: ROWS, count: 100_000 });
    await settle();
    const lists = server.asked.filter((url) => url.includes("limit=2000"));
    expect(lists).toEqual([
      `${ROOT}/kruiseworkloads?fieldSelector=health!=Healthy&limit=2000`,
      `${ROOT}/kruiseworkloads?fieldSelector=health=Healthy&limit=2000`,
    ]);
    expect(session.store.size).toBe(3);
    expect(session.store.cell("c2", "cloneset.shop.cart")).toMatchObject({ health: "Healthy", detail: undefined });
    expect(session.store.cell("c1", "cloneset.shop.pay")?.detail?.reason).toBe("UpdateStalled");
  });

  test("takes in what the watch tells, and tells its listeners", async () => {
    const { server, session } = start({ rows: ROWS });
    const told: string[] = [];
    session.listeners.add({
      object: ({ metadata }, isDeleted) => void told.push(`${metadata.namespace}/${metadata.name} ${isDeleted}`),
      anew: () => void told.push("anew"),
    });
    await settle();
    told.length = 0;
    server.watches[0]?.say("MODIFIED", anObject("c2 shop/cart", "Degraded/UpdateStalled", { version: 8 }));
    server.watches[0]?.say("DELETED", anObject("c1 shop/pay", "Degraded/UpdateStalled", { version: 9 }));
    await settle();
    expect(session.store.cell("c2", "cloneset.shop.cart")?.health).toBe("Degraded");
    expect(session.store.cell("c1", "cloneset.shop.pay")).toBeUndefined();
    expect(told).toEqual(["c2/cloneset.shop.cart false", "c1/cloneset.shop.pay true"]);
    expect(session.news.take()).toBe("shop/cart on c2 became Degraded.");
  });

  test("reads the clusters again when one falls silent", async () => {
    const { server } = start({ rows: ROWS });
    await settle();
    const reads = () => server.asked.filter((url) => url.includes("/kruiseclusters")).length;
    expect(reads()).toBe(1);
    server.watches[0]?.say(
      "MODIFIED",
      anObject("c2 shop/cart", "Unknown/ReportStale", { version: 8, status: { stale: true } }),
    );
    await settle();
    expect(reads()).toBe(2);
  });

  test("lets go of its connections in a pause, and reads all again after it", async () => {
    const { server, session } = start({ rows: ROWS });
    await settle();
    session.pause();
    expect(server.watches[0]?.ask.signal.aborted).toBe(true);
    expect(session.store.size).toBe(3);
    session.start();
    await settle();
    expect(server.watches).toHaveLength(2);
  });
});

describe("a reader of some clusters", () => {
  test("reads these alone, each in its namespace", async () => {
    const { server, session } = start({ rows: ROWS, refused: [""] }, ["c1", "c2"]);
    await settle();
    expect(session.isComplete).toBe(true);
    expect([...session.store.clusters.keys()]).toEqual(["c1", "c2"]);
    expect(server.asked.every((url) => url.includes("/namespaces/c1/") || url.includes("/namespaces/c2/"))).toBe(true);
    expect(server.watches).toHaveLength(2);
  });

  test("is told of the one that he may not read, and sees the others", async () => {
    const { session } = start({ rows: ROWS, refused: ["c2"] }, ["c1", "c2"]);
    await settle();
    expect([...session.problems].map(([key, { message }]) => [key, message])).toEqual([["c2", "you may not read c2"]]);
    expect(session.isComplete).toBe(true);
    expect([...session.store.clusters.keys()]).toEqual(["c1"]);
  });

  test("is told so when he may not read all, and is served by another session once he names some", async () => {
    const { session } = start({ rows: ROWS, refused: [""] });
    await settle();
    expect(session.problems.get("")).toMatchObject({ code: 403 });
    expect([session.covers(undefined), session.covers(["c1"])]).toEqual([true, false]);
  });

  test("of many clusters has no watch for each: a browser has six connections", async () => {
    const { server, session } = start({ rows: ROWS }, ["c1", "c2", "c3", "c4"]);
    await settle();
    expect(server.watches).toEqual([]);
    expect(session.store.size).toBe(3);
  });
});

test("a session of all covers some, one of some does not cover all", () => {
  const { session: ofAll } = start({ rows: [] });
  expect([ofAll.covers(undefined), ofAll.covers(["c1"])]).toEqual([true, true]);
  const { session: ofSome } = start({ rows: [] }, ["c1", "c2"]);
  expect([ofSome.covers(["c2"]), ofSome.covers(["c3"]), ofSome.covers(undefined)]).toEqual([true, false, false]);
});
