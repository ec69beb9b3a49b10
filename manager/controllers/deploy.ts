// Brings the agent to its managed cluster: one ManifestWork in the cluster namespace, kept as wanted, and the
// ManifestApplied condition that says how far it is. Writes nothing when nothing differs, so a restart writes nothing.
import { serverSideApply } from "../../shared/kube/apply.ts";
import type { NextCondition } from "../../shared/kube/conditions.ts";
import type { Reconcile } from "../../shared/kube/controller.ts";
import type { Kube } from "../../shared/kube/types.ts";
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import { renderAgent } from "../manifests/agent.ts";
import { readSettings } from "../manifests/settings.ts";
import { renderWork } from "../manifests/work.ts";
import type { WantedWork } from "../manifests/work.ts";
import { conditionOf, patchStatus, planStatus, withConditions } from "./addon-status.ts";
import type { FindConfig } from "./configs.ts";
import { planDesiredConfig } from "./desired-config.ts";
import { workFingerprint } from "../ocm/decode.ts";
import { CONFIG_HASH_ANNOTATION, HOSTING_CLUSTER_ANNOTATION, MANIFEST_WORKS } from "../ocm/types.ts";
import type { ManagedCluster, ManagedClusterAddOn, ManagedClusterAddOnStatus, ManifestWork } from "../ocm/types.ts";
import { FIELD_MANAGER, isActive, planNamespace } from "./registration.ts";

const MANIFEST_APPLIED = "ManifestApplied";

export interface AgentImage {
  image: string;
  imagePullPolicy: string;
}

export interface DeployDeps {
  kube: Kube;
  clock: Clock;
  agent: AgentImage;
  findAddon: (cluster: string) => ManagedClusterAddOn | undefined;
  findCluster: (cluster: string) => ManagedCluster | undefined;
  findConfig: FindConfig;
  findWork: (cluster: string) => ManifestWork | undefined;
}

export type WorkPlan =
  | { wanted: WantedWork }
  /** Not to be rendered yet: OCM has still to act. The work that is there stays. */
  | { waiting: string }
  /** Cannot be rendered: the hub user has to act. The work that is there stays. */
  | { mistakes: string };

/** Decides what the cluster's work is to hold. */
export function planWork(addon: ManagedClusterAddOn, agent: AgentImage, findConfig: FindConfig): WorkPlan {
  if (!conditionOf(addon, "RegistrationApplied")) return { waiting: "the agent is not registered yet" };
  if (addon.metadata.annotations?.[HOSTING_CLUSTER_ANNOTATION] !== undefined) {
    return {
      mistakes: `annotation ${HOSTING_CLUSTER_ANNOTATION}: hosted mode is not supported; the agent runs on the cluster that it watches`,
    };
  }
  const desired = planDesiredConfig(addon, findConfig);
  if (desired.state === "waiting") return { waiting: desired.message };
  const placed = planNamespace(addon, findConfig);
  if ("message" in placed) return { waiting: placed.message };
  const spec = desired.config?.spec ?? {};
  const read = readSettings(spec.customizedVariables ?? []);
  if ("mistakes" in read) return read;
  const manifests = renderAgent({
    cluster: addon.metadata.namespace,
    namespace: placed.namespace,
    ...agent,
    settings: read.settings,
    nodePlacement: spec.nodePlacement,
    registries: spec.registries,
  });
  return { wanted: renderWork(addon, manifests, { namespace: placed.namespace, references: desired.references }) };
}

/** Says whether the live work is as wanted. Fields that the add-on does not own do not count. */
export function isAsWanted(live: ManifestWork | undefined, { metadata, spec }: WantedWork): boolean {
  if (!live || live.fingerprint !== workFingerprint(spec)) return false;
  const labels = Object.entries(metadata.labels ?? {});
  const owner = metadata.ownerReferences?.[0];
  return (
    labels.every(([key, value]) => live.metadata.labels?.[key] === value) &&
    live.metadata.annotations?.[CONFIG_HASH_ANNOTATION] === metadata.annotations?.[CONFIG_HASH_ANNOTATION] &&
    live.metadata.ownerReferences?.some(({ uid, controller }) => uid === owner?.uid && controller === true) === true
  );
}

/** The status with ManifestApplied as the plan and the live work say; undefined when it says so already. */
export function planManifestApplied(
  addon: ManagedClusterAddOn,
  { plan, work, failure, now }: { plan: WorkPlan; work: ManifestWork | undefined; failure?: string; now: string },
): ManagedClusterAddOnStatus | undefined {
  const broken = failure ?? ("mistakes" in plan ? plan.mistakes : undefined);
  if (broken !== undefined) return setCondition(addon, applied("False", "ManifestWorkApplyFailed", broken), now);
  if ("waiting" in plan || !work) return undefined;
  const current = work.applied?.observedGeneration === work.metadata.generation ? work.applied : undefined;
  if (current?.status === "True") {
    return setCondition(addon, applied("True", "AddonManifestApplied", "The agent's manifests are applied"), now);
  }
  if (current?.status === "False") {
    return setCondition(addon, applied("False", "AddonManifestAppliedFailed", current.message), now);
  }
  return dropStaleFailure(addon);
}

/** Deploys one cluster's agent. */
export function deploy(deps: DeployDeps): Reconcile {
  return async (cluster, signal) => {
    const addon = deps.findAddon(cluster);
    if (!addon || !isActive(addon, deps.findCluster(cluster))) return;
    const plan = planWork(addon, deps.agent, deps.findConfig);
    const work = deps.findWork(cluster);
    const failure =
      "wanted" in plan && !isAsWanted(work, plan.wanted) ? await applyWork(deps.kube, plan.wanted, signal) : undefined;
    const now = rfc3339Seconds(deps.clock.wallMs());
    const status = planManifestApplied(addon, { plan, work, now, ...(failure && { failure: failure.message }) });
    if (status) await patchStatus(deps.kube, addon, status, signal);
    if (failure) throw failure;
  };
}

async function applyWork(kube: Kube, work: WantedWork, signal: AbortSignal): Promise<Error | undefined> {
  try {
    await serverSideApply(kube, MANIFEST_WORKS, work, { fieldManager: FIELD_MANAGER, force: true, signal });
    return undefined;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new Error(`Cannot apply ManifestWork "${work.metadata.name}": ${reason}`, { cause });
  }
}

function setCondition(
  addon: ManagedClusterAddOn,
  condition: NextCondition,
  now: string,
): ManagedClusterAddOnStatus | undefined {
  return planStatus(addon.status, { conditions: withConditions(addon, [condition], now) });
}

/** A render or apply error that is over must not stay while the klusterlet has not answered for the new work. */
function dropStaleFailure(addon: ManagedClusterAddOn): ManagedClusterAddOnStatus | undefined {
  if (conditionOf(addon, MANIFEST_APPLIED)?.reason !== "ManifestWorkApplyFailed") return undefined;
  return { conditions: (addon.status.conditions ?? []).filter(({ type }) => type !== MANIFEST_APPLIED) };
}

function applied(status: "True" | "False", reason: string, message: string): NextCondition {
  return { type: MANIFEST_APPLIED, status, reason, message };
}
