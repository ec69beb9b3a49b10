// Contract: RBAC - what a Role in one namespace lets an identity do there, and 403 everywhere else.
import { beforeAll, describe, expect, test } from "vitest";
import { serverSideApply } from "../../../shared/kube/apply.ts";
import { isForbidden } from "../../../shared/kube/errors.ts";
import { listAll } from "../../../shared/kube/pages.ts";
import { collectionPath } from "../../../shared/kube/paths.ts";
import { sleep } from "../../../shared/runtime/sleep.ts";
import type { Kube, Resource } from "../../../shared/kube/types.ts";
import { CONFIG_MAPS, GADGETS, configMap, create, errorOf, gadget, get, makeNamespace, remove } from "../fixtures.ts";
import type { ContractServer } from "../server.ts";
import { LIMITED_USER } from "../server.ts";

const RBAC = { group: "rbac.authorization.k8s.io", version: "v1" };
const ROLES: Resource = { ...RBAC, plural: "roles" };
const ROLE_BINDINGS: Resource = { ...RBAC, plural: "rolebindings" };

export function accessCases(server: ContractServer): void {
  describe("access", () => {
    let admin: Kube;
    let limited: Kube;
    let own: string;
    let foreign: string;
    beforeAll(async () => {
      [admin, limited] = await Promise.all([server.kube("admin"), server.kube("limited")]);
      [own, foreign] = await Promise.all([makeNamespace(admin), makeNamespace(admin)]);
      for (const namespace of [own, foreign]) {
        await create(admin, CONFIG_MAPS, configMap(namespace, "there"));
        await create(admin, GADGETS, gadget(namespace, "there"));
      }
      await grant(admin, own);
      await effective(limited, own);
      return () => {
        admin.close();
        limited.close();
      };
    });

    test("a Role allows its verbs in its namespace", async () => {
      expect((await get(limited, CONFIG_MAPS, configMap(own, "there"))).metadata.name).toBe("there");
      expect((await listAll(limited, { resource: CONFIG_MAPS, namespace: own })).items.length).toBeGreaterThan(0);
    });

    test("a request to another namespace answers 403 with reason Forbidden, be the object there or not", async () => {
      for (const name of ["there", "absent"]) {
        const error = await errorOf(get(limited, CONFIG_MAPS, configMap(foreign, name)));
        expect(error).toMatchObject({ status: 403, reason: "Forbidden" });
        expect(isForbidden(error)).toBe(true);
        expect((error as Error).message).toContain(LIMITED_USER);
      }
    });

    test("a list and a watch of all namespaces answer 403", async () => {
      expect(await errorOf(listAll(limited, { resource: CONFIG_MAPS }))).toMatchObject({ status: 403 });
      const lines = limited.open({
        method: "GET",
        path: collectionPath(CONFIG_MAPS),
        query: { watch: true, timeoutSeconds: 2 },
      });
      expect(await errorOf(lines.next())).toMatchObject({ status: 403, reason: "Forbidden" });
    });

    test("a verb that the Role does not name answers 403", async () => {
      expect(await errorOf(create(limited, CONFIG_MAPS, configMap(own, "new")))).toMatchObject({ status: 403 });
      expect(await errorOf(remove(limited, CONFIG_MAPS, configMap(own, "there")))).toMatchObject({ status: 403 });
    });

    test("a right to the status is no right to the object", async () => {
      const { apiVersion, kind, metadata } = gadget(own, "there");
      const status = { apiVersion, kind, metadata, status: { phase: "Ready" } };
      const applied = serverSideApply(limited, GADGETS, status, { fieldManager: "limited", subresource: "status" });
      expect(await applied).toMatchObject({ status: { phase: "Ready" } });
      const object = serverSideApply(limited, GADGETS, gadget(own, "there"), { fieldManager: "limited" });
      expect(await errorOf(object)).toMatchObject({ status: 403 });
    });

    test("a right to one name is no right to another", async () => {
      await create(admin, GADGETS, gadget(own, "other"));
      const { apiVersion, kind, metadata } = gadget(own, "other");
      const applied = serverSideApply(
        limited,
        GADGETS,
        { apiVersion, kind, metadata },
        {
          fieldManager: "limited",
          subresource: "status",
        },
      );
      expect(await errorOf(applied)).toMatchObject({ status: 403 });
    });
  });
}

async function grant(admin: Kube, namespace: string): Promise<void> {
  const metadata = { namespace, name: "limited" };
  const rules = [
    { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] },
    { apiGroups: [GADGETS.group], resources: ["gadgets/status"], resourceNames: ["there"], verbs: ["patch"] },
  ];
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const role = { apiVersion, kind: "Role", metadata, rules };
  await create(admin, ROLES, role);
  const roleRef = { apiGroup: RBAC.group, kind: "Role", name: "limited" };
  const subjects = [{ apiGroup: RBAC.group, kind: "User", name: LIMITED_USER }];
  const binding = { apiVersion, kind: "RoleBinding", metadata, roleRef, subjects };
  await create(admin, ROLE_BINDINGS, binding);
}

/** Waits until the server has taken the Role up: its authorizer reads a cache. */
async function effective(limited: Kube, namespace: string): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  const allowed = () =>
    get(limited, CONFIG_MAPS, configMap(namespace, "there")).then(
      () => true,
      (error: unknown) => (isForbidden(error) ? false : Promise.reject(error as Error)),
    );
  while (!(await allowed())) await sleep(20, signal);
}
