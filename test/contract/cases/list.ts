// Contract: lists - pages, selectors, and a continue token that the server no longer knows.
import { beforeAll, describe, expect, test } from "vitest";
import { isGone } from "../../../shared/kube/errors.ts";
import { listAll, listPages } from "../../../shared/kube/pages.ts";
import { collectionPath } from "../../../shared/kube/paths.ts";
import type { Kube, KubeObject } from "../../../shared/kube/types.ts";
import {
  CONFIG_MAPS,
  GADGETS,
  LEASES,
  configMap,
  create,
  errorOf,
  gadget,
  lease,
  makeNamespace,
  take,
} from "../fixtures.ts";
import type { ConfigMap } from "../fixtures.ts";
import type { ContractServer } from "../server.ts";

export function listCases(server: ContractServer): void {
  describe("lists", () => {
    let kube: Kube;
    let namespace: string;
    beforeAll(async () => {
      kube = await server.kube();
      namespace = await makeNamespace(kube);
      for (const name of ["a", "b", "c", "d", "e"]) {
        const labels = { letter: name, half: name < "c" ? "first" : "second" };
        await create(kube, CONFIG_MAPS, configMap(namespace, name, { labels }));
        await create(kube, GADGETS, gadget(namespace, name));
        await create(kube, LEASES, lease(namespace, name));
      }
      return () => kube.close();
    });

    // Not ConfigMaps: a controller manager adds one of its own to every namespace, and a selector drops what remains.
    test.each([LEASES, GADGETS])("come in pages, in order, with what remains: $plural", async (resource) => {
      const pages = await take(Infinity, listPages<KubeObject>(kube, { resource, namespace, limit: 2 }));
      expect(pages.map(({ items }) => items.map(({ metadata }) => metadata.name))).toEqual([
        ["a", "b"],
        ["c", "d"],
        ["e"],
      ]);
      expect(pages.map(({ remaining }) => remaining)).toEqual([3, 1, undefined]);
      expect(new Set(pages.map(({ resourceVersion }) => resourceVersion)).size).toBe(1);
    });

    test("go on with pages of another size", async () => {
      const names = ["a", "b", "c", "d", "e"];
      const sizes: number[] = [];
      const found: string[] = [];
      // Each object is larger than that: after the first page they come one by one.
      for await (const page of listPages<KubeObject>(kube, { resource: GADGETS, namespace, limit: 2, pageBytes: 10 })) {
        sizes.push(page.items.length);
        found.push(...page.items.map(({ metadata }) => metadata.name));
      }
      expect(found).toEqual(names);
      expect(sizes).toEqual([1, 1, 1, 1, 1]);
    });

    test("carry apiVersion and kind in every item after decoding", async () => {
      const { items } = await listAll<ConfigMap>(kube, { resource: CONFIG_MAPS, namespace, labelSelector: "letter" });
      expect(items).toHaveLength(5);
      expect(items[0]).toMatchObject({ apiVersion: "v1", kind: "ConfigMap", data: { a: "1" } });
    });

    test("of all namespaces hold those of each", async () => {
      const { items } = await listAll<KubeObject>(kube, { resource: GADGETS });
      expect(items.filter(({ metadata }) => metadata.namespace === namespace)).toHaveLength(5);
    });

    const selections: [string, { labelSelector?: string; fieldSelector?: string }, string[]][] = [
      ["a label that equals", { labelSelector: "half=first" }, ["a", "b"]],
      ["a label that differs", { labelSelector: "half!=first,letter!=e" }, ["c", "d"]],
      ["a set of values", { labelSelector: "letter in (a,e,z)" }, ["a", "e"]],
      ["a label that is there", { labelSelector: "letter" }, ["a", "b", "c", "d", "e"]],
      ["a label that is not there", { labelSelector: "!letter" }, []],
      ["one name", { fieldSelector: "metadata.name=c" }, ["c"]],
    ];
    test.each(selections)("select by %s", async (_what, selectors, names) => {
      const { items } = await listAll<KubeObject>(kube, { resource: CONFIG_MAPS, namespace, ...selectors });
      // A controller manager adds kube-root-ca.crt.
      const own = items.map(({ metadata }) => metadata.name).filter((name) => name !== "kube-root-ca.crt");
      expect(own).toEqual(names);
    });

    test("answer 410 to a continue token from a forgotten past", async () => {
      const other = await makeNamespace(kube);
      for (const name of ["a", "b"]) await create(kube, GADGETS, gadget(other, name));
      const path = collectionPath(GADGETS, other);
      const first = await kube.request<{ metadata: { continue: string } }>({
        method: "GET",
        path,
        query: { limit: 1 },
      });
      await create(kube, GADGETS, gadget(other, "c"));
      await server.forgetHistory();
      const token = first.metadata.continue;
      const query = { limit: 1, continue: server.agedToken?.(token) ?? token };
      const error = await errorOf(kube.request({ method: "GET", path, query }));
      expect(error).toMatchObject({ status: 410, reason: "Expired" });
      expect(isGone(error)).toBe(true);
    });
  });
}
