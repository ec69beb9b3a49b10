// Checks of the hub itself: whether we reach it and may look around, whether OCM is there, whether the add-on is announced.
import { ADDON_NAME } from "../../../shared/wire/group.ts";
import { ADDON_GROUP } from "../../ocm/types.ts";
import type { Check, Finding, Scene } from "../check.ts";
import { OWN_RIGHTS } from "../check.ts";
import type { Facts } from "../facts.ts";
import { rightText } from "../rights.ts";

/** OCM's groups, each with the versions of which one has to be served. */
const OCM_GROUPS: Readonly<Record<string, readonly string[]>> = {
  [ADDON_GROUP]: ["v1alpha1", "v1beta1"],
  "cluster.open-cluster-management.io": ["v1"],
  "work.open-cluster-management.io": ["v1"],
};
const LIFECYCLE = "addon.open-cluster-management.io/lifecycle";
const RIGHTS_NAMED = 5;
/** Where the documentation installs the chart. */
const USUAL_NAMESPACE = "open-cluster-management-kruise-health";

/** Installs the chart, or repairs what it has installed: from a checkout of this repository. */
export function helmRepair({ managers }: Partial<Facts>, { commands }: Scene): string {
  const annotations = managers?.[0]?.metadata?.annotations ?? {};
  const release = annotations["meta.helm.sh/release-name"] ?? ADDON_NAME;
  const namespace =
    annotations["meta.helm.sh/release-namespace"] ?? managers?.[0]?.metadata?.namespace ?? USUAL_NAMESPACE;
  const where = ["-n", namespace, "--create-namespace", "--reset-then-reuse-values"];
  return commands.helm("upgrade", "--install", release, "charts/kruise-health", ...where);
}

const connection: Check = {
  name: "connection",
  part: "hub",
  after: [],
  reads: [],
  judge: ({ hub }, { commands }, { troubles }) => {
    if (hub) return { state: "ok", saw: `Kubernetes ${hub.version} at ${hub.url}${asWhom(hub.user)}` };
    const saw = troubles.hub?.message ?? "the hub does not answer";
    return { state: "failed", saw, next: commands.hub("get", "--raw", "/version") };
  },
};

const ownRights: Check = {
  name: OWN_RIGHTS,
  part: "hub",
  after: ["connection"],
  reads: ["missingRights"],
  judge: ({ missingRights = [] }, { commands }) => {
    if (missingRights.length === 0) return { state: "ok", saw: "everything that is looked at may be read" };
    const named = missingRights.slice(0, RIGHTS_NAMED).map(rightText).join(", ");
    const more = missingRights.length > RIGHTS_NAMED ? ` and ${missingRights.length - RIGHTS_NAMED} more` : "";
    const saw = `not allowed: ${named}${more}; an administrator sees more`;
    return { state: "failed", saw, next: commands.hub("auth", "can-i", "--list") };
  },
};

const ocmApi: Check = {
  name: "OCM API",
  part: "hub",
  after: ["connection"],
  reads: ["hub"],
  judge: ({ hub }, { commands }) => {
    const groups = Object.entries(OCM_GROUPS).map(([group, wanted]) => ({
      group,
      wanted,
      has: hub?.groups[group] ?? [],
    }));
    const bad = groups.filter(({ wanted, has }) => !has.some((version) => wanted.includes(version)));
    if (bad.length === 0) {
      return { state: "ok", saw: groups.map(({ group, has }) => `${group} ${has.join(" ")}`).join(", ") };
    }
    const named = bad.map(({ group, wanted }) => `${group} (wanted is ${wanted.join(" or ")})`).join(", ");
    return { state: "failed", saw: `not served: ${named}`, next: commands.clusteradm("init", "--wait") };
  },
};

const definition: Check = {
  name: "ClusterManagementAddOn",
  part: "hub",
  after: ["OCM API"],
  reads: ["definition"],
  judge: (facts, scene): Finding => {
    const { definition: found } = facts;
    if (!found) {
      const saw = `there is no ClusterManagementAddOn ${ADDON_NAME}: the add-on is not installed on this hub`;
      return { state: "failed", saw, next: helmRepair(facts, scene) };
    }
    const { deletionTimestamp, annotations } = found.metadata;
    const object = `clustermanagementaddons.${ADDON_GROUP}`;
    if (deletionTimestamp !== undefined) {
      const next = scene.commands.hub("get", object, ADDON_NAME, "-o", "yaml");
      return { state: "failed", saw: `it is being deleted since ${deletionTimestamp}`, next };
    }
    const lifecycle = annotations?.[LIFECYCLE];
    if (lifecycle !== undefined && lifecycle !== "addon-manager") {
      const saw = `annotation ${LIFECYCLE} is "${lifecycle}": OCM's addon-manager leaves this add-on alone`;
      return { state: "failed", saw, next: scene.commands.hub("annotate", object, ADDON_NAME, `${LIFECYCLE}-`) };
    }
    const { type = "Manual", placements = [] } = found.spec?.installStrategy ?? {};
    const names = placements.map(({ namespace, name }) => ` ${namespace}/${name}`).join(",");
    return { state: "ok", saw: `announced, install strategy ${type}${names}` };
  },
};

function asWhom(user: string | undefined): string {
  return user === undefined ? "" : `, as ${user}`;
}

export const HUB_CHECKS: readonly Check[] = [connection, ownRights, ocmApi, definition];
