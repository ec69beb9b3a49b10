// What the doctor reads of a hub and a cluster where everything is as it should be; tests change one thing at a time.
import { issueAuthority, issueServing } from "../controllers/certificate-issue.ts";
import type { Condition } from "../../shared/kube/types.ts";
import { buildCommands } from "./commands.ts";
import { runChecks } from "./check.ts";
import type { Scene } from "./check.ts";
import type { AddOn, Facts, Server } from "./facts.ts";
import { checksFor } from "./run.ts";

export const NOW_MS = Date.parse("2026-01-02T03:04:05Z");
const RECENT = "2026-01-02T03:04:00.000000Z";
const DAY_MS = 86_400_000;
const AGENT_NAMESPACE = "addons";
const USER = "system:open-cluster-management:cluster:c1:addon:kruise-health:agent:kruise-health";

/** "Type=Status/Reason message" as a condition. */
export function condition(text: string, observedGeneration?: number): Condition {
  const [, type = "", status = "", reason = "", message = ""] = /^(\w+)=(\w+)\/(\w+) ?(.*)$/.exec(text) ?? [];
  return {
    type,
    status: status as Condition["status"],
    reason,
    message,
    lastTransitionTime: "2026-01-02T03:00:00Z",
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
}

/** The conditions of an add-on at rest, some of them said otherwise. */
export function conditions(...changes: string[]): Condition[] {
  const changed = changes.map((text) => condition(text));
  const usual = [
    "Configured=True/ConfigurationsConfigured",
    "RegistrationApplied=True/SetPermissionApplied",
    "ClusterCertificateRotated=True/ClientCertificateUpdated",
    "ManifestApplied=True/AddonManifestApplied",
    "Progressing=False/Completed",
    "Available=True/ManagedClusterAddOnLeaseUpdated",
    "Reporting=True/ReportsArrive",
    "KruiseReady=True/Ready fine",
    "WorkloadsHealthy=True/AllHealthy fine",
  ].map((text) => condition(text));
  return [...usual.filter(({ type }) => !changed.some((other) => other.type === type)), ...changed];
}

const server = (groups: Server["groups"]): Server => ({
  url: "https://h:6443",
  version: "v1.35.4",
  user: "me",
  groups,
});
const base64 = (text: string) => Buffer.from(text).toString("base64");
const owned = { kind: "ClusterManagementAddOn", name: "kruise-health", apiVersion: "x/v1", uid: "u" };
const ROLE = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: { name: "r" }, rules: [] };

/** A Deployment with as many ready pods as it wants. */
export function deployment(name: string, namespace: string, wanted = 1, ready = wanted): Facts["agent"] {
  const template = { spec: { containers: [{ name: "main", image: "img:1" }] } };
  const selector = { matchLabels: { app: name } };
  return {
    metadata: { name, namespace },
    spec: { replicas: wanted, selector, template },
    status: { readyReplicas: ready },
  };
}

/** Serving certificates with so much of their 90 days behind them. */
export async function servingSecret(ageDays: number): Promise<{ secret: Facts["servingSecret"]; ca: string }> {
  const authority = await issueAuthority(NOW_MS - ageDays * DAY_MS);
  const { cert } = await issueServing(authority, ["n"], NOW_MS - ageDays * DAY_MS);
  const data = { "tls.crt": base64(cert), "ca.crt": base64(authority.cert), "cluster-name": base64("c1") };
  return { secret: { metadata: { name: "kruise-health-serving" }, data }, ca: base64(authority.cert) };
}

/** Everything, healthy. */
export async function healthyFacts(): Promise<Facts> {
  const { secret, ca } = await servingSecret(1);
  const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l" } };
  const ocm = "open-cluster-management.io";
  return {
    hub: server({ [`addon.${ocm}`]: ["v1alpha1"], [`cluster.${ocm}`]: ["v1"], [`work.${ocm}`]: ["v1"] }),
    missingRights: [],
    definition: { apiVersion: "a", kind: "ClusterManagementAddOn", metadata: { name: "kruise-health" } },
    managers: [deployment("kruise-health", "kh")],
    managerPods: [],
    leaderLease: { ...lease, spec: { holderIdentity: "pod-1", renewTime: RECENT, leaseDurationSeconds: 15 } },
    apiService: {
      apiVersion: "a",
      kind: "APIService",
      metadata: { name: "v1alpha1.kruise-health" },
      spec: { caBundle: ca, service: { namespace: "kh", name: "kruise-health" } },
      status: { conditions: [condition("Available=True/Passed")] },
    },
    servingSecret: secret,
    managerMissingRights: [],
    cluster: {
      apiVersion: "a",
      kind: "ManagedCluster",
      metadata: { name: "c1" },
      spec: { hubAcceptsClient: true },
      status: {
        conditions: [condition("ManagedClusterJoined=True/x"), condition("ManagedClusterConditionAvailable=True/x")],
      },
    },
    addOn: {
      apiVersion: "a",
      kind: "ManagedClusterAddOn",
      metadata: { name: "kruise-health", namespace: "c1", ownerReferences: [owned] },
      status: {
        namespace: AGENT_NAMESPACE,
        kubeClientDriver: "csr",
        registrations: [{ signerName: "kubernetes.io/kube-apiserver-client", subject: { user: USER } }],
        conditions: conditions(),
      },
    },
    hubRole: ROLE,
    hubBinding: {
      ...ROLE,
      kind: "RoleBinding",
      roleRef: { apiGroup: "x", kind: "Role", name: "r" },
      subjects: [{ kind: "User", name: USER }],
    },
    requests: [],
    works: [
      {
        apiVersion: "w",
        kind: "ManifestWork",
        metadata: { name: "work-0", generation: 2 },
        status: { conditions: [condition("Applied=True/x", 2), condition("Available=True/x", 2)] },
      },
    ],
    report: {
      apiVersion: "r",
      kind: "KruiseCluster",
      metadata: { name: "c1" },
      status: {
        state: "Fresh",
        lastReportTime: "2026-01-02T03:04:03Z",
        agent: { version: "1" },
        kinds: [{ group: "apps.kruise.io", kind: "CloneSet", state: "Watching" }],
      },
    },
    managed: server({ "apps.kruise.io": ["v1alpha1"] }),
    agentNamespace: { metadata: { name: AGENT_NAMESPACE } },
    hubKubeconfig: secret,
    agent: deployment("kruise-health-agent", AGENT_NAMESPACE),
    agentPods: [],
    agentLease: { ...lease, spec: { renewTime: "2026-01-02T03:03:05.000000Z" } },
    kruiseManager: deployment("kruise-controller-manager", "kruise-system", 2),
  };
}

/** A look at both sides, with short commands. */
export function sceneOf(change: Partial<Scene> = {}): Scene {
  const commands = buildCommands({
    hub: { kubeconfig: "H", context: undefined },
    managed: { kubeconfig: "M", context: undefined },
    program: "doctor",
  });
  return { nowMs: NOW_MS, cluster: "c1", commands, seesManaged: true, ...change };
}

/** What is other than healthy; undefined: it is not there. */
export type Change = Partial<{ [K in keyof Facts]: Facts[K] | undefined }>;

/** The checks that are not ok, without the skipped ones: [name, "state: what it saw", next]. */
export function lookAt(healthy: Facts, change: Change, seesManaged = true): (string | null)[][] {
  const facts = Object.fromEntries(Object.entries({ ...healthy, ...change }).filter(([, fact]) => fact !== undefined));
  const scene = sceneOf({ seesManaged });
  return runChecks(checksFor(scene), { facts, troubles: {} }, scene)
    .filter(({ state }) => state === "warning" || state === "failed")
    .map(({ check, state, saw, next }) => [check, `${state}: ${saw}`, next]);
}

/** The add-on with another status or other metadata. */
export function addOnWith({ addOn }: Facts, status: AddOn["status"], metadata: object = {}): AddOn {
  return { ...addOn, metadata: { ...addOn.metadata, ...metadata }, status: { ...addOn.status, ...status } };
}
