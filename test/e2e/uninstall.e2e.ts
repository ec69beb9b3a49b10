// The way out: what an aggregated API leaves behind would keep the whole hub from deleting namespaces. On a hub of its own,
// so that the other suites keep theirs.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Condition, Kube, KubeObject } from "../../shared/kube/types.ts";
import { GROUP, VERSION } from "../../shared/wire/group.ts";
import { ADDON_MANAGER_NAMESPACE, installAddon } from "./harness/addon.ts";
import { lookAt, until } from "./harness/polling.ts";
import { startStack } from "./harness/stack.ts";
import type { RunningStack } from "./harness/stack.ts";
import { untilGone } from "./support/addon.ts";
import { createNamespace, deleteNamespace } from "./support/workloads.ts";

const API_SERVICE = `/apis/apiregistration.k8s.io/v1/apiservices/${VERSION}.${GROUP}`;
let stack: RunningStack;
let hub: Kube;

beforeAll(async () => {
  stack = await startStack({ clusters: [], log: () => undefined });
  await installAddon(stack, { log: () => undefined });
  hub = await stack.hub.admin();
});

afterAll(async () => {
  hub.close();
  await stack.stop();
});

describe("the APIService", () => {
  test("is made again by the manager when somebody has deleted it", async () => {
    const { metadata } = await hub.request<KubeObject>({ method: "GET", path: API_SERVICE });
    await hub.request({ method: "DELETE", path: API_SERVICE });
    await until(
      "another APIService that is Available",
      async () => {
        const found = await hub.request<KubeObject & { status?: { conditions?: Condition[] } }>({
          method: "GET",
          path: API_SERVICE,
        });
        const isAvailable = found.status?.conditions?.some(
          ({ type, status }) => type === "Available" && status === "True",
        );
        return lookAt(found.metadata.uid !== metadata.uid && isAvailable === true, found);
      },
      { limitMs: 60_000 },
    );
  });

  test("goes with helm uninstall, and namespaces can still be deleted", async () => {
    const { code, stderr } = await stack.helm("uninstall", "kruise-health", "--namespace", ADDON_MANAGER_NAMESPACE);
    expect(code, stderr).toBe(0);
    await untilGone(hub, API_SERVICE);
    await untilGone(hub, "/apis/addon.open-cluster-management.io/v1alpha1/clustermanagementaddons/kruise-health");
    await createNamespace(hub, "after-uninstall");
    await deleteNamespace(hub, "after-uninstall");
  });
});
