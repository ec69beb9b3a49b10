// Checks of the manager on the hub: it runs, leads, is reached through the hub's API server, and may do its work.
import { formatAge } from "../../api/age.ts";
import type { Check, Finding, Scene } from "../check.ts";
import { conditionOf, onlyDirectUrl } from "../facts.ts";
import type { ApiServiceObject, Facts } from "../facts.ts";
import { rightText } from "../rights.ts";
import { certificateLife, lifeText, secretText } from "./certificate.ts";
import { helmRepair } from "./hub.ts";
import { judgeDeployment } from "./workload.ts";

/** The leader renews its certificate at two thirds of its life, and looks once a day: well after that nobody does. */
const RENEWAL_OVERDUE = 0.7;
const RIGHTS_NAMED = 5;
/** What the chart installs. */
const REPLICAS = 2;
const DEFAULT_LEASE_SECONDS = 15;

/** Where the manager is. */
function manager({ managers }: Partial<Facts>): { namespace: string; target: string } {
  const { namespace = "", name = "" } = managers?.[0]?.metadata ?? {};
  return { namespace, target: `deployment/${name}` };
}

/** The command that shows what the manager says. */
export function managerLog(facts: Partial<Facts>, { commands }: Scene): string {
  const { namespace, target } = manager(facts);
  return commands.hub("-n", namespace, "logs", target, "--tail=100");
}

const deployment: Check = {
  name: "manager",
  part: "hub",
  after: ["connection"],
  reads: ["managers", "managerPods"],
  judge: (facts, scene) => {
    const { managers = [], managerPods = [] } = facts;
    const [only] = managers;
    if (!only) return { state: "failed", saw: "no manager is installed on this hub", next: helmRepair(facts, scene) };
    if (managers.length > 1) {
      const where = managers.map(({ metadata }) => `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`).join(", ");
      const next = scene.commands.helm("list", "--all-namespaces", "--filter", "kruise-health");
      return { state: "failed", saw: `there are ${managers.length} managers: ${where}; wanted is one`, next };
    }
    return judgeDeployment({ deployment: only, pods: managerPods, kubectl: scene.commands.hub, replicas: REPLICAS });
  },
};

const leader: Check = {
  name: "leader",
  part: "hub",
  after: ["manager"],
  reads: ["leaderLease"],
  judge: (facts, scene) => {
    const next = managerLog(facts, scene);
    const { holderIdentity = "", renewTime = "", leaseDurationSeconds } = facts.leaderLease?.spec ?? {};
    if (holderIdentity === "") return { state: "failed", saw: "no manager leads", next };
    const renewedMs = Date.parse(renewTime);
    const age = formatAge(renewedMs, scene.nowMs);
    const isFresh = scene.nowMs - renewedMs <= (leaseDurationSeconds ?? DEFAULT_LEASE_SECONDS) * 1000;
    if (isFresh) return { state: "ok", saw: `${holderIdentity} leads, and renewed its Lease ${age} ago` };
    return { state: "failed", saw: `${holderIdentity} led, and has not renewed its Lease for ${age}`, next };
  },
};

const feedbackApi: Check = {
  name: "feedback API",
  part: "hub",
  after: ["manager"],
  reads: ["apiService"],
  judge: (facts, scene) => {
    const { apiService } = facts;
    const url = onlyDirectUrl(facts);
    if (!apiService && url !== undefined) {
      return { state: "ok", saw: `reached at ${url} alone: feedback.mode is direct, and there is no APIService` };
    }
    if (!apiService) {
      return { state: "failed", saw: "there is no APIService: the leader makes it", next: managerLog(facts, scene) };
    }
    const available = conditionOf(apiService, "Available");
    const name = `APIService ${apiService.metadata.name}`;
    if (available?.status === "True") return { state: "ok", saw: `${name} is Available` };
    const saw = `${name} is not Available: ${available?.reason ?? "no condition yet"}: ${available?.message ?? ""}`;
    return { state: "failed", saw, next: wayToApi(apiService, available?.reason, scene) ?? managerLog(facts, scene) };
  },
};

/** What to look at when the way to the API is broken before it reaches the manager. */
function wayToApi({ spec }: ApiServiceObject, reason: string | undefined, { commands }: Scene): string | undefined {
  const { namespace, name } = spec?.service ?? {};
  if (namespace === undefined || name === undefined) return undefined;
  if (reason === "ServiceNotFound" || reason === "ServicePortError") {
    return commands.hub("-n", namespace, "get", "services", "-o", "wide");
  }
  if (reason === "EndpointsNotFound" || reason === "MissingEndpoints") {
    return commands.hub("-n", namespace, "get", "endpointslices", "-l", `kubernetes.io/service-name=${name}`);
  }
  return undefined;
}

/** An aggregated API that does not answer keeps Kubernetes from knowing all that is in a namespace. */
const namespaceDeletion: Check = {
  name: "namespace deletion",
  part: "hub",
  after: ["connection"],
  reads: ["apiService"],
  judge: ({ apiService, managers = [] }, { commands }) => {
    const available = conditionOf(apiService, "Available");
    if (!apiService || available?.status !== "False")
      return { state: "ok", saw: "nothing of the add-on is in its way" };
    const { name } = apiService.metadata;
    const saw = `no namespace of this hub can be deleted to its end while APIService ${name} is there and not Available`;
    const [only] = managers;
    // A leader that runs would make it again: one without pods takes it away itself.
    if (only === undefined || (only.status?.readyReplicas ?? 0) === 0) {
      return { state: "failed", saw, next: commands.hub("delete", "apiservice", name) };
    }
    const { namespace, target } = manager({ managers });
    return { state: "failed", saw, next: commands.hub("-n", namespace, "scale", target, "--replicas=0") };
  },
};

const servingCertificate: Check = {
  name: "serving certificate",
  part: "hub",
  after: ["manager"],
  reads: ["servingSecret", "apiService"],
  judge: (facts, scene): Finding => {
    const next = managerLog(facts, scene);
    const { servingSecret, apiService } = facts;
    const life = certificateLife(secretText(servingSecret, "tls.crt"), scene.nowMs);
    if (!servingSecret || !life) return { state: "failed", saw: "there is none yet: the leader makes it", next };
    const text = `the certificate in Secret ${servingSecret.metadata?.name ?? ""} ${lifeText(life, scene.nowMs)}`;
    if (life.endsMs <= scene.nowMs) return { state: "failed", saw: text, next };
    const trusted = Buffer.from(apiService?.spec?.caBundle ?? "", "base64").toString("utf8");
    if (apiService && trusted !== secretText(servingSecret, "ca.crt")) {
      return { state: "failed", saw: `${text}, and the APIService trusts another authority than its own`, next };
    }
    if (life.share > RENEWAL_OVERDUE) return { state: "warning", saw: `${text}: its renewal is overdue`, next };
    return { state: "ok", saw: text };
  },
};

const managerRights: Check = {
  name: "manager's rights",
  part: "hub",
  after: ["manager"],
  reads: ["managerMissingRights"],
  judge: (facts, scene) => {
    const { managerMissingRights: missing = [] } = facts;
    if (missing.length === 0) return { state: "ok", saw: "its ServiceAccount may do all that the manager does" };
    const named = missing.slice(0, RIGHTS_NAMED).map(rightText).join(", ");
    const more = missing.length > RIGHTS_NAMED ? ` and ${missing.length - RIGHTS_NAMED} more` : "";
    return {
      state: "failed",
      saw: `its ServiceAccount is not allowed: ${named}${more}`,
      next: helmRepair(facts, scene),
    };
  },
};

export const MANAGER_CHECKS: readonly Check[] = [
  deployment,
  leader,
  feedbackApi,
  namespaceDeletion,
  servingCertificate,
  managerRights,
];
