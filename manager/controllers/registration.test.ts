import { describe, expect, test } from "vitest";
import { renderHubRbac } from "../manifests/hub-rbac.ts";
import { addon, among, cluster, CLUSTER, config, configured, NOW, reference } from "./objects.fixture.ts";
import type { ManagedClusterAddOnStatus } from "../ocm/types.ts";
import { isActive, planNamespace, planPermissions, planRegistration, planSupportedConfigs } from "./registration.ts";

const USER = "system:open-cluster-management:cluster:cluster1:addon:kruise-health:agent:kruise-health";
const CLUSTER_GROUP = "system:open-cluster-management:cluster:cluster1:addon:kruise-health";
const registrations = [
  {
    signerName: "kubernetes.io/kube-apiserver-client",
    subject: { user: USER, groups: [CLUSTER_GROUP, "system:open-cluster-management:addon:kruise-health"] },
  },
];
const applied = { state: "applied" } as const;
const none = among();

/** What is there after every planned write. */
function after(status: ManagedClusterAddOnStatus, planned: ManagedClusterAddOnStatus | undefined) {
  return addon({ ...status, ...planned });
}

describe("isActive()", () => {
  test.each([
    { name: "an adopted add-on of a live cluster", object: addon(), of: cluster(), active: true },
    { name: "no cluster", object: addon(), of: undefined, active: false },
    { name: "a cluster that goes", object: addon(), of: cluster({ deletionTimestamp: NOW }), active: false },
    {
      name: "an add-on that goes",
      object: addon({}, { metadata: { deletionTimestamp: NOW } }),
      of: cluster(),
      active: false,
    },
    {
      name: "an add-on that OCM has not adopted",
      object: addon({}, { metadata: { ownerReferences: [] } }),
      of: cluster(),
      active: false,
    },
  ])("$name: $active", ({ object, of, active }) => {
    expect(isActive(object, of)).toBe(active);
  });
});

describe("planSupportedConfigs()", () => {
  test("comes first and once", () => {
    const planned = planSupportedConfigs(addon());
    expect(planned).toEqual({
      supportedConfigs: [{ group: "addon.open-cluster-management.io", resource: "addondeploymentconfigs" }],
    });
    expect(planSupportedConfigs(after({}, planned))).toBeUndefined();
  });
});

describe("planRegistration()", () => {
  const input = { findConfig: none, permissions: applied, now: NOW };

  test("registers the agent, its namespace and its health check, and settles", () => {
    const planned = planRegistration(addon(), input);
    expect(planned).toMatchObject({
      registrations,
      namespace: "open-cluster-management-agent-addon",
      healthCheck: { mode: "Lease" },
      conditions: [configured(), { type: "RegistrationApplied", status: "True", reason: "SetPermissionApplied" }],
    });
    expect(planRegistration(after({}, planned), { ...input, now: "2030-01-01T00:00:00Z" })).toBeUndefined();
  });

  test("never writes the driver", () => {
    const planned = planRegistration(addon({ kubeClientDriver: "csr", registrations: [] }), input);
    expect(planned).not.toHaveProperty("kubeClientDriver");
  });

  test("keeps the subject that the klusterlet wrote for its token driver", () => {
    const token = [
      {
        signerName: registrations[0]!.signerName,
        subject: { user: "system:serviceaccount:cluster1:kruise-health-agent" },
      },
    ];
    expect(planRegistration(addon({ kubeClientDriver: "token", registrations: token }), input)).not.toHaveProperty(
      "registrations",
    );
  });

  test("restores a subject that somebody changed under the csr driver", () => {
    const changed = [{ ...registrations[0]!, subject: { user: "somebody" } }];
    expect(planRegistration(addon({ kubeClientDriver: "csr", registrations: changed }), input)).toMatchObject({
      registrations,
    });
  });

  test.each([
    { permissions: { state: "pending" } as const, reason: "PermissionConfigPending", says: "not recorded" },
    {
      permissions: { state: "failed", message: "forbidden" } as const,
      reason: "SetPermissionFailed",
      says: "forbidden",
    },
  ])("says False/$reason while permissions are $permissions.state", ({ permissions, reason, says }) => {
    const planned = planRegistration(addon(), { ...input, permissions });
    expect(planned?.conditions?.at(-1)).toMatchObject({
      status: "False",
      reason,
      message: expect.stringContaining(says),
    });
  });

  test("says nothing of identity and namespace before OCM has resolved the configs", () => {
    const planned = planRegistration(addon({ configReferences: [reference("")] }), input);
    expect(planned).not.toHaveProperty("registrations");
    expect(planned).not.toHaveProperty("namespace");
    expect(planned?.conditions?.at(-1)).toMatchObject({ status: "False", reason: "PermissionConfigPending" });
  });
});

describe("planNamespace()", () => {
  const settled = { configReferences: [reference("hash1")] };
  const inConfig = among(config({ agentInstallNamespace: "from-config" }));
  test.each([
    {
      name: "the config",
      object: addon(settled, { spec: { installNamespace: "wished" } }),
      find: inConfig,
      is: "from-config",
    },
    {
      name: "the object when the config is silent",
      object: addon(settled, { spec: { installNamespace: "wished" } }),
      find: among(config({ agentInstallNamespace: "" })),
      is: "wished",
    },
    { name: "the default", object: addon(), find: none, is: "open-cluster-management-agent-addon" },
    {
      name: "what it was while a change is not released",
      object: addon({ configReferences: [reference("old")], namespace: "before" }),
      find: inConfig,
      is: "before",
    },
  ])("takes $name", ({ object, find, is }) => {
    expect(planNamespace(object, find)).toEqual({ namespace: is });
  });
});

describe("planPermissions()", () => {
  const nothing = { role: undefined, binding: undefined };
  const registered = addon({ registrations });

  test("binds the user that is being registered before the hub shows it", () => {
    expect(planPermissions(addon(), nothing).binding?.subjects[0]?.name).toBe(USER);
  });

  test("waits for the token driver to name its user, then binds that one", () => {
    const token = (user: string) =>
      addon({
        kubeClientDriver: "token",
        registrations: [{ signerName: registrations[0]!.signerName, subject: { user } }],
      });
    expect(planPermissions(token(""), nothing)).toEqual({ state: "pending" });
    const bound = planPermissions(token("system:serviceaccount:cluster1:kruise-health-agent"), nothing).binding
      ?.subjects;
    expect(bound?.map(({ name }) => name)).toEqual(["system:serviceaccount:cluster1:kruise-health-agent"]);
  });

  test("binds the registered user and the cluster's own group, never the group of all agents", () => {
    const { binding, role } = planPermissions(registered, nothing);
    expect(binding?.subjects.map(({ name }) => name)).toEqual([USER, CLUSTER_GROUP]);
    expect(role?.metadata).toMatchObject({ namespace: CLUSTER, ownerReferences: [{ uid: "uid-addon" }] });
    expect(role?.metadata.ownerReferences?.[0]).not.toHaveProperty("controller");
    expect(role?.rules.flatMap(({ verbs }) => verbs)).not.toContain("*");
  });

  test("writes nothing when both are as wanted", () => {
    const { role, binding } = renderHubRbac(registered, planPermissions(registered, nothing).binding?.subjects ?? []);
    expect(planPermissions(registered, { role, binding })).toEqual({ state: "applied" });
  });

  test("repairs a role that somebody widened and a binding that somebody extended", () => {
    const { role, binding } = renderHubRbac(registered, planPermissions(registered, nothing).binding?.subjects ?? []);
    const wider = { ...role, rules: [...role.rules, { apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] };
    const longer = { ...binding, subjects: [...binding.subjects, { kind: "User", name: "eve" }] };
    expect(planPermissions(registered, { role: wider, binding: longer })).toEqual({ state: "applied", role, binding });
  });

  test("makes a binding to another role anew: to which role it binds cannot be changed", () => {
    const { role, binding } = renderHubRbac(registered, planPermissions(registered, nothing).binding?.subjects ?? []);
    const other = { ...binding, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" } };
    expect(planPermissions(registered, { role, binding: other })).toEqual({
      state: "applied",
      binding,
      obsolete: other,
    });
  });
});
