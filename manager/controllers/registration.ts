// Registers the agent of each cluster with OCM: which configs we understand, which identity the agent gets on the hub and
// what that identity may do there, how its health is judged, where it lives. OCM's klusterlet does the rest.
import { isDeepStrictEqual } from "node:util";
import { serverSideApply } from "../../shared/kube/apply.ts";
import type { NextCondition } from "../../shared/kube/conditions.ts";
import type { Reconcile } from "../../shared/kube/controller.ts";
import { isNotFound } from "../../shared/kube/errors.ts";
import { objectPath } from "../../shared/kube/paths.ts";
import type { Kube, KubeObject, Resource } from "../../shared/kube/types.ts";
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import { hubSubjects, renderHubRbac } from "../manifests/hub-rbac.ts";
import { patchStatus, planStatus, withConditions } from "./addon-status.ts";
import { SUPPORTED_CONFIG } from "./configs.ts";
import type { FindConfig } from "./configs.ts";
import { planDesiredConfig } from "./desired-config.ts";
import { agentGroups, agentUser } from "../ocm/identity.ts";
import { CLIENT_SIGNER, DEFAULT_INSTALL_NAMESPACE, isHosted } from "../ocm/types.ts";
import type {
  HubRole,
  HubRoleBinding,
  ManagedCluster,
  ManagedClusterAddOn,
  ManagedClusterAddOnStatus,
  Registration,
} from "../ocm/types.ts";

/** Field manager of everything that the manager applies. */
export const FIELD_MANAGER = "kruise-health-manager";
export const ROLES: Resource = { group: "rbac.authorization.k8s.io", version: "v1", plural: "roles" };
export const ROLE_BINDINGS: Resource = { ...ROLES, plural: "rolebindings" };

export interface RegistrationDeps {
  kube: Kube;
  clock: Clock;
  findAddon: (cluster: string) => ManagedClusterAddOn | undefined;
  findCluster: (cluster: string) => ManagedCluster | undefined;
  findConfig: FindConfig;
  findRole: (cluster: string) => HubRole | undefined;
  findBinding: (cluster: string) => HubRoleBinding | undefined;
}

/** Says whether the add-on is to be worked on at all: its cluster is there, it is not going, OCM has adopted it. */
export function isActive(addon: ManagedClusterAddOn, cluster: ManagedCluster | undefined): boolean {
  const adopted = addon.metadata.ownerReferences?.some(
    ({ kind, name }) => kind === "ClusterManagementAddOn" && name === ADDON_NAME,
  );
  return (
    adopted === true &&
    cluster !== undefined &&
    cluster.metadata.deletionTimestamp === undefined &&
    addon.metadata.deletionTimestamp === undefined
  );
}

/** What the status says first, in a write of its own: without it OCM refuses every config that the object names. */
export function planSupportedConfigs({ status }: ManagedClusterAddOn): ManagedClusterAddOnStatus | undefined {
  return planStatus(status, { supportedConfigs: [SUPPORTED_CONFIG] });
}

/**
 * The rest of the registration. The driver field is the klusterlet's and is never written; with its token driver the
 * subject is the klusterlet's too. `permissions` says how the hub RBAC stands.
 */
export function planRegistration(
  addon: ManagedClusterAddOn,
  { findConfig, permissions, now }: { findConfig: FindConfig; permissions: Permissions; now: string },
): ManagedClusterAddOnStatus | undefined {
  const placed = planNamespace(addon, findConfig);
  const condition = "message" in placed ? pending(placed.message) : permissionCondition(permissions);
  return planStatus(addon.status, {
    healthCheck: { mode: "Lease" },
    ...("namespace" in placed ? { registrations: planRegistrations(addon), namespace: placed.namespace } : {}),
    conditions: withConditions(addon, [condition], now),
  });
}

/** How far the agent's rights on the hub are: applied, waiting for OCM to name the user, or refused. */
export type Permissions = { state: "applied" | "pending" } | { state: "failed"; message: string };

/**
 * Where the agent is to live. The namespace is part of the agent's registration: moved, its credentials are made anew.
 * So nothing is said before OCM has resolved the configs, and what was said stays while a change is not released.
 */
export function planNamespace(
  addon: ManagedClusterAddOn,
  findConfig: FindConfig,
): { namespace: string } | { message: string } {
  const desired = planDesiredConfig(addon, findConfig);
  const { namespace } = addon.status;
  if (desired.state === "waiting") return namespace ? { namespace } : { message: desired.message };
  const wished = desired.config?.spec.agentInstallNamespace || addon.spec.installNamespace;
  return { namespace: wished || DEFAULT_INSTALL_NAMESPACE };
}

/**
 * Role and RoleBinding that differ from what is there. Bound is the user that is being registered, without waiting for
 * the hub to show it: each write less at this moment is a conflict less for the klusterlet, which throws a new
 * certificate away and asks for another when its own status write meets one (seen with OCM 1.2.1). To which role a
 * RoleBinding binds cannot be changed: one that binds to another is obsolete, and has to go first.
 */
export function planPermissions(
  addon: ManagedClusterAddOn,
  live: { role: HubRole | undefined; binding: HubRoleBinding | undefined },
): { state: "applied" | "pending"; role?: HubRole; binding?: HubRoleBinding; obsolete?: HubRoleBinding } {
  const subjects = hubSubjects(addon.metadata.namespace, planRegistrations(addon));
  if (subjects.length === 0) return { state: "pending" };
  const { role, binding } = renderHubRbac(addon, subjects);
  const sameRole = sameOwned(live.role, role) && isDeepStrictEqual(live.role?.rules, role.rules);
  const obsolete = isDeepStrictEqual(live.binding?.roleRef, binding.roleRef) ? undefined : live.binding;
  const sameSubjects = isDeepStrictEqual(live.binding?.subjects, binding.subjects);
  const sameBinding = sameOwned(live.binding, binding) && sameSubjects && !obsolete;
  return {
    state: "applied",
    ...(sameRole ? {} : { role }),
    ...(sameBinding ? {} : { binding }),
    ...(obsolete && { obsolete }),
  };
}

/** Registers one cluster's agent. */
export function registration(deps: RegistrationDeps): Reconcile {
  return async (cluster, signal) => {
    const addon = deps.findAddon(cluster);
    if (!addon || !isActive(addon, deps.findCluster(cluster))) return;
    const supported = planSupportedConfigs(addon);
    if (supported) return patchStatus(deps.kube, addon, supported, signal);
    // No credentials for an agent that will not come; those of one that runs already stay.
    if (isHosted(addon) && !addon.status.registrations) return;
    const { permissions, failure } = await applyPermissions(deps, addon, signal);
    const now = rfc3339Seconds(deps.clock.wallMs());
    const status = planRegistration(addon, { findConfig: deps.findConfig, permissions, now });
    if (status) await patchStatus(deps.kube, addon, status, signal);
    if (failure) throw failure;
  };
}

async function applyPermissions(
  { kube, findRole, findBinding }: RegistrationDeps,
  addon: ManagedClusterAddOn,
  signal: AbortSignal,
): Promise<{ permissions: Permissions; failure?: Error }> {
  const cluster = addon.metadata.namespace;
  const live = { role: findRole(cluster), binding: findBinding(cluster) };
  const { state, role, binding, obsolete } = planPermissions(addon, live);
  const options = { fieldManager: FIELD_MANAGER, force: true, signal };
  try {
    if (role) await serverSideApply(kube, ROLES, role, options);
    if (obsolete) await removeBinding(kube, obsolete, signal);
    if (binding) await serverSideApply(kube, ROLE_BINDINGS, binding, options);
  } catch (cause) {
    const failure = new Error(`Cannot give the agent of cluster "${cluster}" its rights on the hub`, { cause });
    const message = cause instanceof Error ? cause.message : String(cause);
    return { permissions: { state: "failed", message: `${failure.message}: ${message}` }, failure };
  }
  return { permissions: { state } };
}

async function removeBinding(kube: Kube, { metadata }: HubRoleBinding, signal: AbortSignal): Promise<void> {
  const { namespace = "", name, uid } = metadata;
  const path = objectPath(ROLE_BINDINGS, { namespace, name });
  try {
    await kube.request({ method: "DELETE", path, body: { preconditions: { uid } }, signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function planRegistrations(addon: ManagedClusterAddOn): Registration[] {
  const cluster = addon.metadata.namespace;
  const live = addon.status.registrations?.find(({ signerName }) => signerName === CLIENT_SIGNER);
  if (live && addon.status.kubeClientDriver === "token") return [live];
  return [{ signerName: CLIENT_SIGNER, subject: { user: agentUser(cluster), groups: agentGroups(cluster) } }];
}

function permissionCondition(permissions: Permissions): NextCondition {
  const type = "RegistrationApplied";
  switch (permissions.state) {
    case "applied":
      return {
        type,
        status: "True",
        reason: "SetPermissionApplied",
        message: "The agent is registered and may reach its cluster namespace",
      };
    case "pending":
      return pending("the hub has not recorded the agent's user yet");
    case "failed":
      return { type, status: "False", reason: "SetPermissionFailed", message: permissions.message };
  }
}

function pending(message: string): NextCondition {
  return {
    type: "RegistrationApplied",
    status: "False",
    reason: "PermissionConfigPending",
    message: `Registration waits: ${message}`,
  };
}

/** Compares what makes an object ours: labels and owner. */
function sameOwned(live: KubeObject | undefined, wanted: KubeObject): boolean {
  if (!live) return false;
  const labels = Object.entries(wanted.metadata.labels ?? {});
  const owners = wanted.metadata.ownerReferences ?? [];
  return (
    labels.every(([key, value]) => live.metadata.labels?.[key] === value) &&
    owners.every((owner) => live.metadata.ownerReferences?.some((found) => isDeepStrictEqual(found, owner)))
  );
}
