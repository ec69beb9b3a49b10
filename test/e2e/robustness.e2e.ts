// Many writers of one object, hands that change what the manager keeps, and quiet: whatever others do to the add-on's
// objects, nothing of anybody gets lost, and who has nothing to say writes nothing.
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isConflict } from "../../shared/kube/errors.ts";
import { withRetry } from "../../shared/kube/retry.ts";
import type { Condition, Kube, KubeObject } from "../../shared/kube/types.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { suiteStack } from "./harness/suite.ts";
import type { Addon } from "./support/addon-events.ts";
import { ADDON, addonPath, enableAddon, untilConditions } from "./support/addon.ts";
import { MANAGER, readRequests } from "./support/audit.ts";
import { managerWrites } from "./support/manager.ts";
import { followObject } from "./support/transcript.ts";

const ADDON_API = "addon.open-cluster-management.io";
const RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/c2";
const WORK = `/apis/work.open-cluster-management.io/v1/namespaces/c2/manifestworks/addon-${ADDON}-deploy-0`;
const ROLE = `${RBAC}/roles/${ADDON}-agent`;
const BINDING = `${RBAC}/rolebindings/${ADDON}-agent`;
/** The klusterlet looks at an add-on's Lease each thirty seconds. */
const LEASE_LOOK_MS = 31_000;
const SOON = { limitMs: 60_000 };
const DONE = {
  RegistrationApplied: "True/SetPermissionApplied",
  ManifestApplied: "True/AddonManifestApplied",
  Progressing: "False/Completed",
  Available: "True/",
  Reporting: "True/",
  WorkloadsHealthy: "True/",
};
const stack = suiteStack();
let hub: Kube;
/** The add-on of c1, which nobody touches here, and when it was so. */
let idle: { addon: Addon; sinceMs: number };

const addonOf = async (cluster: string): Promise<Addon> =>
  hub.request<Addon>({ method: "GET", path: addonPath(cluster) });
const agentOf = (cluster: string): string =>
  `system:open-cluster-management:cluster:${cluster}:addon:${ADDON}:agent:${ADDON}`;

beforeAll(async () => {
  hub = await stack.hub.admin();
  await enableAddon(stack, hub, ["c1", "c2"]);
  await Promise.all([untilConditions(hub, "c1", DONE), untilConditions(hub, "c2", DONE)]);
  idle = { addon: await addonOf("c1"), sinceMs: Date.now() };
});

afterAll(() => hub.close());

describe("the status of an add-on", () => {
  const path = addonPath("c2");
  /** Ten writers at the same time, each of them twenty times in a row. */
  const TIMES = 20;
  const applied = Array.from({ length: 8 }, (_, index) => `E2eApplied${index}`);
  const CONVERTED = "E2eConverted";
  /** By one who reads, changes and writes, and has to begin anew when somebody was faster: a few are enough. */
  const [EDITED, EDITS] = ["E2eEdited", 5];
  /** Conditions of the manager and of the agent, written over by others: each has to write its own again. */
  const forged = ["RegistrationApplied", "WorkloadsHealthy"];

  test("28: loses no condition in 200 forced parallel patches, while manager and agent put theirs right", async () => {
    const before = (await addonOf("c2")).status;
    const types = (before?.conditions ?? []).map(({ type }) => type);
    const collection = path.replace(/\/[^/]+$/, "");
    const losses = followObject<Addon>(hub, { path: collection, name: ADDON }, ({ status }) => {
      const there = (status?.conditions ?? []).map(({ type }) => type);
      return `without ${types.filter((type) => !there.includes(type)).join() || "none"}`;
    });
    const beganMs = Date.now();
    const editing = async () =>
      repeat(EDITS, () => edit((all) => [...all.filter(({ type }) => type !== EDITED), condition(EDITED)]));
    await Promise.all([editing(), ...[...applied, ...forged].map(async (type) => repeat(TIMES, () => apply(type)))]);
    // Converted, and so slower than the others: it would not get its turn among them.
    await apply(CONVERTED, "v1beta1");
    const after = await untilConditions(hub, "c2", DONE);
    expect(after.map(({ type }) => type)).toEqual(expect.arrayContaining([...types, ...applied, EDITED, CONVERTED]));
    expect(losses.notes()).toEqual(["without none"]);
    losses.stop();
    const { registrations, kubeClientDriver } = (await addonOf("c2")).status ?? {};
    expect(kubeClientDriver).toBe("csr");
    expect({ registrations, kubeClientDriver }).toEqual({
      registrations: before?.registrations,
      kubeClientDriver: before?.kubeClientDriver,
    });
    for (const writer of [MANAGER, agentOf("c2")])
      expect(await statusWrites(writer, beganMs), writer).toBeGreaterThan(0);
    for (const type of [...applied, ...forged]) await apply(type, "v1alpha1", []);
    await edit((all) => all.filter(({ type }) => !type.startsWith("E2e")));
    await untilConditions(hub, "c2", DONE);
  });

  async function repeat(times: number, write: () => Promise<void>): Promise<void> {
    for (let time = 0; time < times; time++) await write();
  }

  let count = 0;
  const condition = (type: string): Condition => {
    const message = `${(count += 1)}`;
    return { type, status: "Unknown", reason: "Forced", message, lastTransitionTime: new Date().toISOString() };
  };

  /**
   * As `kubectl apply --server-side --force-conflicts` does; what a field manager applied before and leaves out goes. One who
   * finds no gap between the others for half a minute has no answer, and asks again.
   */
  async function apply(type: string, version = "v1alpha1", conditions = [condition(type)]): Promise<void> {
    const write = async () => applyOnce(type, version, conditions);
    await withRetry(write, { attempts: 3, signal: new AbortController().signal });
  }

  async function applyOnce(type: string, version: string, conditions: Condition[]): Promise<void> {
    await hub.request({
      method: "PATCH",
      path: `${path.replace("/v1alpha1/", `/${version}/`)}/status`,
      query: { fieldManager: type, force: true },
      contentType: "application/apply-patch+yaml",
      body: {
        apiVersion: `${ADDON_API}/${version}`,
        kind: "ManagedClusterAddOn",
        metadata: { name: ADDON, namespace: "c2" },
        status: { conditions },
      },
    });
  }

  /** As kubectl edit does: the whole list, from what was read, again when somebody was faster. */
  async function edit(change: (conditions: Condition[]) => Condition[]): Promise<void> {
    for (let triesLeft = 1000; ; triesLeft--) {
      const { metadata, status } = await addonOf("c2");
      const { resourceVersion } = metadata;
      const body = { metadata: { resourceVersion }, status: { conditions: change(status?.conditions ?? []) } };
      try {
        const contentType = "application/merge-patch+json";
        await hub.request({ method: "PATCH", path: `${path}/status`, contentType, body });
        return;
      } catch (cause) {
        if (triesLeft === 0 || !isConflict(cause)) throw cause;
      }
    }
  }

  async function statusWrites(user: string, sinceMs: number): Promise<number> {
    const requests = await readRequests(stack.hub, user);
    return requests.filter(({ verb, resource, namespace, atMs, code }) => {
      return (
        verb === "patch" &&
        resource === "managedclusteraddons/status" &&
        namespace === "c2" &&
        code === 200 &&
        atMs >= sinceMs
      );
    }).length;
  }
});

describe("what the manager keeps", () => {
  type Anything = KubeObject & Record<string, unknown>;
  type Work = KubeObject & { spec: { workload: { manifests: KubeObject[] } } };

  const read = async (path: string): Promise<Anything> => hub.request<Anything>({ method: "GET", path });

  /** The part of an object that is the manager's. */
  function content({ metadata, spec, rules, subjects, roleRef }: Anything): object {
    const { labels, annotations, ownerReferences } = metadata;
    return { labels, annotations, ownerReferences, spec, rules, subjects, roleRef };
  }

  async function merge(path: string, body: object): Promise<void> {
    await hub.request({ method: "PATCH", path, contentType: "application/merge-patch+json", body });
  }

  async function untilAsBefore(before: Map<string, Anything>, isNew: boolean): Promise<void> {
    for (const [path, old] of before) {
      await until(
        `${path} to be repaired`,
        async () => {
          const now = await read(path).catch(() => undefined);
          const same = now !== undefined && isDeepStrictEqual(content(now), content(old));
          const made = now?.metadata.uid !== old.metadata.uid;
          return same && made === isNew ? met(now) : unmet(now?.metadata);
        },
        SOON,
      );
    }
  }

  test("33: is repaired when it is edited and when it is deleted", async () => {
    const before = new Map<string, Anything>();
    for (const path of [WORK, ROLE, BINDING]) before.set(path, await read(path));
    const { spec } = await hub.request<Work>({ method: "GET", path: WORK });
    const [first, ...rest] = spec.workload.manifests;
    const odd = { ...first, metadata: { ...first?.metadata, labels: { edited: "by-hand" } } };
    await Promise.all([
      merge(WORK, {
        metadata: { labels: { "open-cluster-management.io/addon-name": null } },
        spec: { workload: { manifests: [odd, ...rest] } },
      }),
      merge(ROLE, {
        metadata: { ownerReferences: null },
        rules: [{ apiGroups: [""], resources: ["secrets"], verbs: ["get"] }],
      }),
      merge(BINDING, { subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "somebody" }] }),
    ]);
    await untilAsBefore(before, false);

    await Promise.all([...before.keys()].map(async (path) => hub.request({ method: "DELETE", path })));
    await untilAsBefore(before, true);
    await untilConditions(hub, "c2", DONE);
  });
});

describe("an idle add-on", () => {
  test("7: is not written at all, neither by us nor by OCM, and keeps the driver that the klusterlet has named", async () => {
    // The two suites before this have taken the most of it.
    await until(
      "the klusterlet to have looked",
      () => lookAt(Date.now() - idle.sinceMs > LEASE_LOOK_MS, "not yet"),
      SOON,
    );
    const { metadata, status } = await addonOf("c1");
    expect(metadata.resourceVersion).toBe(idle.addon.metadata.resourceVersion);
    expect(status).toEqual(idle.addon.status);
    expect(status?.kubeClientDriver).toBe("csr");
    const writes = await managerWrites(stack.hub, idle.sinceMs);
    expect(writes.filter((write) => write.includes(" c1/"))).toEqual([]);
    const agent = await readRequests(stack.hub, agentOf("c1"));
    const patches = agent.filter(({ verb, atMs }) => verb === "patch" && atMs >= idle.sinceMs);
    expect(patches).toEqual([]);
  });
});
