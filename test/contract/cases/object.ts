// Contract: one object at a time - create, get, replace, patch, delete, and the Status of what goes wrong.
import { beforeAll, describe, expect, test } from "vitest";
import { mergePatch } from "../../../shared/kube/apply.ts";
import { isAlreadyExists, isConflict, isNotFound } from "../../../shared/kube/errors.ts";
import { collectionPath } from "../../../shared/kube/paths.ts";
import type { Kube, KubeObject, Resource } from "../../../shared/kube/types.ts";
import {
  CONFIG_MAPS,
  GADGETS,
  configMap,
  create,
  errorOf,
  gadget,
  get,
  makeNamespace,
  remove,
  replace,
} from "../fixtures.ts";
import type { ConfigMap } from "../fixtures.ts";
import type { ContractServer } from "../server.ts";

export function objectCases(server: ContractServer): void {
  describe("objects", () => {
    let kube: Kube;
    let namespace: string;
    beforeAll(async () => {
      kube = await server.kube();
      namespace = await makeNamespace(kube);
      return () => kube.close();
    });

    const kinds: [string, Resource, (namespace: string, name: string) => KubeObject][] = [
      ["ConfigMap", CONFIG_MAPS, configMap],
      ["custom resource", GADGETS, gadget],
    ];
    test.each(kinds)("a %s is created, read, patched and deleted", async (_kind, resource, build) => {
      const object = build(namespace, "life");
      const created = await create(kube, resource, object);
      expect(created).toMatchObject(object);
      expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(created.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(await get(kube, resource, object)).toEqual(created);

      const labels = { metadata: { labels: { colour: "red", shade: "dark" } } };
      const patched = await mergePatch(kube, resource, { namespace, name: "life" }, labels);
      expect(patched.metadata.labels).toEqual(labels.metadata.labels);
      expect(patched.metadata.uid).toBe(created.metadata.uid);
      expect(patched.metadata.resourceVersion).not.toBe(created.metadata.resourceVersion);
      const cut = { metadata: { labels: { colour: null } } };
      const without = await mergePatch(kube, resource, { namespace, name: "life" }, cut);
      expect(without.metadata.labels).toEqual({ shade: "dark" });

      await remove(kube, resource, object);
      expect(isNotFound(await errorOf(get(kube, resource, object)))).toBe(true);
    });

    test("a write that changes nothing keeps the resourceVersion", async () => {
      const created = await create(kube, CONFIG_MAPS, configMap(namespace, "same"));
      const replaced = await replace(kube, CONFIG_MAPS, created);
      expect(replaced.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
    });

    test("a second create of one name answers 409 AlreadyExists", async () => {
      await create(kube, CONFIG_MAPS, configMap(namespace, "twice"));
      const error = await errorOf(create(kube, CONFIG_MAPS, configMap(namespace, "twice")));
      expect(error).toMatchObject({ status: 409, reason: "AlreadyExists" });
      expect([isAlreadyExists(error), isConflict(error)]).toEqual([true, false]);
    });

    test("a replace of a stale read answers 409 Conflict and changes nothing", async () => {
      const first = await create(kube, CONFIG_MAPS, configMap(namespace, "stale"));
      await replace(kube, CONFIG_MAPS, { ...first, data: { a: "2" } });
      const error = await errorOf(replace(kube, CONFIG_MAPS, { ...first, data: { a: "3" } }));
      expect(error).toMatchObject({ status: 409, reason: "Conflict" });
      expect(isConflict(error)).toBe(true);
      expect((await get<ConfigMap>(kube, CONFIG_MAPS, first)).data).toEqual({ a: "2" });
    });

    test("a merge patch with a stale resourceVersion answers 409 Conflict", async () => {
      const first = await create(kube, GADGETS, gadget(namespace, "stale"));
      await mergePatch(kube, GADGETS, { namespace, name: "stale" }, { spec: { size: 2 } });
      const patch = { metadata: { resourceVersion: first.metadata.resourceVersion }, spec: { size: 3 } };
      const error = await errorOf(mergePatch(kube, GADGETS, { namespace, name: "stale" }, patch));
      expect(error).toMatchObject({ status: 409, reason: "Conflict" });
    });

    test("a replace and a patch of an object that is not there answer 404", async () => {
      const absent = configMap(namespace, "absent");
      expect(await errorOf(replace(kube, GADGETS, gadget(namespace, "absent")))).toMatchObject({ status: 404 });
      const patch = mergePatch(kube, CONFIG_MAPS, { namespace, name: "absent" }, { data: {} });
      expect(await errorOf(patch)).toMatchObject({ status: 404, reason: "NotFound" });
      expect(await errorOf(remove(kube, CONFIG_MAPS, absent))).toMatchObject({ status: 404, reason: "NotFound" });
    });

    test("an object with a finalizer stays, marked, until the finalizer goes", async () => {
      const object = configMap(namespace, "held", { finalizers: ["contract.kruise-health.test/hold"] });
      await create(kube, CONFIG_MAPS, object);
      await remove(kube, CONFIG_MAPS, object);
      const marked = await get(kube, CONFIG_MAPS, object);
      expect(marked.metadata.deletionTimestamp).toMatch(/Z$/);
      await mergePatch(kube, CONFIG_MAPS, { namespace, name: "held" }, { metadata: { finalizers: null } });
      expect(await errorOf(get(kube, CONFIG_MAPS, object))).toMatchObject({ status: 404 });
    });

    test("generateName makes a name", async () => {
      const path = collectionPath(CONFIG_MAPS, namespace);
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "made-" } };
      const made = await kube.request<KubeObject>({ method: "POST", path, body });
      expect(made.metadata.name).toMatch(/^made-.{5}$/);
    });

    test("an object for a namespace that is not there answers 404", async () => {
      const error = await errorOf(create(kube, CONFIG_MAPS, configMap("contract-no-such", "a")));
      expect(error).toMatchObject({ status: 404, reason: "NotFound" });
    });

    test("a resource, a group and a path that nobody serves answer 404", async () => {
      const unknown: Resource[] = [
        { group: "", version: "v1", plural: "nosuchthings" },
        { group: "contract.kruise-health.test", version: "v1", plural: "nosuchthings" },
        { group: "nosuchgroup.test", version: "v1", plural: "things" },
      ];
      for (const resource of unknown) {
        const error = await errorOf(kube.request({ method: "GET", path: collectionPath(resource) }));
        expect(error).toMatchObject({ status: 404, reason: "NotFound" });
      }
    });

    test("discovery names the custom resource, its kind and its status subresource", async () => {
      const list = await kube.request<{
        kind: string;
        resources: { name: string; kind: string; namespaced: boolean }[];
      }>({
        method: "GET",
        path: `/apis/${GADGETS.group}/${GADGETS.version}`,
      });
      expect(list.kind).toBe("APIResourceList");
      expect(list.resources).toContainEqual(
        expect.objectContaining({ name: "gadgets", kind: "Gadget", namespaced: true }),
      );
      expect(list.resources.map(({ name }) => name)).toContain("gadgets/status");
    });
  });
}
