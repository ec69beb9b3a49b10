// Contract: server-side apply - owners of fields and of conditions, conflicts, force, and what an owner leaves out.
import { beforeAll, describe, expect, test } from "vitest";
import { serverSideApply } from "../../../shared/kube/apply.ts";
import { isConflict } from "../../../shared/kube/errors.ts";
import type { Condition, Kube, KubeObject } from "../../../shared/kube/types.ts";
import { CONFIG_MAPS, GADGETS, configMap, create, errorOf, gadget, get, makeNamespace } from "../fixtures.ts";
import type { ConfigMap, Gadget } from "../fixtures.ts";
import type { ContractServer } from "../server.ts";

const AT = "2026-01-02T03:04:05Z";

function condition(type: string, status: Condition["status"]): Condition {
  return { type, status, reason: "Test", message: "", lastTransitionTime: AT };
}

export function applyCases(server: ContractServer): void {
  describe("server-side apply", () => {
    let kube: Kube;
    let namespace: string;
    beforeAll(async () => {
      kube = await server.kube();
      namespace = await makeNamespace(kube);
      return () => kube.close();
    });

    function applyStatus(name: string, fieldManager: string, conditions: Condition[], force = false): Promise<Gadget> {
      const { apiVersion, kind } = gadget(namespace, name);
      const object = { apiVersion, kind, metadata: { namespace, name }, status: { conditions } };
      return serverSideApply<Gadget>(kube, GADGETS, object, { fieldManager, force, subresource: "status" });
    }
    const applyConfigMap = (name: string, fieldManager: string, data: Record<string, string>, force = false) =>
      serverSideApply<ConfigMap>(kube, CONFIG_MAPS, withData(name, data), { fieldManager, force });
    const withData = (name: string, data: Record<string, string>): KubeObject & { data: Record<string, string> } => ({
      ...configMap(namespace, name),
      data,
    });

    test("creates an object that is not there, and applies it again", async () => {
      const created = await applyConfigMap("new", "one", { a: "1" });
      expect(created.data).toEqual({ a: "1" });
      const again = await applyConfigMap("new", "one", { a: "1" });
      expect(again.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
    });

    test("keeps the conditions of two managers, whoever writes last", async () => {
      await create(kube, GADGETS, gadget(namespace, "shared"));
      await applyStatus("shared", "agent", [condition("KruiseReady", "True"), condition("Degraded", "False")]);
      await applyStatus("shared", "manager", [condition("Reporting", "True")]);
      await applyStatus("shared", "agent", [condition("KruiseReady", "False"), condition("Degraded", "True")]);
      const { status, spec } = await get<Gadget>(kube, GADGETS, gadget(namespace, "shared"));
      const found = Object.fromEntries(status?.conditions?.map((each) => [each.type, each.status]) ?? []);
      expect(found).toEqual({ KruiseReady: "False", Degraded: "True", Reporting: "True" });
      expect(spec).toEqual({ size: 1 });
    });

    test("many writers at once lose nothing", async () => {
      await create(kube, GADGETS, gadget(namespace, "crowd"));
      const types = Array.from({ length: 8 }, (_, index) => `Type${index}`);
      await Promise.all(types.map((type) => applyStatus("crowd", `manager-${type}`, [condition(type, "True")])));
      const { status } = await get<Gadget>(kube, GADGETS, gadget(namespace, "crowd"));
      expect(status?.conditions?.map(({ type }) => type).toSorted()).toEqual(types);
    });

    test("removes the condition that its owner leaves out, and no other", async () => {
      await create(kube, GADGETS, gadget(namespace, "less"));
      await applyStatus("less", "agent", [condition("A", "True"), condition("B", "True")]);
      await applyStatus("less", "manager", [condition("C", "True")]);
      const { status } = await applyStatus("less", "agent", [condition("A", "True")]);
      expect(status?.conditions?.map(({ type }) => type).toSorted()).toEqual(["A", "C"]);
    });

    test("refuses with 409 Conflict to change another manager's field, unless forced", async () => {
      await create(kube, GADGETS, gadget(namespace, "contested"));
      await applyStatus("contested", "agent", [condition("KruiseReady", "True")]);
      const error = await errorOf(applyStatus("contested", "manager", [condition("KruiseReady", "Unknown")]));
      expect(error).toMatchObject({ status: 409, reason: "Conflict" });
      expect(isConflict(error)).toBe(true);
      expect((error as Error).message).toContain("agent");
      const forced = await applyStatus("contested", "manager", [condition("KruiseReady", "Unknown")], true);
      expect(forced.status?.conditions).toEqual([condition("KruiseReady", "Unknown")]);
      expect(await errorOf(applyStatus("contested", "agent", [condition("KruiseReady", "True")]))).toMatchObject({
        status: 409,
      });
    });

    test("shares a field that two managers set to the same value", async () => {
      await applyConfigMap("same", "one", { a: "1" });
      await applyConfigMap("same", "two", { a: "1", b: "2" });
      const { data } = await serverSideApply<ConfigMap>(kube, CONFIG_MAPS, bare("same"), { fieldManager: "one" });
      expect(data).toEqual({ a: "1", b: "2" });
    });

    test("removes the keys of a map that their only owner leaves out", async () => {
      await applyConfigMap("keys", "one", { a: "1", b: "2" });
      await applyConfigMap("keys", "two", { c: "3" });
      const { data } = await applyConfigMap("keys", "one", { b: "2" });
      expect(data).toEqual({ b: "2", c: "3" });
    });

    test("to the status of an object that is not there answers 404", async () => {
      expect(await errorOf(applyStatus("absent", "agent", []))).toMatchObject({ status: 404, reason: "NotFound" });
    });

    function bare(name: string): KubeObject {
      const { apiVersion, kind, metadata } = configMap(namespace, name);
      return { apiVersion, kind, metadata };
    }
  });
}
