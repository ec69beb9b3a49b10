// Contract: the status subresource - spec and status are written apart, and the generation counts the spec.
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { mergePatch } from "../../../shared/kube/apply.ts";
import type { Kube } from "../../../shared/kube/types.ts";
import { GADGETS, create, gadget, get, makeNamespace, replace } from "../fixtures.ts";
import type { Gadget } from "../fixtures.ts";
import type { ContractServer } from "../server.ts";

export function statusCases(server: ContractServer): void {
  describe("the status subresource", () => {
    let kube: Kube;
    let created: Gadget;
    beforeAll(async () => {
      kube = await server.kube();
      return () => kube.close();
    });
    beforeEach(async () => {
      created = await create<Gadget>(kube, GADGETS, gadget(await makeNamespace(kube), "one"));
    });
    const target = (subresource?: string) => ({
      namespace: created.metadata.namespace ?? "",
      name: "one",
      ...(subresource !== undefined && { subresource }),
    });

    test("a create drops the status and begins with generation 1", async () => {
      const namespace = await makeNamespace(kube);
      const object: Gadget = { ...gadget(namespace, "one"), status: { phase: "Ready" } };
      const answer = await create(kube, GADGETS, object);
      expect(answer.status).toBeUndefined();
      expect(answer.metadata.generation).toBe(1);
    });

    test("a patch of the status leaves the spec and the generation as they are", async () => {
      const patch = { spec: { size: 9 }, status: { phase: "Ready" } };
      const answer = await mergePatch<Gadget>(kube, GADGETS, target("status"), patch);
      expect(answer).toMatchObject({ spec: { size: 1 }, status: { phase: "Ready" }, metadata: { generation: 1 } });
      expect(answer.metadata.resourceVersion).not.toBe(created.metadata.resourceVersion);
      expect(await get(kube, GADGETS, created)).toEqual(answer);
    });

    test("a patch of the object leaves the status as it is and moves the generation", async () => {
      await mergePatch(kube, GADGETS, target("status"), { status: { phase: "Ready" } });
      const patch = { spec: { size: 9 }, status: { phase: "Lost" } };
      const answer = await mergePatch<Gadget>(kube, GADGETS, target(), patch);
      expect(answer).toMatchObject({ spec: { size: 9 }, status: { phase: "Ready" }, metadata: { generation: 2 } });
    });

    test("a replace of the status leaves the spec, a replace of the object leaves the status", async () => {
      const first = await replace<Gadget>(
        kube,
        GADGETS,
        { ...created, spec: { size: 9 }, status: { phase: "Ready" } },
        "status",
      );
      expect(first).toMatchObject({ spec: { size: 1 }, status: { phase: "Ready" }, metadata: { generation: 1 } });
      const second = await replace<Gadget>(kube, GADGETS, { ...first, spec: { size: 2 }, status: { phase: "Lost" } });
      expect(second).toMatchObject({ spec: { size: 2 }, status: { phase: "Ready" }, metadata: { generation: 2 } });
    });

    test("labels do not move the generation", async () => {
      const answer = await mergePatch<Gadget>(kube, GADGETS, target(), { metadata: { labels: { a: "b" } } });
      expect(answer.metadata).toMatchObject({ generation: 1, labels: { a: "b" } });
    });
  });
}
