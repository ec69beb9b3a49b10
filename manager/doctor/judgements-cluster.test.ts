// What the checks of a cluster make of what was read, on the hub and inside: everything healthy but for one thing, which is
// named with what to type next.
import { beforeAll, describe, expect, test } from "vitest";
import { addOnWith, condition, conditions, deployment, healthyFacts, lookAt, NOW_MS } from "./facts.fixture.ts";
import type { Change } from "./facts.fixture.ts";
import type { AddOn, Facts } from "./facts.ts";

let healthy: Facts;
beforeAll(async () => {
  healthy = await healthyFacts();
});
const look = (change: Change, seesManaged = true) => lookAt(healthy, change, seesManaged);
const addOn = (status: AddOn["status"], metadata: object = {}) => addOnWith(healthy, status, metadata);
const says = (...texts: string[]) => ({ addOn: addOn({ conditions: conditions(...texts) }) });

describe("the cluster", () => {
  test.each<{ what: string; change: () => Change; told: (string | null)[] }>([
    {
      what: "a cluster that waits to be accepted",
      change: () => ({ cluster: { ...healthy.cluster, spec: { hubAcceptsClient: false } } }),
      told: [
        "ManagedCluster",
        "failed: it has not been accepted by the hub",
        "clusteradm accept --clusters c1 --kubeconfig H",
      ],
    },
    {
      what: "a cluster that is not heard of",
      change: () => {
        const lost = condition("ManagedClusterConditionAvailable=Unknown/ManagedClusterLeaseUpdateStopped stopped");
        return {
          cluster: { ...healthy.cluster, status: { conditions: [condition("ManagedClusterJoined=True/x"), lost] } },
        };
      },
      told: [
        "ManagedCluster",
        "failed: its availability is Unknown (ManagedClusterLeaseUpdateStopped): stopped",
        "kubectl --kubeconfig H describe managedclusters c1",
      ],
    },
    {
      what: "a placement that does not select it",
      change: () => {
        const placements = [{ namespace: "default", name: "prod" }];
        const spec = { installStrategy: { type: "Placements", placements } };
        return { addOn: undefined, definition: { ...healthy.definition, spec } };
      },
      told: [
        "add-on enabled",
        "failed: no placement selects this cluster for the add-on (default/prod)",
        "kubectl --kubeconfig H get placementdecisions -A -o yaml",
      ],
    },
    {
      what: "an add-on that cannot go",
      change: () => ({ addOn: addOn({}, { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["x/y"] }) }),
      told: [
        "add-on enabled",
        "failed: it is being removed since 2026-01-01T00:00:00Z, held by x/y",
        "kubectl --kubeconfig H -n c1 get managedclusteraddons.addon.open-cluster-management.io kruise-health -o yaml",
      ],
    },
    {
      what: "an add-on that OCM has not adopted",
      change: () => ({ addOn: addOn({}, { ownerReferences: [] }) }),
      told: [
        "add-on enabled",
        "failed: OCM's addon-manager has not adopted it: does it run?",
        "kubectl --kubeconfig H -n c1 get managedclusteraddons.addon.open-cluster-management.io kruise-health -o yaml",
      ],
    },
    {
      what: "a config that does not exist",
      change: () => {
        const desiredConfig = { namespace: "ns", name: "cfg", specHash: "" };
        return {
          addOn: addOn({ configReferences: [{ group: "g", resource: "addondeploymentconfigs", desiredConfig }] }),
        };
      },
      told: [
        "configuration",
        "failed: addondeploymentconfigs ns/cfg has no hash: it does not exist, or was just named",
        "kubectl --kubeconfig H get addondeploymentconfigs.addon.open-cluster-management.io --all-namespaces",
      ],
    },
    {
      what: "a registration that waits",
      change: () => says("RegistrationApplied=False/PermissionConfigPending Registration waits: x"),
      told: [
        "registration",
        "failed: Registration waits: x",
        "kubectl --kubeconfig H -n kh logs deployment/kruise-health --tail=100",
      ],
    },
    {
      what: "rights that somebody has taken away",
      change: () => ({ hubBinding: undefined }),
      told: [
        "agent's rights on the hub",
        "failed: RoleBinding c1/kruise-health-agent is not there",
        "kubectl --kubeconfig H -n kh logs deployment/kruise-health --tail=100",
      ],
    },
    {
      what: "rights of another user",
      change: () => ({ hubBinding: { ...healthy.hubBinding, subjects: [{ kind: "User", name: "x" }] } }),
      told: [
        "agent's rights on the hub",
        "failed: RoleBinding kruise-health-agent does not name the registered user",
        "kubectl --kubeconfig H -n kh logs deployment/kruise-health --tail=100",
      ],
    },
    {
      what: "too many signing requests",
      change: () => {
        const spec = { request: "", signerName: "", usages: [], username: "" };
        const request = { apiVersion: "c", kind: "CertificateSigningRequest", metadata: { name: "r" }, spec };
        return {
          requests: Array.from({ length: 10 }, () => ({ ...request, status: { conditions: [{ type: "Approved" }] } })),
        };
      },
      told: [
        "signing requests",
        "failed: 10 are on the hub: OCM asks for no more certificates until they are gone",
        "kubectl --kubeconfig H delete certificatesigningrequests -l open-cluster-management.io/addon-name=kruise-health,open-cluster-management.io/cluster-name=c1",
      ],
    },
    {
      what: "a certificate that does not come",
      change: () => says("ClusterCertificateRotated=False/ClientCertificateUpdateFailed too many csr"),
      told: [
        "agent's credentials",
        "failed: ClientCertificateUpdateFailed: too many csr",
        "kubectl --kubeconfig H -n c1 describe managedclusteraddons.addon.open-cluster-management.io kruise-health",
      ],
    },
    {
      what: "a setting that is wrong",
      change: () => says("ManifestApplied=False/ManifestWorkApplyFailed customizedVariables: COLOUR is unknown"),
      told: [
        "ManifestWork",
        "failed: customizedVariables: COLOUR is unknown",
        "kubectl --kubeconfig H -n c1 describe managedclusteraddons.addon.open-cluster-management.io kruise-health",
      ],
    },
    {
      what: "a work agent that does not answer",
      change: () => ({
        works: [{ apiVersion: "w", kind: "ManifestWork", metadata: { name: "work-0", generation: 1 } }],
      }),
      told: [
        "ManifestWork",
        "failed: work-0 has no answer from the cluster: does its klusterlet's work agent run?",
        "kubectl --kubeconfig H -n c1 get manifestworks work-0 -o yaml",
      ],
    },
    {
      what: "a change that is not taken up",
      change: () => ({
        works: healthy.works.map((work) => ({ ...work, metadata: { ...work.metadata, generation: 3 } })),
      }),
      told: [
        "ManifestWork",
        "failed: work-0 has changed, and the cluster has not taken it up yet",
        "kubectl --kubeconfig H -n c1 get manifestworks work-0 -o yaml",
      ],
    },
    {
      what: "a deployment that does not end",
      change: () => says("Progressing=True/Progressing mca and work configs mismatch"),
      told: [
        "Progressing",
        "failed: Progressing: mca and work configs mismatch",
        "kubectl --kubeconfig H -n c1 describe managedclusteraddons.addon.open-cluster-management.io kruise-health",
      ],
    },
    {
      what: "a second agent",
      change: () => ({ report: { ...healthy.report, status: { ...healthy.report.status, duplicateAgent: "old" } } }),
      told: [
        "reports",
        'warning: two agents report for this cluster; "old" is not listened to',
        "kubectl --kubeconfig M -n addons describe deployment/kruise-health-agent",
      ],
    },
    {
      what: "a kind that may not be read",
      change: () => {
        const kinds = [{ group: "apps.kruise.io", kind: "CloneSet", state: "Forbidden", message: "403" }];
        return { report: { ...healthy.report, status: { ...healthy.report.status, kinds } } };
      },
      told: [
        "kinds",
        "failed: not read: CloneSet.apps.kruise.io Forbidden (403)",
        "kubectl --kubeconfig H -n c1 get kruiseclusters c1 -o yaml",
      ],
    },
    {
      what: "OpenKruise without its manager, with the guide's first step on the cluster",
      change: () => says("KruiseReady=False/ManagerMissing gone"),
      told: [
        "OpenKruise",
        "failed: ManagerMissing: gone",
        "kubectl --kubeconfig M get deployments -A -l control-plane=controller-manager",
      ],
    },
    {
      what: "workloads that are not well",
      change: () => says("WorkloadsHealthy=False/WorkloadsDegraded 1 of 5 workloads are Degraded"),
      told: [
        "workloads",
        "warning: WorkloadsDegraded: 1 of 5 workloads are Degraded",
        "kubectl --kubeconfig H -n c1 get kruiseworkloads --field-selector health=Degraded -o wide",
      ],
    },
  ])("names $what", ({ change, told }) => {
    expect(look(change())[0]).toEqual(told);
  });

  test("reads the registration of a v1beta1 object", () => {
    const [alpha] = healthy.addOn.status?.registrations ?? [];
    const kubeClient = { subject: { user: alpha?.subject?.user ?? "" }, driver: "csr" };
    const { kubeClientDriver: _driver, ...status } = { ...healthy.addOn.status };
    const beta: AddOn = {
      ...healthy.addOn,
      status: { ...status, registrations: [{ type: "kubeClient", kubeClient }] },
    };
    expect(look({ addOn: beta })).toEqual([]);
  });

  test("without a way to the cluster proposes to look there", () => {
    const report = { ...healthy.report, status: { ...healthy.report.status, state: "Stale" } };
    expect(look({ report }, false)).toEqual([
      [
        "reports",
        "failed: Stale: the last came 2s ago",
        "doctor --kubeconfig H --cluster c1 --managed-kubeconfig KUBECONFIG_OF_c1",
      ],
    ]);
  });
});

describe("the managed cluster itself", () => {
  const lease = (renewTime: string) => ({ agentLease: { ...healthy.agentLease, spec: { renewTime } } });
  test.each<{ what: string; change: () => Change; told: (string | null)[] }>([
    {
      what: "a namespace that is not there",
      change: () => ({ agentNamespace: undefined }),
      told: [
        "agent's namespace",
        "failed: there is no namespace addons: it comes with the ManifestWork",
        "kubectl --kubeconfig M get appliedmanifestworks",
      ],
    },
    {
      what: "a Secret that OCM has not made",
      change: () => ({ hubKubeconfig: undefined }),
      told: [
        "hub kubeconfig",
        "failed: Secret addons/kruise-health-hub-kubeconfig is not there: OCM's klusterlet makes it",
        "kubectl --kubeconfig M get pods --all-namespaces -l app=klusterlet-agent",
      ],
    },
    {
      what: "another cluster's kubeconfig",
      change: () => ({ hubKubeconfig: { data: { "cluster-name": Buffer.from("c2").toString("base64") } } }),
      told: [
        "hub kubeconfig",
        'failed: Secret addons/kruise-health-hub-kubeconfig is of cluster "c2": is this kubeconfig that of c1?',
        "kubectl --kubeconfig M -n addons describe secrets kruise-health-hub-kubeconfig",
      ],
    },
    {
      what: "an agent that was stopped",
      change: () => ({ agent: deployment("kruise-health-agent", "addons", 0) }),
      told: [
        "agent",
        "failed: Deployment addons/kruise-health-agent is scaled to 0: nothing runs",
        "kubectl --kubeconfig M -n addons scale deployment/kruise-health-agent --replicas=1",
      ],
    },
    {
      what: "a Lease that is late",
      change: () => lease(new Date(NOW_MS - 150_000).toISOString()),
      told: [
        "agent's Lease",
        "warning: renewed 2m30s ago: that is late",
        "kubectl --kubeconfig M -n addons logs deployment/kruise-health-agent --tail=100",
      ],
    },
    {
      what: "a Lease that is old",
      change: () => lease(new Date(NOW_MS - 400_000).toISOString()),
      told: [
        "agent's Lease",
        "failed: renewed 6m40s ago: OCM calls the agent dead",
        "kubectl --kubeconfig M -n addons logs deployment/kruise-health-agent --tail=100",
      ],
    },
    {
      what: "a cluster without OpenKruise",
      change: () => ({ managed: { ...healthy.managed, groups: {} }, kruiseManager: undefined }),
      told: [
        "OpenKruise on the cluster",
        "warning: no API group of OpenKruise is served: there is nothing to judge",
        "kubectl --kubeconfig M get customresourcedefinitions",
      ],
    },
  ])("names $what", ({ change, told }) => {
    expect(look(change())).toEqual([told]);
  });
});
