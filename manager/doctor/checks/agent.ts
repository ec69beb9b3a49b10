// Checks of the agent of one cluster, from the hub: it is deployed, lives, reports, and what it says of OpenKruise there.
import { INSTALLATION_GUIDE } from "../../../shared/reasons/installation.ts";
import { ADDON_NAME } from "../../../shared/wire/group.ts";
import { formatAge } from "../../api/age.ts";
import { ADDON_GROUP, DEFAULT_INSTALL_NAMESPACE } from "../../ocm/types.ts";
import { AGENT_NAME } from "../../manifests/agent-rbac.ts";
import type { Check, Finding, Scene } from "../check.ts";
import { conditionOf, onlyDirectUrl } from "../facts.ts";
import type { Facts, Work } from "../facts.ts";

const ADD_ONS = `managedclusteraddons.${ADDON_GROUP}`;
/** A rollout of the add-on that takes longer is stuck. */
const PROGRESS_MAX_MS = 120_000;
const MANIFESTS_NAMED = 3;
const KINDS_NAMED = 5;
/** States of kinds that are as they should be. */
const READ_STATES: ReadonlySet<string> = new Set(["Watching", "Listing", "NotInstalled"]);

/** All that the hub has to say of the add-on on this cluster, its Events included. */
function describeAddOn({ cluster, commands }: Scene): string {
  return commands.hub("-n", cluster, "describe", ADD_ONS, ADDON_NAME);
}

/** Where to look for an agent that does not do its work: on its cluster, if we know the way. */
function lookAtAgent({ addOn, agentPods = [] }: Partial<Facts>, { cluster, commands, seesManaged }: Scene): string {
  const namespace = addOn?.status?.namespace ?? DEFAULT_INSTALL_NAMESPACE;
  const target = `deployment/${AGENT_NAME}`;
  // kubectl shows no log of a Deployment without pods.
  const look = agentPods.length > 0 ? ["logs", target, "--tail=100"] : ["describe", target];
  if (seesManaged) return commands.managed("-n", namespace, ...look);
  return commands.doctor("--cluster", cluster, "--managed-kubeconfig", `KUBECONFIG_OF_${cluster}`);
}

const manifestWork: Check = {
  name: "ManifestWork",
  part: "cluster",
  after: ["registration", "configuration"],
  reads: ["works", "addOn"],
  judge: ({ works = [], addOn }, scene): Finding => {
    const applied = conditionOf(addOn, "ManifestApplied");
    const see = describeAddOn(scene);
    if (applied?.reason === "ManifestWorkApplyFailed") return { state: "failed", saw: applied.message, next: see };
    if (works.length === 0) return { state: "failed", saw: "the manager has not made it yet", next: see };
    const bad = works.map((work) => workTrouble(work)).find((trouble) => trouble !== undefined);
    if (bad === undefined)
      return { state: "ok", saw: `${works.map(({ metadata }) => metadata.name).join(", ")} applied` };
    const next = scene.commands.hub("-n", scene.cluster, "get", "manifestworks", bad.name, "-o", "yaml");
    return { state: "failed", saw: `${bad.name} ${bad.saw}`, next };
  },
};

/** What keeps a work from being applied and available; undefined when nothing does. */
function workTrouble(work: Work): { name: string; saw: string } | undefined {
  const { name, generation } = work.metadata;
  const [applied, available] = ["Applied", "Available"].map((type) => conditionOf(work, type));
  if (!applied) return { name, saw: "has no answer from the cluster: does its klusterlet's work agent run?" };
  const broken = brokenManifests(work);
  if (applied.status !== "True") return { name, saw: `is not applied: ${broken || applied.message}` };
  if (applied.observedGeneration !== generation)
    return { name, saw: "has changed, and the cluster has not taken it up yet" };
  if (available?.status === "True") return undefined;
  return { name, saw: `is not available: ${broken || (available?.message ?? "no answer yet")}` };
}

function brokenManifests({ status }: Work): string {
  const broken = (status?.resourceStatus?.manifests ?? []).flatMap(({ resourceMeta = {}, conditions = [] }) => {
    const failed = conditions.find(({ type, status: value }) => type === "Applied" && value === "False");
    if (!failed) return [];
    const { kind = "manifest", namespace = "", name = "" } = resourceMeta;
    return [`${kind} ${namespace === "" ? name : `${namespace}/${name}`}: ${failed.message}`];
  });
  const more = broken.length > MANIFESTS_NAMED ? `; and ${broken.length - MANIFESTS_NAMED} more` : "";
  return broken.slice(0, MANIFESTS_NAMED).join("; ") + more;
}

const progress: Check = {
  name: "Progressing",
  part: "cluster",
  after: ["ManifestWork"],
  reads: ["addOn"],
  judge: ({ addOn }, scene): Finding => {
    const condition = conditionOf(addOn, "Progressing");
    if (condition?.reason === "Completed") return { state: "ok", saw: "OCM calls the deployment Completed" };
    const next = describeAddOn(scene);
    if (!condition) return { state: "failed", saw: "OCM's addon-manager has not judged it yet", next };
    const sinceMs = scene.nowMs - Date.parse(condition.lastTransitionTime);
    const saw = `${condition.reason}: ${condition.message}`;
    const isYoung = condition.status === "True" && sinceMs < PROGRESS_MAX_MS;
    return { state: isYoung ? "warning" : "failed", saw, next };
  },
};

const alive: Check = {
  name: "agent alive",
  part: "cluster",
  after: ["agent's credentials", "ManifestWork"],
  reads: ["addOn"],
  judge: (facts, scene): Finding => {
    const condition = conditionOf(facts.addOn, "Available");
    if (condition?.status === "True") return { state: "ok", saw: "the klusterlet sees its Lease renewed" };
    const saw = condition ? `${condition.reason}: ${condition.message}` : "the klusterlet has not looked yet";
    return { state: "failed", saw, next: lookAtAgent(facts, scene) };
  },
};

const reports: Check = {
  name: "reports",
  part: "cluster",
  // Not after "agent alive": that verdict takes five minutes, and this one seconds.
  after: ["agent's credentials", "ManifestWork", "feedback API"],
  reads: ["report", "addOn"],
  judge: (facts, scene): Finding => {
    const { report, addOn } = facts;
    const { cluster, commands, nowMs } = scene;
    const next = lookAtAgent(facts, scene);
    if (!report && onlyDirectUrl(facts) !== undefined) return judgeByCondition(facts, scene);
    if (!report) {
      const see = commands.hub("get", "kruiseclusters", "--all-namespaces");
      return { state: "failed", saw: `the feedback API has no row for ${cluster}`, next: see };
    }
    const { state, lastReportTime, duplicateAgent, agent } = report.status;
    const age =
      lastReportTime === undefined
        ? "none has come"
        : `the last came ${formatAge(Date.parse(lastReportTime), nowMs)} ago`;
    if (state !== "Fresh") return { state: "failed", saw: `${state}: ${age}`, next };
    if (duplicateAgent !== undefined) {
      const saw = `two agents report for this cluster; "${duplicateAgent}" is not listened to`;
      return { state: "warning", saw, next };
    }
    const condition = conditionOf(addOn, "Reporting");
    if (condition?.status === "False") {
      return {
        state: "warning",
        saw: `they have begun again, ${age}; the condition follows`,
        next: describeAddOn(scene),
      };
    }
    return { state: "ok", saw: `${age}, from agent ${agent?.version ?? "of unknown version"}` };
  },
};

/** Where there is no row to be read with a connection to the hub, what the manager has written there has to do. */
function judgeByCondition(facts: Partial<Facts>, scene: Scene): Finding {
  const {
    status,
    reason = "Unknown",
    message = "the manager has not said anything of them yet",
  } = conditionOf(facts.addOn, "Reporting") ?? {};
  const saw = `${reason}: ${message}`;
  return status === "True" ? { state: "ok", saw } : { state: "failed", saw, next: lookAtAgent(facts, scene) };
}

const kinds: Check = {
  name: "kinds",
  part: "cluster",
  after: ["reports"],
  reads: ["report"],
  judge: (facts, { cluster, commands }): Finding => {
    const { report } = facts;
    const url = onlyDirectUrl(facts);
    if (!report && url !== undefined) return { state: "ok", saw: `told at ${url} alone, and not looked at` };
    const all = report?.status.kinds ?? [];
    const bad = all.filter(({ state }) => !READ_STATES.has(state));
    if (bad.length === 0) {
      const count = (wanted: string) => all.filter(({ state }) => state === wanted).length;
      const listing = count("Listing") === 0 ? "" : `, ${count("Listing")} being listed`;
      return { state: "ok", saw: `${count("Watching")} watched${listing}, ${count("NotInstalled")} not installed` };
    }
    const named = bad.slice(0, KINDS_NAMED).map(({ kind, group, state, message }) => {
      return `${kind}.${group} ${state}${message === undefined ? "" : ` (${message})`}`;
    });
    const more = bad.length > KINDS_NAMED ? `; and ${bad.length - KINDS_NAMED} more` : "";
    const next = commands.hub("-n", cluster, "get", "kruiseclusters", cluster, "-o", "yaml");
    return { state: "failed", saw: `not read: ${named.join("; ")}${more}`, next };
  },
};

const kruise: Check = {
  name: "OpenKruise",
  part: "cluster",
  after: ["reports"],
  reads: ["addOn"],
  judge: ({ addOn }, scene): Finding => {
    const condition = conditionOf(addOn, "KruiseReady");
    const next = kruiseNext(condition?.reason, scene) ?? describeAddOn(scene);
    if (!condition) return { state: "warning", saw: "the agent has not said anything of it yet", next };
    if (condition.status === "True") return { state: "ok", saw: `${condition.reason}: ${condition.message}` };
    const state = condition.reason === "NotInstalled" ? "warning" : "failed";
    return { state, saw: `${condition.reason}: ${condition.message}`, next };
  },
};

/** The first step that the guide to a reason tells, on the cluster, when we know the way there. */
function kruiseNext(reason: string | undefined, { commands, seesManaged }: Scene): string | undefined {
  if (reason === undefined || !seesManaged || !Object.hasOwn(INSTALLATION_GUIDE, reason)) return undefined;
  const { next } = INSTALLATION_GUIDE[reason as keyof typeof INSTALLATION_GUIDE];
  const command = next.flatMap((step) => ("run" in step ? [step.run] : []))[0];
  return command?.replace(/^kubectl/, () => commands.managed());
}

const workloads: Check = {
  name: "workloads",
  part: "cluster",
  after: ["reports"],
  reads: ["addOn"],
  judge: ({ addOn }, scene): Finding => {
    const condition = conditionOf(addOn, "WorkloadsHealthy");
    if (condition?.status === "True") return { state: "ok", saw: condition.message };
    const saw = condition ? `${condition.reason}: ${condition.message}` : "the agent has not said anything of them yet";
    const health = condition?.status === "False" ? "Degraded" : "Unknown";
    const { cluster, commands } = scene;
    // The add-on does its work: it is the workloads that are not well.
    const next = commands.hub(
      "-n",
      cluster,
      "get",
      "kruiseworkloads",
      "--field-selector",
      `health=${health}`,
      "-o",
      "wide",
    );
    return { state: "warning", saw, next };
  },
};

export const AGENT_CHECKS: readonly Check[] = [manifestWork, progress, alive, reports, kinds, kruise, workloads];
