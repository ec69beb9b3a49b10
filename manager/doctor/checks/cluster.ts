// Checks of one cluster's registration, from the hub: OCM knows the cluster, the add-on is enabled there, and the agent has
// got its identity and its rights.
import { ADDON_NAME } from "../../../shared/wire/group.ts";
import { formatAge } from "../../api/age.ts";
import { refusal } from "../../controllers/csr-check.ts";
import { HUB_ROLE_NAME } from "../../manifests/hub-rbac.ts";
import { ADDON_GROUP, ADDON_NAME_LABEL, CLIENT_SIGNER, CLUSTER_NAME_LABEL } from "../../ocm/types.ts";
import type { SigningRequest } from "../../ocm/types.ts";
import type { Check, Finding, Scene } from "../check.ts";
import { conditionOf } from "../facts.ts";
import type { AddOn, Facts } from "../facts.ts";
import { managerLog } from "./manager.ts";

const ADD_ONS = `managedclusteraddons.${ADDON_GROUP}`;
const HOSTING = "addon.open-cluster-management.io/hosting-cluster-name";
/** OCM's klusterlet asks for no further certificate while so many requests of an add-on are on the hub. */
const REQUESTS_MAX = 10;

const managedCluster: Check = {
  name: "ManagedCluster",
  part: "cluster",
  after: ["OCM API"],
  reads: ["cluster"],
  judge: ({ cluster }, { cluster: name, commands }): Finding => {
    if (!cluster) {
      const saw = `the hub knows no managed cluster "${name}"`;
      return { state: "failed", saw, next: commands.hub("get", "managedclusters") };
    }
    const see = commands.hub("describe", "managedclusters", name);
    if (cluster.metadata.deletionTimestamp !== undefined) {
      return { state: "failed", saw: `it is being removed since ${cluster.metadata.deletionTimestamp}`, next: see };
    }
    if (cluster.spec?.hubAcceptsClient !== true) {
      const next = commands.clusteradm("accept", "--clusters", name);
      return { state: "failed", saw: "it has not been accepted by the hub", next };
    }
    if (conditionOf(cluster, "ManagedClusterJoined")?.status !== "True") {
      return { state: "failed", saw: "it was accepted and has not joined: its klusterlet has to come", next: see };
    }
    const available = conditionOf(cluster, "ManagedClusterConditionAvailable");
    if (available?.status === "True") return { state: "ok", saw: "accepted, joined and available" };
    const said = available ? `${available.status} (${available.reason}): ${available.message}` : "not known yet";
    return { state: "failed", saw: `its availability is ${said}`, next: see };
  },
};

const enabled: Check = {
  name: "add-on enabled",
  part: "cluster",
  after: ["ManagedCluster", "ClusterManagementAddOn"],
  reads: ["addOn"],
  judge: (facts, scene): Finding => {
    const { addOn } = facts;
    const { cluster, commands } = scene;
    if (!addOn) return notEnabled(facts, scene);
    const { deletionTimestamp, finalizers = [], ownerReferences = [], annotations } = addOn.metadata;
    const see = commands.hub("-n", cluster, "get", ADD_ONS, ADDON_NAME, "-o", "yaml");
    if (deletionTimestamp !== undefined) {
      const held = finalizers.length === 0 ? "" : `, held by ${finalizers.join(", ")}`;
      return { state: "failed", saw: `it is being removed since ${deletionTimestamp}${held}`, next: see };
    }
    if (annotations?.[HOSTING] !== undefined) {
      const next = commands.hub("-n", cluster, "annotate", ADD_ONS, ADDON_NAME, `${HOSTING}-`);
      return { state: "failed", saw: `annotation ${HOSTING} asks for hosted mode, which is not supported`, next };
    }
    if (!ownerReferences.some(({ kind, name }) => kind === "ClusterManagementAddOn" && name === ADDON_NAME)) {
      return { state: "failed", saw: "OCM's addon-manager has not adopted it: does it run?", next: see };
    }
    return { state: "ok", saw: `ManagedClusterAddOn ${cluster}/${ADDON_NAME} is there and adopted by OCM` };
  },
};

function notEnabled({ definition }: Partial<Facts>, { cluster, commands }: Scene): Finding {
  const { type, placements = [] } = definition?.spec?.installStrategy ?? {};
  if (type !== "Placements") {
    const next = commands.clusteradm("addon", "enable", "--names", ADDON_NAME, "--clusters", cluster);
    return { state: "failed", saw: "the add-on is not enabled on this cluster", next };
  }
  const names = placements.map(({ namespace, name }) => `${namespace}/${name}`).join(", ");
  const next = commands.hub("get", "placementdecisions", "-A", "-o", "yaml");
  return { state: "failed", saw: `no placement selects this cluster for the add-on (${names})`, next };
}

const configured: Check = {
  name: "configuration",
  part: "cluster",
  after: ["add-on enabled"],
  reads: ["addOn"],
  judge: ({ addOn }, { cluster, commands }): Finding => {
    const see = commands.hub("-n", cluster, "describe", ADD_ONS, ADDON_NAME);
    const condition = conditionOf(addOn, "Configured");
    if (condition?.status !== "True") {
      const saw = condition
        ? `${condition.reason}: ${condition.message}`
        : "OCM's addon-manager has not looked at it yet";
      return { state: "failed", saw, next: see };
    }
    const references = (addOn?.status?.configReferences ?? []).flatMap(({ resource, desiredConfig }) =>
      desiredConfig
        ? [{ ...desiredConfig, text: `${resource} ${desiredConfig.namespace ?? ""}/${desiredConfig.name}` }]
        : [],
    );
    const unknown = references.find(({ specHash }) => (specHash ?? "") === "");
    if (unknown) {
      const next = commands.hub("get", `addondeploymentconfigs.${ADDON_GROUP}`, "--all-namespaces");
      return { state: "failed", saw: `${unknown.text} has no hash: it does not exist, or was just named`, next };
    }
    const names = references.map(({ text }) => text).join(", ");
    return { state: "ok", saw: names === "" ? "defaults, no config is named" : `rendered from ${names}` };
  },
};

const registration: Check = {
  name: "registration",
  part: "cluster",
  after: ["add-on enabled", "leader"],
  reads: ["addOn"],
  judge: (facts, scene): Finding => {
    const condition = conditionOf(facts.addOn, "RegistrationApplied");
    if (condition?.status !== "True") {
      const saw = condition?.message ?? "the manager has not registered the agent yet";
      return { state: "failed", saw, next: managerLog(facts, scene) };
    }
    const { user, driver } = registered(facts.addOn);
    if (driver !== undefined) return { state: "ok", saw: `driver ${driver}, user ${user ?? "not named yet"}` };
    const saw = `user ${user ?? "not named yet"}; the cluster's klusterlet has not answered with a driver yet`;
    return { state: "warning", saw, next: scene.commands.hub("describe", "managedclusters", scene.cluster) };
  },
};

/** Who the agent is on the hub and how it gets its credentials, in either version of the object. */
function registered(addOn: AddOn | undefined): { user: string | undefined; driver: string | undefined } {
  const { registrations = [], kubeClientDriver } = addOn?.status ?? {};
  const old = registrations.find(({ signerName }) => signerName === CLIENT_SIGNER);
  if (old) return { user: old.subject?.user, driver: kubeClientDriver };
  const { kubeClient } = registrations.find(({ type }) => type === "kubeClient") ?? {};
  return { user: kubeClient?.subject?.user, driver: kubeClient?.driver };
}

const hubRights: Check = {
  name: "agent's rights on the hub",
  part: "cluster",
  after: ["registration"],
  reads: ["hubRole", "hubBinding"],
  judge: (facts, scene): Finding => {
    const { hubRole, hubBinding, addOn } = facts;
    const next = managerLog(facts, scene);
    const missing = hubRole ? (hubBinding ? undefined : "RoleBinding") : "Role";
    if (missing !== undefined)
      return { state: "failed", saw: `${missing} ${scene.cluster}/${HUB_ROLE_NAME} is not there`, next };
    const { user } = registered(addOn);
    if (!hubBinding?.subjects.some(({ kind, name }) => kind === "User" && name === user)) {
      return { state: "failed", saw: `RoleBinding ${HUB_ROLE_NAME} does not name the registered user`, next };
    }
    return { state: "ok", saw: `Role and RoleBinding ${scene.cluster}/${HUB_ROLE_NAME} name the registered user` };
  },
};

const signingRequests: Check = {
  name: "signing requests",
  part: "cluster",
  after: ["registration"],
  reads: ["requests"],
  judge: (facts, scene): Finding => {
    const { requests = [], addOn } = facts;
    const { cluster, commands } = scene;
    const selector = `${ADDON_NAME_LABEL}=${ADDON_NAME},${CLUSTER_NAME_LABEL}=${cluster}`;
    if (requests.length >= REQUESTS_MAX) {
      const saw = `${requests.length} are on the hub: OCM asks for no more certificates until they are gone`;
      return { state: "failed", saw, next: commands.hub("delete", "certificatesigningrequests", "-l", selector) };
    }
    const open = requests.find((request) => !hasCondition(request, "Approved"));
    if (!open) {
      const driver = registered(addOn).driver ?? "csr";
      const saw = requests.length > 0 ? `${requests.length} approved` : `none is waiting (driver ${driver})`;
      return { state: "ok", saw };
    }
    // A stranger's request beside a good certificate is nobody's trouble.
    const state = conditionOf(addOn, "ClusterCertificateRotated")?.status === "True" ? "warning" : "failed";
    const { name } = open.metadata;
    const saw = `${name} ${hasCondition(open, "Denied") ? "was denied" : `waits: ${waitsFor(open, cluster)}`}`;
    return { state, saw, next: commands.hub("describe", "certificatesigningrequests", name) };
  },
};

function waitsFor(request: SigningRequest, cluster: string): string {
  const why = refusal(request, cluster);
  return why === undefined ? "it is right, and the manager has not approved it yet" : `not approved, because ${why}`;
}

function hasCondition({ status }: SigningRequest, type: string): boolean {
  return status.conditions?.some((condition) => condition.type === type) === true;
}

const credentials: Check = {
  name: "agent's credentials",
  part: "cluster",
  after: ["signing requests"],
  reads: ["addOn"],
  judge: ({ addOn }, { cluster, commands, nowMs }): Finding => {
    const condition = conditionOf(addOn, "ClusterCertificateRotated") ?? conditionOf(addOn, "TokenRefreshed");
    if (condition?.status === "True") {
      const age = formatAge(Date.parse(condition.lastTransitionTime), nowMs);
      return { state: "ok", saw: `the klusterlet has them; ${condition.reason}, for ${age}` };
    }
    const saw = condition
      ? `${condition.reason}: ${condition.message}`
      : "the klusterlet has not stored any yet: it does so once the agent's namespace is there";
    return { state: "failed", saw, next: commands.hub("-n", cluster, "describe", ADD_ONS, ADDON_NAME) };
  },
};

export const CLUSTER_CHECKS: readonly Check[] = [
  managedCluster,
  enabled,
  configured,
  registration,
  hubRights,
  signingRequests,
  credentials,
];
