// What the checks of the hub make of what was read: everything healthy but for one thing, which is named with what to
// type next.
import type { V1Pod } from "@kubernetes/client-node";
import { beforeAll, describe, expect, test } from "vitest";
import { addOnWith, condition, conditions, deployment, healthyFacts, lookAt, servingSecret } from "./facts.fixture.ts";
import type { Change } from "./facts.fixture.ts";
import type { Facts } from "./facts.ts";

let healthy: Facts;
beforeAll(async () => {
  healthy = await healthyFacts();
});
const look = (change: Change) => lookAt(healthy, change);

const pod = (status: V1Pod["status"]): V1Pod => ({ metadata: { name: "p" }, ...(status && { status }) });
const container = (state: object, restartCount = 0, ready = false) =>
  pod({ containerStatuses: [{ name: "c", image: "i", imageID: "", ready, restartCount, state }] });

test("everything healthy is ok", () => {
  expect(look({})).toEqual([]);
});

describe("the hub", () => {
  test.each<{ what: string; change: () => Change; told: (string | null)[] }>([
    {
      what: "OCM that is not there",
      change: () => ({ hub: { ...healthy.hub, groups: { "work.open-cluster-management.io": ["v1"] } } }),
      told: [
        "OCM API",
        "failed: not served: addon.open-cluster-management.io (wanted is v1alpha1 or v1beta1), cluster.open-cluster-management.io (wanted is v1)",
        "clusteradm init --wait --kubeconfig H",
      ],
    },
    {
      what: "an add-on that OCM leaves alone",
      change: () => {
        const annotations = { "addon.open-cluster-management.io/lifecycle": "self" };
        return { definition: { ...healthy.definition, metadata: { name: "kruise-health", annotations } } };
      },
      told: [
        "ClusterManagementAddOn",
        'failed: annotation addon.open-cluster-management.io/lifecycle is "self": OCM\'s addon-manager leaves this add-on alone',
        "kubectl --kubeconfig H annotate clustermanagementaddons.addon.open-cluster-management.io kruise-health addon.open-cluster-management.io/lifecycle-",
      ],
    },
    {
      what: "no manager",
      change: () => ({ managers: [] }),
      told: [
        "manager",
        "failed: no manager is installed on this hub",
        "helm upgrade --install kruise-health charts/kruise-health -n open-cluster-management-kruise-health --create-namespace --reset-then-reuse-values --kubeconfig H",
      ],
    },
    {
      what: "two managers",
      change: () => ({ managers: [deployment("a", "x"), deployment("b", "y")] }),
      told: [
        "manager",
        "failed: there are 2 managers: x/a, y/b; wanted is one",
        "helm list --all-namespaces --filter kruise-health --kubeconfig H",
      ],
    },
    {
      what: "a manager that is scaled to zero",
      change: () => ({ managers: [deployment("kruise-health", "kh", 0)] }),
      told: [
        "manager",
        "failed: Deployment kh/kruise-health is scaled to 0: nothing runs",
        "kubectl --kubeconfig H -n kh scale deployment/kruise-health --replicas=2",
      ],
    },
    {
      what: "an image that cannot be pulled",
      change: () => ({
        managers: [deployment("kruise-health", "kh", 1, 0)],
        managerPods: [container({ waiting: { reason: "ImagePullBackOff", message: "no such tag" } })],
      }),
      told: [
        "manager",
        "failed: Deployment kh/kruise-health: 0 of 1 pods are ready; container c of pod p waits: ImagePullBackOff: no such tag",
        "kubectl --kubeconfig H -n kh describe pod/p",
      ],
    },
    {
      what: "one of two pods that crashes",
      change: () => ({
        managers: [deployment("kruise-health", "kh", 2, 1)],
        managerPods: [container({ waiting: { reason: "CrashLoopBackOff" } }, 7)],
      }),
      told: [
        "manager",
        "warning: Deployment kh/kruise-health: 1 of 2 pods are ready; container c of pod p crashes: 7 restarts",
        "kubectl --kubeconfig H -n kh logs pod/p -c c --previous --tail=50",
      ],
    },
    {
      what: "a pod without a node",
      change: () => ({
        managers: [deployment("kruise-health", "kh", 1, 0)],
        managerPods: [pod({ conditions: [{ type: "PodScheduled", status: "False", message: "0/3 nodes fit" }] })],
      }),
      told: [
        "manager",
        "failed: Deployment kh/kruise-health: 0 of 1 pods are ready; pod p has no node: 0/3 nodes fit",
        "kubectl --kubeconfig H -n kh describe pod/p",
      ],
    },
    {
      what: "a Deployment that may make no pod",
      change: () => {
        const failure = { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "quota" };
        const { metadata, spec } = deployment("kruise-health", "kh");
        return {
          managers: [{ ...(metadata && { metadata }), ...(spec && { spec }), status: { conditions: [failure] } }],
        };
      },
      told: [
        "manager",
        "failed: Deployment kh/kruise-health: 0 of 1 pods are ready; no pod can be created: FailedCreate: quota",
        "kubectl --kubeconfig H -n kh describe deployment/kruise-health",
      ],
    },
    {
      what: "a Lease that is old",
      change: () => {
        const spec = { ...healthy.leaderLease.spec, renewTime: "2026-01-02T03:00:00.000000Z" };
        return { leaderLease: { ...healthy.leaderLease, spec } };
      },
      told: [
        "leader",
        "failed: pod-1 led, and has not renewed its Lease for 4m5s",
        "kubectl --kubeconfig H -n kh logs deployment/kruise-health --tail=100",
      ],
    },
    {
      what: "a Service without endpoints",
      change: () => {
        const status = { conditions: [condition("Available=False/MissingEndpoints no endpoints")] };
        return { apiService: { ...healthy.apiService, status } };
      },
      told: [
        "feedback API",
        "failed: APIService v1alpha1.kruise-health is not Available: MissingEndpoints: no endpoints",
        "kubectl --kubeconfig H -n kh get endpointslices -l kubernetes.io/service-name=kruise-health",
      ],
    },
    {
      what: "an APIService that trusts somebody else",
      change: () => ({ apiService: { ...healthy.apiService, spec: { caBundle: "eA==" } } }),
      told: [
        "serving certificate",
        "failed: the certificate in Secret kruise-health-serving is good for 89 more days, and the APIService trusts another authority than its own",
        "kubectl --kubeconfig H -n kh logs deployment/kruise-health --tail=100",
      ],
    },
    {
      what: "rights that the manager has lost",
      change: () => ({ managerMissingRights: [{ verb: "create", group: "", resource: "events" }] }),
      told: [
        "manager's rights",
        "failed: its ServiceAccount is not allowed: create events",
        "helm upgrade --install kruise-health charts/kruise-health -n kh --create-namespace --reset-then-reuse-values --kubeconfig H",
      ],
    },
  ])("names $what", ({ change, told }) => {
    expect(look(change())[0]).toEqual(told);
  });

  /** A manager that is reached by its own address alone. */
  const direct = (): Facts["managers"] => {
    const env = Object.entries({ FEEDBACK_MODE: "direct", FEEDBACK_URL: "https://h.example.com" });
    const variables = env.map(([name, value]) => ({ name, value }));
    const made = deployment("kruise-health", "kh");
    const [container] = made.spec?.template.spec?.containers ?? [];
    if (container !== undefined) container.env = variables;
    return [made];
  };

  test("misses neither APIService nor rows where there shall be none, and goes by the condition", () => {
    const change = { managers: direct(), apiService: undefined, report: undefined };
    expect(look(change)).toEqual([]);
    const addOn = addOnWith(healthy, { conditions: conditions("Reporting=False/ReportsMissing none for 95s") });
    expect(look({ ...change, addOn })).toEqual([
      ["reports", "failed: ReportsMissing: none for 95s", expect.stringContaining("kruise-health-agent")],
    ]);
  });

  const away = () => ({ ...healthy.apiService, status: { conditions: [condition("Available=False/x no answer")] } });
  test.each([
    ["none is installed", () => [], "kubectl --kubeconfig H delete apiservice v1alpha1.kruise-health"],
    [
      "none of its pods is ready",
      () => [deployment("kruise-health", "kh", 2, 0)],
      "kubectl --kubeconfig H delete apiservice v1alpha1.kruise-health",
    ],
    [
      "its leader would only make it again",
      () => healthy.managers,
      "kubectl --kubeconfig H -n kh scale deployment/kruise-health --replicas=0",
    ],
  ])("says how to let namespaces go when the manager cannot be reached: %s", (_what, managers, next) => {
    const found = look({ apiService: away(), managers: managers() });
    expect(found.find(([check]) => check === "namespace deletion")).toEqual([
      "namespace deletion",
      "failed: no namespace of this hub can be deleted to its end while APIService v1alpha1.kruise-health is there and not Available",
      next,
    ]);
  });

  test.each([
    ["there is no APIService", () => undefined],
    ["nobody has looked at it yet", () => ({ ...healthy.apiService, status: {} })],
  ])("sees nothing in the way of namespaces when %s", (_what, apiService) => {
    expect(look({ apiService: apiService() }).map(([check]) => check)).not.toContain("namespace deletion");
  });

  test.each([
    [61, "ok"],
    [70, "warning"],
    [91, "failed"],
  ])("judges a serving certificate of 90 days after %i days: %s", async (days, state) => {
    const { secret, ca } = await servingSecret(days);
    const apiService = { ...healthy.apiService, spec: { ...healthy.apiService.spec, caBundle: ca } };
    const [found] = look({ servingSecret: secret, apiService });
    expect(found?.[1]?.split(":")[0] ?? "ok").toBe(state);
  });
});
