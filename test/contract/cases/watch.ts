// Contract: watches - order, resuming, bookmarks, selectors, and a past that the server has forgotten.
import { beforeAll, describe, expect, test } from "vitest";
import { mergePatch } from "../../../shared/kube/apply.ts";
import { listAll } from "../../../shared/kube/pages.ts";
import { collectionPath } from "../../../shared/kube/paths.ts";
import type { Kube, KubeObject, KubeRequest, Resource, WatchEvent } from "../../../shared/kube/types.ts";
import { watch } from "../../../shared/kube/watch.ts";
import { CONFIG_MAPS, GADGETS, configMap, create, gadget, makeNamespace, remove, take } from "../fixtures.ts";
import type { ContractServer } from "../server.ts";

interface RawEvent {
  type: string;
  object: KubeObject & { code?: number; reason?: string };
}

const asObject = (raw: unknown) => raw as KubeObject;

export function watchCases(server: ContractServer): void {
  const { bookmarkWithinMs = 5000 } = server;
  describe("watches", () => {
    let kube: Kube;
    let namespace: string;
    let quietSince: string;
    let bookmark: Promise<RawEvent | undefined>;
    beforeAll(async () => {
      kube = await server.kube();
      const quiet = await makeNamespace(kube);
      ({ resourceVersion: quietSince } = await listAll(kube, { resource: GADGETS, namespace: quiet }));
      // Opened first and read last: on a real server it takes a minute.
      bookmark = firstBookmark(quiet);
      return () => kube.close();
    });

    async function firstBookmark(quiet: string): Promise<RawEvent | undefined> {
      const timeoutSeconds = Math.ceil(bookmarkWithinMs / 1000);
      const query = { watch: true, allowWatchBookmarks: true, resourceVersion: quietSince, timeoutSeconds };
      const lines = kube.open({ method: "GET", path: collectionPath(GADGETS, quiet), query });
      const [line] = await take(1, lines);
      return line === undefined ? undefined : (JSON.parse(line) as RawEvent);
    }

    /** Opens a watch as it is on the wire. The server ends it after `timeoutSeconds`. */
    async function* rawWatch(query: Record<string, string | number | boolean>, resource: Resource = CONFIG_MAPS) {
      const request = {
        method: "GET" as const,
        path: collectionPath(resource, namespace),
        query: { watch: true, ...query },
      };
      for await (const line of kube.open(request)) yield JSON.parse(line) as RawEvent;
    }

    test("from a resourceVersion tell everything since, in order", async () => {
      namespace = await makeNamespace(kube);
      const before = await create(kube, CONFIG_MAPS, configMap(namespace, "before"));
      const resourceVersion = before.metadata.resourceVersion ?? "";
      await create(kube, CONFIG_MAPS, configMap(namespace, "one", { labels: { step: "1" } }));
      await mergePatch(kube, CONFIG_MAPS, { namespace, name: "one" }, { metadata: { labels: { step: "2" } } });
      await remove(kube, CONFIG_MAPS, configMap(namespace, "one"));
      const events = await take(
        3,
        rawWatch({ resourceVersion, timeoutSeconds: 10, fieldSelector: "metadata.name=one" }),
      );
      expect(events.map(({ type, object }) => [type, object.metadata.labels?.["step"]])).toEqual([
        ["ADDED", "1"],
        ["MODIFIED", "2"],
        ["DELETED", "2"],
      ]);
      const versions = events.map(({ object }) => BigInt(object.metadata.resourceVersion ?? "0"));
      expect(versions).toEqual(versions.toSorted((a, b) => (a < b ? -1 : 1)));
      expect(new Set(versions).size).toBe(3);
      expect(events[0]?.object).toMatchObject({ apiVersion: "v1", kind: "ConfigMap", data: { a: "1" } });
    });

    test("say that they are open before anything happens", async () => {
      namespace = await makeNamespace(kube);
      const opened = Promise.withResolvers<void>();
      const query = { watch: true, resourceVersion: quietSince, timeoutSeconds: 10 };
      const lines = kube.open({
        method: "GET",
        path: collectionPath(GADGETS, namespace),
        query,
        onOpen: opened.resolve,
      });
      const first = lines.next();
      await opened.promise;
      await create(kube, GADGETS, gadget(namespace, "one"));
      expect(JSON.parse(String((await first).value))).toMatchObject({ type: "ADDED" });
      await lines.return();
    });

    test("end in peace when timeoutSeconds are over", async () => {
      namespace = await makeNamespace(kube);
      expect(
        await take(
          Infinity,
          rawWatch({ resourceVersion: "0", timeoutSeconds: 1, fieldSelector: "metadata.name=none" }),
        ),
      ).toEqual([]);
    });

    test("with resourceVersion 0 begin with what there is", async () => {
      namespace = await makeNamespace(kube);
      await create(kube, CONFIG_MAPS, configMap(namespace, "there"));
      const query = { resourceVersion: "0", timeoutSeconds: 10, fieldSelector: "metadata.name=there" };
      expect(await take(1, rawWatch(query))).toMatchObject([
        { type: "ADDED", object: { metadata: { name: "there" } } },
      ]);
    });

    test("tell an object that stops fitting the selector as deleted, one that starts as added", async () => {
      namespace = await makeNamespace(kube);
      const { metadata } = await create(kube, CONFIG_MAPS, configMap(namespace, "one", { labels: { seen: "yes" } }));
      await mergePatch(kube, CONFIG_MAPS, { namespace, name: "one" }, { metadata: { labels: { seen: "no" } } });
      await mergePatch(kube, CONFIG_MAPS, { namespace, name: "one" }, { metadata: { labels: { seen: "yes" } } });
      const resourceVersion = metadata.resourceVersion ?? "";
      const events = await take(2, rawWatch({ resourceVersion, timeoutSeconds: 10, labelSelector: "seen=yes" }));
      expect(events.map(({ type }) => type)).toEqual(["DELETED", "ADDED"]);
    });

    test("from a forgotten resourceVersion answer 410, as a status or as an event", async () => {
      namespace = await makeNamespace(kube);
      await create(kube, GADGETS, gadget(namespace, "one"));
      await server.forgetHistory();
      const outcome = await take(1, rawWatch({ resourceVersion: "1", timeoutSeconds: 5 }, GADGETS)).then(
        ([event]) => ({ type: event?.type, status: event?.object.code, reason: event?.object.reason }),
        (error: { status: number; reason: string }) => ({ type: "ERROR", status: error.status, reason: error.reason }),
      );
      expect(outcome).toEqual({ type: "ERROR", status: 410, reason: "Expired" });
    });

    test("by watch() list first, then follow every change, also those between two watches", async () => {
      namespace = await makeNamespace(kube);
      await create(kube, GADGETS, gadget(namespace, "first"));
      const stop = new AbortController();
      const seen: string[] = [];
      // Every watch ends after a second; each time, before the next one begins, something changes.
      const changes = [
        () => create(kube, GADGETS, gadget(namespace, "second")),
        () => remove(kube, GADGETS, gadget(namespace, "first")),
      ];
      const seams = beforeOpening(kube, async (attempt, request) => {
        if (attempt > 0) await changes[attempt - 1]?.();
        return request;
      });
      for await (const event of watch(seams, { ...watchOptions(stop.signal), timeoutSeconds: 1 })) {
        seen.push(describeEvent(event));
        if (event.type === "Delete") stop.abort();
      }
      expect(seen).toEqual(["Init", "InitApply first", "InitDone", "Apply second", "Delete first"]);
    });

    test("by watch() list again when the server has forgotten where it stood", async () => {
      namespace = await makeNamespace(kube);
      await create(kube, GADGETS, gadget(namespace, "first"));
      const stop = new AbortController();
      const seen: string[] = [];
      const late = beforeOpening(kube, async (attempt, request) => {
        if (attempt !== 0) return request;
        await create(kube, GADGETS, gadget(namespace, "second"));
        await server.forgetHistory();
        return { ...request, query: { ...request.query, resourceVersion: "1" } };
      });
      for await (const event of watch(late, watchOptions(stop.signal))) {
        seen.push(describeEvent(event));
        if (seen.filter((type) => type === "InitDone").length === 2) stop.abort();
      }
      const relisted = ["Init", "InitApply first", "InitApply second", "InitDone"];
      expect(seen).toEqual(["Init", "InitApply first", "InitDone", ...relisted]);
    });

    test("bring a bookmark, even when nothing happens", { timeout: bookmarkWithinMs + 5000 }, async () => {
      const event = await bookmark;
      expect(event).toMatchObject({
        type: "BOOKMARK",
        object: { kind: "Gadget", apiVersion: gadget("", "").apiVersion },
      });
      expect(BigInt(event?.object.metadata.resourceVersion ?? "0")).toBeGreaterThanOrEqual(BigInt(quietSince));
    });

    function watchOptions(signal: AbortSignal) {
      return { resource: GADGETS, namespace, signal, decode: asObject, random: () => 0 };
    }
  });
}

/** A connection that does something, and may change the request, each time before a watch is opened. */
function beforeOpening(kube: Kube, step: (attempt: number, request: KubeRequest) => Promise<KubeRequest>): Kube {
  let attempts = 0;
  return {
    ...kube,
    open: async function* (request) {
      yield* kube.open(await step(attempts++, request));
    },
  };
}

function describeEvent(event: WatchEvent<KubeObject>): string {
  return "object" in event ? `${event.type} ${event.object.metadata.name}` : event.type;
}
