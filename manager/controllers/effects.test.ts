// The thin effects over a scripted hub: what they send, in which order, and that they send nothing when nothing differs.
import { describe, expect, test } from "vitest";
import { ApiError } from "../../shared/kube/errors.ts";
import type { Kube, KubeRequest } from "../../shared/kube/types.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import type { RowChange } from "../fleet/types.ts";
import { addonConfigs, definitionConfigs } from "./configs.ts";
import { deploy } from "./deploy.ts";
import { addon, among, cluster, CLUSTER, config, configured, reference } from "./objects.fixture.ts";
import type { ManagedClusterAddOn, ManifestWork } from "../ocm/types.ts";
import { applyPresence } from "./presence.ts";
import { registration } from "./registration.ts";
import { renderHubRbac } from "../manifests/hub-rbac.ts";
import { reporting } from "./silence.ts";

const signal = new AbortController().signal;
const MCA_STATUS =
  "/apis/addon.open-cluster-management.io/v1alpha1/namespaces/cluster1/managedclusteraddons/kruise-health/status";

/** A hub that takes everything, or fails where told, and remembers what it was sent. */
function scriptedHub(failures: Record<string, Error> = {}) {
  const requests: KubeRequest[] = [];
  const kube: Kube = {
    request: async <T>(request: KubeRequest) => {
      requests.push(request);
      const failure = Object.entries(failures).find(([part]) => request.path.includes(part));
      if (failure) throw failure[1];
      return {} as T;
    },
    open: () => {
      throw new Error("no watch is expected here");
    },
    close: () => undefined,
  };
  return { kube, requests, paths: () => requests.map(({ method, path }) => `${method} ${path}`) };
}

const forbidden = new ApiError("PATCH roles: 403 no", { status: 403, reason: "Forbidden", cause: undefined });
const SUPPORTED = [{ group: "addon.open-cluster-management.io", resource: "addondeploymentconfigs" }];
const registered = (status: ManagedClusterAddOn["status"] = {}) =>
  addon({
    supportedConfigs: SUPPORTED,
    conditions: [configured(), { ...configured(), type: "RegistrationApplied" }],
    ...status,
  });

function registrationDeps(kube: Kube, object: ManagedClusterAddOn | undefined) {
  return {
    kube,
    clock: systemClock,
    findAddon: () => object,
    findCluster: () => cluster(),
    findConfig: among(),
    findRole: () => undefined,
    findBinding: () => undefined,
  };
}

describe("registration()", () => {
  test("writes the supported configs alone first", async () => {
    const hub = scriptedHub();
    await registration(registrationDeps(hub.kube, addon()))(CLUSTER, signal);
    expect(hub.paths()).toEqual([`PATCH ${MCA_STATUS}`]);
    expect(hub.requests[0]?.body).toEqual({
      metadata: { uid: "uid-addon", resourceVersion: "7" },
      status: { supportedConfigs: SUPPORTED },
    });
  });

  test("then gives the rights, and only then says that they are given", async () => {
    const hub = scriptedHub();
    await registration(registrationDeps(hub.kube, addon({ supportedConfigs: SUPPORTED })))(CLUSTER, signal);
    expect(hub.paths()).toEqual([
      "PATCH /apis/rbac.authorization.k8s.io/v1/namespaces/cluster1/roles/kruise-health-agent",
      "PATCH /apis/rbac.authorization.k8s.io/v1/namespaces/cluster1/rolebindings/kruise-health-agent",
      `PATCH ${MCA_STATUS}`,
    ]);
  });

  test("deletes a binding to another role, by its uid, before it makes its own", async () => {
    const hub = scriptedHub();
    const object = addon({ supportedConfigs: SUPPORTED });
    const { binding } = renderHubRbac(object, []);
    const foreign = {
      ...binding,
      metadata: { ...binding.metadata, uid: "uid-foreign" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "other" },
    };
    await registration({ ...registrationDeps(hub.kube, object), findBinding: () => foreign })(CLUSTER, signal);
    const path = "/apis/rbac.authorization.k8s.io/v1/namespaces/cluster1/rolebindings/kruise-health-agent";
    expect(hub.paths().slice(1, 3)).toEqual([`DELETE ${path}`, `PATCH ${path}`]);
    expect(hub.requests[1]?.body).toEqual({ preconditions: { uid: "uid-foreign" } });
  });

  test("says that the hub refuses, and tries again", async () => {
    const hub = scriptedHub({ "/roles/": forbidden });
    const run = registration(registrationDeps(hub.kube, addon({ supportedConfigs: SUPPORTED })));
    await expect(run(CLUSTER, signal)).rejects.toThrow('Cannot give the agent of cluster "cluster1" its rights');
    expect(JSON.stringify(hub.requests.at(-1)?.body)).toContain("SetPermissionFailed");
  });

  test.each([{ object: undefined }, { object: addon({}, { metadata: { deletionTimestamp: "x" } }) }])(
    "sends nothing for an add-on that is gone or goes",
    async ({ object }) => {
      const hub = scriptedHub();
      await registration(registrationDeps(hub.kube, object))(CLUSTER, signal);
      expect(hub.paths()).toEqual([]);
    },
  );
});

test("registration() makes no credentials for an agent that hosted mode keeps from coming, and keeps those there are", async () => {
  const metadata = { annotations: { "addon.open-cluster-management.io/hosting-cluster-name": "h" } };
  const run = async (status: ManagedClusterAddOn["status"]) => {
    const hub = scriptedHub();
    await registration(registrationDeps(hub.kube, addon({ supportedConfigs: SUPPORTED, ...status }, { metadata })))(
      CLUSTER,
      signal,
    );
    return hub.paths().length;
  };
  expect(await run({})).toBe(0);
  expect(await run({ registrations: [{ signerName: "kubernetes.io/kube-apiserver-client" }] })).toBeGreaterThan(0);
});

describe("deploy()", () => {
  const deps = (kube: Kube, object: ManagedClusterAddOn) => ({
    ...registrationDeps(kube, object),
    agent: { image: "img", imagePullPolicy: "Always" },
    findWorks: (): ManifestWork[] => [],
  });
  const live = (name: string): ManifestWork => ({
    apiVersion: "work.open-cluster-management.io/v1",
    kind: "ManifestWork",
    metadata: { name, namespace: CLUSTER, uid: `uid-${name}` },
    fingerprint: "other",
    holds: [],
    applied: undefined,
  });
  const WORKS = "/apis/work.open-cluster-management.io/v1/namespaces/cluster1/manifestworks";

  test("applies the work", async () => {
    const hub = scriptedHub();
    await deploy(deps(hub.kube, registered()))(CLUSTER, signal);
    expect(hub.paths()).toEqual([
      "PATCH /apis/work.open-cluster-management.io/v1/namespaces/cluster1/manifestworks/addon-kruise-health-deploy-0",
    ]);
    expect(hub.requests[0]).toMatchObject({ contentType: "application/apply-patch+yaml", query: { force: true } });
  });

  test("deletes a work that is empty now, last, and by its uid", async () => {
    const hub = scriptedHub();
    const findWorks = () => [live("addon-kruise-health-deploy-0"), live("addon-kruise-health-deploy-1")];
    await deploy({ ...deps(hub.kube, registered()), findWorks })(CLUSTER, signal);
    expect(hub.paths()).toEqual([
      `PATCH ${WORKS}/addon-kruise-health-deploy-0`,
      `DELETE ${WORKS}/addon-kruise-health-deploy-1`,
    ]);
    expect(hub.requests[1]?.body).toEqual({ preconditions: { uid: "uid-addon-kruise-health-deploy-1" } });
  });

  test("touches nothing while the cluster goes", async () => {
    const hub = scriptedHub();
    const findCluster = () => cluster({ deletionTimestamp: "x" });
    await deploy({ ...deps(hub.kube, registered()), findCluster })(CLUSTER, signal);
    expect(hub.paths()).toEqual([]);
  });

  test("sends nothing but a condition when the config is wrong: the old work stays", async () => {
    const hub = scriptedHub();
    const object = registered({ configReferences: [reference("hash1")] });
    const findConfig = among(config({ customizedVariables: [{ name: "COLOUR", value: "blue" }] }));
    await deploy({ ...deps(hub.kube, object), findConfig })(CLUSTER, signal);
    expect(hub.paths()).toEqual([`PATCH ${MCA_STATUS}`]);
    expect(JSON.stringify(hub.requests[0]?.body)).toContain("ManifestWorkApplyFailed");
  });

  test("says that the hub refuses the work, and tries again", async () => {
    const hub = scriptedHub({ manifestworks: forbidden });
    await expect(deploy(deps(hub.kube, registered()))(CLUSTER, signal)).rejects.toThrow("Cannot apply ManifestWork");
    expect(JSON.stringify(hub.requests.at(-1)?.body)).toContain("ManifestWorkApplyFailed");
  });
});

describe("configs", () => {
  test("are hashed on the definition and on the add-on with the version they were read at", async () => {
    const hub = scriptedHub();
    const definition = {
      apiVersion: "addon.open-cluster-management.io/v1alpha1",
      kind: "ClusterManagementAddOn",
      metadata: { name: "kruise-health", uid: "u", resourceVersion: "3" },
      status: { defaultConfigReferences: [reference("")] },
    };
    const deps = {
      kube: hub.kube,
      findConfig: among(config()),
      definition: () => definition,
      findAddon: () => addon({ configReferences: [reference("hash1")] }),
    };
    await definitionConfigs(deps)("definition", signal);
    await addonConfigs(deps)(CLUSTER, signal);
    expect(hub.requests.map(({ body }) => body)).toEqual([
      { metadata: { uid: "u", resourceVersion: "3" }, status: { defaultconfigReferences: [reference("hash1")] } },
      {
        metadata: { uid: "uid-addon", resourceVersion: "7" },
        status: {
          configReferences: [{ ...reference("hash1"), name: "cfg", namespace: "ns", lastObservedGeneration: 3 }],
        },
      },
    ]);
  });
});

describe("reporting()", () => {
  test("looks again when its first time is over", async () => {
    const hub = scriptedHub();
    const row = { state: "Missing" } as Extract<RowChange, { resource: "clusters" }>["row"];
    const clock = { monotonicMs: () => 1000, wallMs: () => 0 };
    const listening = { sinceMonotonicMs: 0, sinceWallMs: 0, graceMs: 5000 };
    const run = reporting({ ...registrationDeps(hub.kube, addon()), clock, listening, findRow: () => row });
    expect(await run(CLUSTER, signal)).toEqual({ requeueAfterMs: 4000 });
    expect(hub.paths()).toEqual([]);
  });
});

test("applyPresence() expects clusters that have the add-on and forgets the others", () => {
  const told: string[] = [];
  const fleet = {
    expect: (name: string) => told.push(`expect ${name}`),
    forget: (name: string) => told.push(`forget ${name}`),
  };
  applyPresence({ fleet, findAddon: () => addon() }, "a");
  applyPresence({ fleet, findAddon: () => undefined }, "b");
  expect(told).toEqual(["expect a", "forget b"]);
});
