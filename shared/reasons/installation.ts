// Guide to the reasons of the OpenKruise installation of a cluster: the condition KruiseReady gives them.
import { DAEMON_PODS, MANAGER_PODS } from "./commands.ts";
import type { Step } from "./guide.ts";

export interface InstallationGuide {
  /** The health that it comes with. */
  health: string;
  meaning: string;
  causes: readonly string[];
  next: readonly Step[];
  alert: string;
}

const DEPLOYMENT = "deployments kruise-controller-manager -n kruise-system";
const LOG = "kubectl logs -n kruise-system -l control-plane=controller-manager --since=1h --tail=100";
const SEE_LOG: Step = { say: "See what the manager says", run: LOG };
const SEE_PODS: Step = { say: "Look at the manager's pods", run: MANAGER_PODS };

export const INSTALLATION_GUIDE = {
  NotInstalled: {
    health: "Unknown",
    meaning: "The CRD of CloneSets is not there: OpenKruise is not on this cluster.",
    causes: ["It was never installed, or it was removed."],
    next: [{ say: "See which CRDs there are", run: "kubectl get customresourcedefinitions" }],
    alert: "when you mean it to be installed",
  },
  CRDNotEstablished: {
    health: "Degraded",
    meaning: "A CRD of OpenKruise is there, and the API server does not serve it.",
    causes: ["It was just created.", "Its names are taken by another CRD.", "Its schema is not valid."],
    next: [{ say: "See its conditions", run: "kubectl describe customresourcedefinitions clonesets.apps.kruise.io" }],
    alert: "after a minute",
  },
  ManagerMissing: {
    health: "Degraded",
    meaning: "The CRDs are there, and no Deployment of kruise-manager is: nothing acts on the objects.",
    causes: ["OpenKruise was removed without its CRDs, or half installed."],
    next: [{ say: "Look for it", run: "kubectl get deployments -A -l control-plane=controller-manager" }],
    alert: "yes",
  },
  ManagerScaledToZero: {
    health: "Suspended",
    meaning: "The Deployment of kruise-manager wants no pod: somebody has stopped OpenKruise.",
    causes: ["It was scaled down for an upgrade or a repair."],
    next: [
      {
        say: "Start it again",
        run: "kubectl scale deployments kruise-controller-manager -n kruise-system --replicas=2",
      },
    ],
    alert: "when it lasts: pods that OpenKruise's webhooks look at cannot be created meanwhile",
  },
  ManagerUnavailable: {
    health: "Degraded",
    meaning:
      "No pod of kruise-manager is available: specs cannot be changed, pods cannot be created, and every number is an old one.",
    causes: [
      "The image cannot be pulled.",
      "The pods crash, or have no node.",
      "Their webhook certificate is not ready.",
    ],
    next: [SEE_PODS, SEE_LOG],
    alert: "yes",
  },
  NoLeader: {
    health: "Degraded",
    meaning: "kruise-manager runs, but none of its pods has renewed its Lease: the controllers stand still.",
    causes: ["The pods cannot reach the API server.", "They may not write the Lease."],
    next: [
      {
        say: "See who holds the Lease and since when",
        run: "kubectl get leases kruise-manager -n kruise-system -o yaml",
      },
      SEE_LOG,
    ],
    alert: "yes",
  },
  WebhookNotReady: {
    health: "Degraded",
    meaning: "OpenKruise's webhook cannot be called: pods cannot be created, and specs cannot be changed.",
    causes: ["The webhook configuration is missing, or has no CA yet.", "Its Service has no endpoint."],
    next: [
      {
        say: "See its configurations",
        run: "kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations",
      },
      {
        say: "See its endpoints",
        run: "kubectl get endpointslices -n kruise-system -l kubernetes.io/service-name=kruise-webhook-service",
      },
      SEE_LOG,
    ],
    alert: "yes",
  },
  ConversionFailing: {
    health: "Degraded",
    meaning:
      "Objects of a kind cannot be read in one of its versions, because OpenKruise's conversion webhook does not answer.",
    causes: ["The manager is down.", "The CRD names a CA that is no longer the webhook's."],
    next: [
      {
        say: "See that a read fails, and how",
        run: "kubectl get statefulsets.v1beta1.apps.kruise.io -A --chunk-size=1",
      },
      {
        say: "See what the CRD asks for",
        run: "kubectl get customresourcedefinitions statefulsets.apps.kruise.io -o yaml",
      },
      SEE_PODS,
    ],
    alert: "yes",
  },
  DaemonNotReady: {
    health: "Progressing, after ten minutes Degraded",
    meaning:
      "kruise-daemon does not run on every node. Workloads go on; restarts of containers, image pulls and probes wait on those nodes.",
    causes: ["A node is new or not ready.", "The daemon cannot reach the node's container runtime."],
    next: [
      { say: "See on which nodes", run: DAEMON_PODS },
      {
        say: "See what it says",
        run: "kubectl logs -n kruise-system -l control-plane=daemon --since=1h --tail=100 --prefix",
      },
    ],
    alert: "when it is Degraded",
  },
  ManagerUpdating: {
    health: "Progressing",
    meaning: "kruise-manager is being rolled out, and at least one pod is available.",
    causes: ["OpenKruise is being upgraded, or a pod was moved."],
    next: [{ say: "Watch it", run: `kubectl rollout status ${DEPLOYMENT}` }],
    alert: "no",
  },
  Ready: {
    health: "Healthy",
    meaning: "OpenKruise is installed and works.",
    causes: [],
    next: [],
    alert: "no",
  },
  NotChecked: {
    health: "Unknown",
    meaning: "It cannot be told: the agent has not looked yet, or may not read what it needs.",
    causes: ["The agent has just started.", "The agent's role was changed."],
    next: [
      {
        say: "See what the agent says",
        run: "kubectl logs -n open-cluster-management-agent-addon deployments/kruise-health-agent",
      },
    ],
    alert: "when it lasts",
  },
} as const satisfies Record<string, InstallationGuide>;

/** What stands beside a reason of the installation and does not change it. */
export const INSTALLATION_NOTE_GUIDE = {
  UnsupportedVersion:
    "This OpenKruise is older than the oldest version that the rules were written for; what they say of it may be wrong.",
} as const satisfies Record<string, string>;
