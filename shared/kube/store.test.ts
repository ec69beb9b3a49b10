import { pino } from "pino";
import { expect, test } from "vitest";
import type { Kube, KubeObject } from "./types.ts";
import { ApiError } from "./errors.ts";
import { Store, runStore } from "./store.ts";

const THINGS = { group: "test", version: "v1", plural: "things" };
const thing = (name: string, resourceVersion: string, namespace?: string): KubeObject => ({
  apiVersion: "test/v1",
  kind: "Thing",
  metadata: { name, resourceVersion, uid: name, ...(namespace !== undefined && { namespace }) },
});

test("runStore() keeps the store in step and tells every key that changed, after the store holds it", async () => {
  const lists = [
    [thing("a", "1", "ns"), thing("b", "1", "ns"), thing("cluster", "1")],
    // What a second list finds: a as it was, b gone, c new.
    [thing("a", "2", "ns"), thing("c", "5", "ns"), thing("cluster", "1")],
  ];
  const stop = new AbortController();
  const watches = [
    [
      { type: "MODIFIED", object: { ...thing("a", "2", "ns"), managedFields: [] } },
      { type: "DELETED", object: thing("cluster", "3") },
      { type: "ADDED", object: thing("cluster", "1") },
      { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } },
    ],
    [{ type: "BOOKMARK", object: thing("", "9") }],
  ];
  const kube: Kube = {
    request: <T>() => Promise.resolve({ metadata: { resourceVersion: "1" }, items: lists.shift() ?? [] } as T),
    open: async function* () {
      const events = watches.shift();
      for (const event of events ?? []) yield JSON.stringify(event);
      if (watches.length === 0) stop.abort();
    },
    close: () => {},
  };
  const store = new Store<KubeObject>();
  const changes: string[] = [];
  await runStore({
    kube,
    store,
    resource: THINGS,
    signal: stop.signal,
    random: () => 0,
    onChange: ({ namespace, name }) => {
      const found = store.get(namespace, name)?.metadata.resourceVersion ?? "gone";
      changes.push(`${namespace}/${name} ${found} ${store.synced ? "synced" : "new"}`);
    },
  });
  expect(changes).toEqual([
    "ns/a 1 new",
    "ns/b 1 new",
    "/cluster 1 new",
    "ns/a 2 synced",
    "/cluster gone synced",
    "/cluster 1 synced",
    "ns/c 5 synced",
    "ns/b gone synced",
  ]);
  expect(store.list().map(({ metadata }) => metadata.name)).toEqual(["a", "cluster", "c"]);
  await store.whenSynced();
});

test("runStore() drops managedFields, logs and tells trouble, and passes on an error of its listener", async () => {
  const item = { ...thing("a", "1"), metadata: { ...thing("a", "1").metadata, managedFields: [{ manager: "x" }] } };
  const answers = [
    new ApiError("x", { status: 500, reason: "InternalError" }),
    { metadata: { resourceVersion: "1" }, items: [item] },
  ];
  const kube: Kube = {
    request: <T>() => {
      const answer = answers.shift();
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as T);
    },
    open: async function* () {
      yield "";
    },
    close: () => {},
  };
  const logged: string[] = [];
  const troubles: string[] = [];
  const log = pino({}, { write: (line) => logged.push((JSON.parse(line) as { msg: string }).msg) });
  const store = new Store<KubeObject>();
  const run = runStore({
    kube,
    store,
    log,
    resource: THINGS,
    signal: new AbortController().signal,
    random: () => 0,
    onTrouble: ({ message }) => troubles.push(message),
    onChange: () => {
      throw new RangeError("listener is broken");
    },
  });
  await expect(run).rejects.toThrow("listener is broken");
  expect(logged).toEqual(["watch failed"]);
  expect(troubles).toEqual(["x"]);
  expect(store.get("", "a")).toEqual(thing("a", "1"));
  expect(store.synced).toBe(false);
});
