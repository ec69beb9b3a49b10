// What the agent may do on its managed cluster: read OpenKruise, judge its installation, list pods for causes, renew one
// Lease. Nothing else. OCM's work agent may make all of these objects with the rights it always has (ClusterRole admin
// and its own for namespaces and RBAC, with escalate and bind), so no ClusterRole aggregated to it is shipped.
import type {
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1PolicyRule,
  V1Role,
  V1RoleBinding,
  V1ServiceAccount,
} from "@kubernetes/client-node";
import { watchedKinds } from "../../shared/wire/agent-settings.ts";
import type { AgentSettings } from "../../shared/wire/agent-settings.ts";
import { ADDON_NAME } from "../../shared/wire/group.ts";

/** Name of the agent's Deployment, ServiceAccount, roles and bindings on the managed cluster. */
export const AGENT_NAME = "kruise-health-agent";
const RBAC_API = "rbac.authorization.k8s.io";
const ADMISSION = "admissionregistration.k8s.io";
const READ = ["get", "list", "watch"];
/** Copied by OCM into each namespace with the label of add-ons; a Secret that is not there is no obstacle to kubelets. */
const PULL_SECRET = "open-cluster-management-image-pull-credentials";
/** All that a watch needs: objects are never read one by one. */
const WATCH = ["list", "watch"];

/** What the agent's Deployment finds its pods by. */
export const AGENT_SELECTOR = { "app.kubernetes.io/name": ADDON_NAME, "app.kubernetes.io/component": "agent" };

/** Recommended labels of everything that the add-on installs. */
export const AGENT_LABELS = {
  ...AGENT_SELECTOR,
  "app.kubernetes.io/part-of": ADDON_NAME,
  "app.kubernetes.io/managed-by": "open-cluster-management",
};

/** The settings that decide what the agent may read. */
export type ReachSettings = Pick<AgentSettings, "LOOK_FOR_CAUSES" | "KINDS">;

/** Renders the ServiceAccount with its roles and bindings. */
export function renderAgentRbac(namespace: string, settings: ReachSettings): object[] {
  const subjects = [{ kind: "ServiceAccount", name: AGENT_NAME, namespace }];
  const cluster = { name: AGENT_NAME, labels: AGENT_LABELS };
  const own = { ...cluster, namespace };
  return [
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: own,
      imagePullSecrets: [{ name: PULL_SECRET }],
    } satisfies V1ServiceAccount,
    {
      apiVersion: `${RBAC_API}/v1`,
      kind: "ClusterRole",
      metadata: cluster,
      rules: clusterRules(settings),
    } satisfies V1ClusterRole,
    {
      apiVersion: `${RBAC_API}/v1`,
      kind: "ClusterRoleBinding",
      metadata: cluster,
      roleRef: { apiGroup: RBAC_API, kind: "ClusterRole", name: AGENT_NAME },
      subjects,
    } satisfies V1ClusterRoleBinding,
    { apiVersion: `${RBAC_API}/v1`, kind: "Role", metadata: own, rules: leaseRules() } satisfies V1Role,
    {
      apiVersion: `${RBAC_API}/v1`,
      kind: "RoleBinding",
      metadata: own,
      roleRef: { apiGroup: RBAC_API, kind: "Role", name: AGENT_NAME },
      subjects,
    } satisfies V1RoleBinding,
  ];
}

// The installation is judged through a ClusterRole with names, not a Role in kruise-system: a Role cannot be applied
// while its namespace is absent, and a work with one manifest that fails is never Available.
function clusterRules(settings: ReachSettings): V1PolicyRule[] {
  const kinds = watchedKinds(settings);
  const groups = [...new Set(kinds.map(({ group }) => group))];
  return [
    ...groups.map((group) => ({
      apiGroups: [group],
      resources: kinds.filter((kind) => kind.group === group).map(({ plural }) => plural),
      verbs: WATCH,
    })),
    { apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: READ },
    // Some failures leave no trace but an event; events cannot be limited to those of a kind.
    { apiGroups: [""], resources: ["events"], verbs: WATCH },
    // A few pods of a workload that is not healthy are listed, by its selector; none is watched. A budget that may hold
    // an update up is read to see what it protects against.
    ...(settings.LOOK_FOR_CAUSES
      ? [
          { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
          ...(kinds.some(({ kind }) => kind === "PodUnavailableBudget")
            ? [{ apiGroups: ["policy.kruise.io"], resources: ["podunavailablebudgets"], verbs: ["get"] }]
            : []),
        ]
      : []),
    named("apps", "deployments", "kruise-controller-manager"),
    named("apps", "daemonsets", "kruise-daemon"),
    named("coordination.k8s.io", "leases", "kruise-manager"),
    named("", "endpoints", "kruise-webhook-service"),
    named(ADMISSION, "validatingwebhookconfigurations", "kruise-validating-webhook-configuration"),
    named(ADMISSION, "mutatingwebhookconfigurations", "kruise-mutating-webhook-configuration"),
  ];
}

/** Leave to read one object, in whatever namespace it is. */
function named(group: string, resource: string, name: string): V1PolicyRule {
  return { apiGroups: [group], resources: [resource], resourceNames: [name], verbs: ["get"] };
}

// A create cannot be limited by name: the name is not known when it is authorised.
function leaseRules(): V1PolicyRule[] {
  const leases = { apiGroups: ["coordination.k8s.io"], resources: ["leases"] };
  return [
    { ...leases, verbs: ["create"] },
    { ...leases, resourceNames: [ADDON_NAME], verbs: ["patch"] },
  ];
}
