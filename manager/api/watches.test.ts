import { Agent, request } from "node:https";
import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { makeAuthority } from "../../test/support/certificates.ts";
import { aRecord, aReport } from "../fleet/report.fixture.ts";
import { ROOT, START_MS, TABLE, buildWorld } from "./api.fixture.ts";
import type { World } from "./api.fixture.ts";
import type { ServingTls } from "./deps.ts";

interface Event {
  type: string;
  object: {
    kind: string;
    code?: number;
    metadata: { name?: string; resourceVersion: string; annotations?: Record<string, string> };
    columnDefinitions?: unknown;
    rows?: { cells: string[] }[];
    status?: { health: string };
  };
}

interface Watching {
  events: AsyncIterator<Event>;
  response: IncomingMessage;
  next(): Promise<string>;
  ended(): Promise<boolean>;
}

let tls: ServingTls;
let world: World;
let port: number;

beforeAll(async () => {
  const authority = await makeAuthority("serving");
  tls = { ...(await authority.issue({ cn: "kruise-health", ips: ["127.0.0.1"] })), clientCas: [] };
});
beforeEach(async () => {
  world = buildWorld({ tls });
  await world.app.listen({ host: "127.0.0.1", port: 0 });
  const address = world.app.server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});
afterEach(async () => {
  vi.useRealTimers();
  await world.app.close();
});

async function open(path: string, accept = "application/json", agent: Agent | false = false): Promise<Watching> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { "x-test-user": "admin", accept };
    const options = {
      host: "127.0.0.1",
      port,
      path: `${ROOT}/${path}`,
      headers,
      agent,
      rejectUnauthorized: false,
    };
    request(options, resolve).on("error", reject).end();
  });
  const lines = createInterface({ input: response })[Symbol.asyncIterator]();
  const events: AsyncIterator<Event> = {
    next: async () => {
      const { done, value } = await lines.next();
      return done === true ? { done, value } : { done: false, value: JSON.parse(value) };
    },
  };
  return {
    events,
    response,
    next: async () => {
      const { done, value } = await events.next();
      return done === true ? "end" : `${value.type} ${value.object.metadata.name ?? value.object.kind}`;
    },
    ended: async () => (await events.next()).done === true,
  };
}

const now = () => world.fleet.resourceVersion;
const cart = aRecord();
const badCart = aRecord({ h: "Degraded", r: "Unavailable", m: "no pod is available" });
const log = aRecord({ k: "SidecarSet", ns: "", n: "log" });
let sequence = 1;
beforeEach(() => {
  sequence = 1;
});

/** Replaces what c1 has. */
function c1Has(...records: Parameters<typeof aReport>[0]): void {
  sequence += 1;
  world.fleet.apply("c1", aReport(records, { sequence }));
}

describe("a watch", () => {
  test("without a version tells what there is, then what changes", async () => {
    const watching = await open("namespaces/c1/kruiseworkloads?watch=true");
    expect([await watching.next(), await watching.next(), await watching.next()].toSorted()).toEqual([
      "ADDED cloneset.shop.cart",
      "ADDED cloneset.shop.web",
      "ADDED sidecarset.log",
    ]);
    c1Has(badCart, log);
    expect([await watching.next(), await watching.next()].toSorted()).toEqual([
      "DELETED cloneset.shop.web",
      "MODIFIED cloneset.shop.cart",
    ]);
  });

  test("from a version misses nothing that came between", async () => {
    const version = now();
    c1Has(badCart);
    const watching = await open(`kruiseworkloads?watch=true&resourceVersion=${version}`);
    const versions = [];
    for (let count = 0; count < 3; count += 1)
      versions.push((await watching.events.next()).value.object.metadata.resourceVersion);
    expect(versions).toEqual([1, 2, 3].map((step) => String(version + step)));
  });

  test("keeps to its namespace and resource", async () => {
    const watching = await open(`namespaces/c2/kruiseclusters?watch=true&resourceVersion=${now()}`);
    c1Has();
    world.fleet.apply("c2", aReport([], { epoch: 2000 }));
    expect(await watching.next()).toBe("MODIFIED c2");
  });

  test("tells a row that starts to match as ADDED and one that stops as DELETED, as it last matched", async () => {
    const watching = await open(`kruiseworkloads?watch=true&resourceVersion=${now()}&fieldSelector=health%3DDegraded`);
    c1Has(badCart, log);
    expect([await watching.next(), await watching.next()].toSorted()).toEqual([
      "ADDED cloneset.shop.cart",
      "DELETED cloneset.shop.web",
    ]);
    c1Has(cart, log);
    const { value } = await watching.events.next();
    expect(value).toMatchObject({ type: "DELETED", object: { status: { health: "Degraded" } } });
    c1Has(badCart, log);
    expect(Number(value.object.metadata.resourceVersion)).toBeLessThan(now());
  });

  test("with sendInitialEvents ends the initial state with its bookmark", async () => {
    const query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const watching = await open(`namespaces/c2/kruiseworkloads?watch=true&${query}`);
    expect(await watching.next()).toBe("ADDED cloneset.bank.pay");
    const { value } = await watching.events.next();
    expect(value).toEqual({
      type: "BOOKMARK",
      object: {
        kind: "KruiseWorkload",
        apiVersion: "kruise-health.open-cluster-management.io/v1alpha1",
        metadata: { resourceVersion: String(now()), annotations: { "k8s.io/initial-events-end": "true" } },
      },
    });
  });

  test.each([
    [
      "sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
      "ADDED cloneset.bank.pay",
      "MODIFIED cloneset.bank.pay",
    ],
    [
      "sendInitialEvents=false&resourceVersionMatch=NotOlderThan",
      "MODIFIED cloneset.bank.pay",
      "DELETED cloneset.bank.pay",
    ],
    [
      "sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=0",
      "MODIFIED cloneset.bank.pay",
      "DELETED cloneset.bank.pay",
    ],
    ["resourceVersion=0", "ADDED cloneset.bank.pay", "MODIFIED cloneset.bank.pay"],
  ])("with %s begins with %s", async (query, first, second) => {
    const watching = await open(`namespaces/c2/kruiseworkloads?watch=true&${query}`);
    world.fleet.apply("c2", aReport([aRecord({ n: "pay", ns: "bank", h: "Degraded" })], { sequence: 2 }));
    world.fleet.apply("c2", aReport([], { sequence: 3 }));
    expect([await watching.next(), await watching.next()]).toEqual([first, second]);
  });

  test("tells each watch in its own form, and those of one form the same", async () => {
    const accepts = [TABLE, "application/json", TABLE, "application/json"];
    const watches = await Promise.all(
      accepts.map((accept) => open(`namespaces/c1/kruiseworkloads?watch=true&resourceVersion=${now()}`, accept)),
    );
    for (const one of [badCart, cart]) c1Has(one, log);
    const told = await Promise.all(
      watches.map(async ({ events }) => {
        const lines = [];
        for (let count = 0; count < 3; count += 1) lines.push((await events.next()).value);
        return lines;
      }),
    );
    expect(told[2]).toEqual(told[0]);
    expect(told[3]).toEqual(told[1]);
    expect(told.map(([first]) => first?.object.kind)).toEqual(["Table", "KruiseWorkload", "Table", "KruiseWorkload"]);
  });

  test("tells all that want the same the same, and each other what it wants, change after change", async () => {
    c1Has(cart);
    const path = `kruiseworkloads?watch=true&resourceVersion=${now()}`;
    const selected = `${path}&fieldSelector=health%3DDegraded`;
    const asked = [path, path, selected, selected, path].map(async (each, index) =>
      open(each, index === 4 ? TABLE : undefined),
    );
    const watches = await Promise.all(asked);
    const told: string[][] = [];
    for (const one of [badCart, cart, badCart, cart]) {
      c1Has(one);
      const events = await Promise.all(watches.map(async ({ events: each }) => (await each.next()).value));
      told.push(
        events.map((event) => `${event?.type} ${event?.object.kind} ${event?.object.metadata.resourceVersion}`),
      );
      expect(events[1]).toEqual(events[0]);
      expect(events[3]).toEqual(events[2]);
    }
    const words = told.map((line) => line.map((event) => event.split(" ").slice(0, 2).join(" ")));
    const [all, table] = ["MODIFIED KruiseWorkload", "MODIFIED Table"];
    const turns = ["ADDED KruiseWorkload", "DELETED KruiseWorkload", "ADDED KruiseWorkload", "DELETED KruiseWorkload"];
    expect(words).toEqual(turns.map((turn) => [all, all, turn, turn, table]));
    const versions = told.map((line) => new Set(line.map((event) => event.split(" ").at(-1))).size);
    expect(versions).toEqual([1, 1, 1, 1]);
  });

  test("with a version that is too old says 410 and ends", async () => {
    const watching = await open("kruiseworkloads?watch=true&resourceVersion=5");
    const { value } = await watching.events.next();
    expect(value).toMatchObject({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } });
    expect(await watching.ended()).toBe(true);
  });

  test("as a Table describes the columns once", async () => {
    const watching = await open(`kruiseworkloads?watch=true&resourceVersion=${now()}`, TABLE);
    c1Has(badCart);
    const first = (await watching.events.next()).value.object;
    const second = (await watching.events.next()).value.object;
    expect(first).toMatchObject({ kind: "Table", columnDefinitions: expect.arrayContaining([]) });
    expect(second).toMatchObject({ kind: "Table", columnDefinitions: null });
    expect(second.rows).toHaveLength(1);
  });

  test("as metadata sends metadata alone", async () => {
    const accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
    const watching = await open("namespaces/c2/kruiseworkloads?watch=true", accept);
    const { value } = await watching.events.next();
    expect(Object.keys(value.object)).toEqual(["kind", "apiVersion", "metadata"]);
  });

  test("sends bookmarks to who wants them and ends after timeoutSeconds", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
    const query = "allowWatchBookmarks=true&timeoutSeconds=100";
    const watching = await open(`namespaces/c2/kruiseworkloads?watch=true&resourceVersion=${now()}&${query}`);
    const bookmark = async () => {
      const { value } = await watching.events.next();
      expect(value).toMatchObject({ type: "BOOKMARK", object: { metadata: { resourceVersion: String(now()) } } });
    };
    await vi.advanceTimersByTimeAsync(30_000);
    // What is not its own wakes it, and must not put the bookmark off.
    c1Has(badCart);
    await vi.advanceTimersByTimeAsync(30_001);
    await bookmark();
    c1Has(cart);
    await vi.advanceTimersByTimeAsync(40_000);
    await bookmark();
    expect(await watching.ended()).toBe(true);
  });

  test("ends once another fleet is served", async () => {
    const { fleet } = world;
    let served = fleet;
    const other = buildWorld({ tls, fleet: () => served });
    await other.app.listen({ host: "127.0.0.1", port: 0 });
    const address = other.app.server.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
    const watching = await open(`kruiseclusters?watch=true&resourceVersion=${now()}`);
    served = other.fleet;
    fleet.expect("c9");
    await watching.next();
    expect(await watching.ended()).toBe(true);
    await other.app.close();
  });

  test("ends cleanly when the server closes, and does not hold the server by its connection", async () => {
    const agent = new Agent({ keepAlive: true });
    const watching = await open(`kruiseworkloads?watch=true&resourceVersion=${now()}`, "application/json", agent);
    const closed = world.app.close();
    expect(await watching.ended()).toBe(true);
    expect(watching.response.complete).toBe(true);
    await closed;
    agent.destroy();
  });

  test("of a client that does not read is cut off once it has fallen out of the log, and costs no buffer", async () => {
    const watching = await open(`kruiseworkloads?watch=true&resourceVersion=${now()}`);
    watching.response.pause();
    const images: [string, string][] = [["web", "x".repeat(200)]];
    let round = 0;
    const churn = () => {
      round += 1;
      const records = Array.from({ length: 1000 }, (_, index) => aRecord({ n: `w${index}`, gen: round, img: images }));
      c1Has(...records);
    };
    for (; round < 110;) {
      churn();
      await new Promise((resolve) => setImmediate(resolve));
    }
    watching.response.resume();
    let last = "";
    for (let next = await watching.next(); next !== "end"; next = await watching.next()) last = next;
    expect(last).toMatch(/^(ADDED|MODIFIED|DELETED) /);
  }, 30_000);

  test("of one cluster misses nothing of it among the changes of others, however many these are", async () => {
    world.fleet.apply("c2", aReport([aRecord({ gen: 0 })], { sequence: 1 }));
    const watching = await open(`namespaces/c2/kruiseworkloads?watch=true&resourceVersion=${now()}`);
    const rounds = 70;
    for (let round = 1; round <= rounds; round += 1) {
      c1Has(...Array.from({ length: 1000 }, (_, index) => aRecord({ n: `w${index}`, gen: round })));
      world.fleet.apply("c2", aReport([aRecord({ gen: round })], { sequence: round + 1 }));
      // Now and then the watch is asleep when the next change comes.
      await new Promise((resolve) => setTimeout(resolve, round % 10 === 0 ? 10 : 0));
    }
    const generations: unknown[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const { value } = await watching.events.next();
      generations.push((value?.object as { workload?: { generation?: number } } | undefined)?.workload?.generation);
    }
    expect(generations).toEqual(Array.from({ length: rounds }, (_, index) => index + 1));
  }, 30_000);

  test.each([
    ["sendInitialEvents=true", 422],
    ["sendInitialEvents=", 422],
    ["sendInitialEvents=false&resourceVersionMatch=Exact", 422],
    ["resourceVersionMatch=NotOlderThan", 422],
    ["sendInitialEvents=true&resourceVersionMatch=NotOlderThan&continue=abc", 422],
    ["timeoutSeconds=soon", 400],
    ["resourceVersion=-1", 400],
    [`resourceVersion=${(START_MS + 60_000) * 1000}`, 504],
  ])("is refused with %s", async (query, code) => {
    const { response } = await open(`kruiseworkloads?watch=true&${query}`);
    expect(response.statusCode).toBe(code);
  });
});
