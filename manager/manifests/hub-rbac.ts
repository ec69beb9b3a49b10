// What the agent of one cluster may do on the hub, in its own cluster namespace: watch its own ManagedClusterAddOn, write
// that one's status, hand in reports. Bound to the user that OCM registered, never to the group that all agents share.
import { ADDON_NAME, GROUP } from "../../shared/wire/group.ts";
import { clusterGroup } from "../ocm/identity.ts";
import { ADDON_GROUP, ADDON_NAME_LABEL, ownedBy } from "../ocm/types.ts";
import type { HubRole, HubRoleBinding, ManagedClusterAddOn, Registration } from "../ocm/types.ts";

const RBAC_API = "rbac.authorization.k8s.io";
/** Name of the Role and the RoleBinding in each cluster namespace. */
export const HUB_ROLE_NAME = "kruise-health-agent";

/** The binding's subjects as the registration says them; none while OCM has still to name the user. */
export function hubSubjects(cluster: string, registrations: readonly Registration[]): HubRoleBinding["subjects"] {
  const [registration] = registrations;
  const user = registration?.subject?.user;
  if (user === undefined || user === "") return [];
  const own = clusterGroup(cluster);
  const groups = registration?.subject?.groups?.includes(own) ? [{ kind: "Group", apiGroup: RBAC_API, name: own }] : [];
  return [{ kind: "User", apiGroup: RBAC_API, name: user }, ...groups];
}

/** Renders the Role and the RoleBinding of one cluster's agent. */
export function renderHubRbac(
  addon: ManagedClusterAddOn,
  subjects: HubRoleBinding["subjects"],
): { role: HubRole; binding: HubRoleBinding } {
  const metadata = {
    name: HUB_ROLE_NAME,
    namespace: addon.metadata.namespace,
    labels: { [ADDON_NAME_LABEL]: ADDON_NAME },
    ownerReferences: [ownedBy(addon)],
  };
  const own = { apiGroups: [ADDON_GROUP], resourceNames: [ADDON_NAME] };
  return {
    role: {
      apiVersion: `${RBAC_API}/v1`,
      kind: "Role",
      metadata,
      rules: [
        { ...own, resources: ["managedclusteraddons"], verbs: ["list", "watch"] },
        { ...own, resources: ["managedclusteraddons/status"], verbs: ["patch"] },
        { apiGroups: [GROUP], resources: ["kruisehealthreports"], verbs: ["create"] },
      ],
    },
    binding: {
      apiVersion: `${RBAC_API}/v1`,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: RBAC_API, kind: "Role", name: HUB_ROLE_NAME },
      subjects,
    },
  };
}
