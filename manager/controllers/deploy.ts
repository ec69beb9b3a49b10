// Brings the agent to its managed cluster: its ManifestWorks in the cluster namespace, kept as wanted, and the
// ManifestApplied condition that says how far they are. Writes nothing when nothing differs, so a restart writes nothing.
import { serverSideApply } from "../../shared/kube/apply.ts";
import type { NextCondition } from "../../shared/kube/conditions.ts";
import type { Reconcile } from "../../shared/kube/controller.ts";
import { isNotFound } from "../../shared/kube/errors.ts";
import { objectPath } from "../../shared/kube/paths.ts";
import type { Kube, OwnerReference } from "../../shared/kube/types.ts";
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import { renderAgent } from "../manifests/agent.ts";
import type { DirectWay } from "../manifests/agent.ts";
import { splitManifests } from "../manifests/split.ts";
import { readWishes } from "../manifests/wishes.ts";
import { placedIn, renderWorks } from "../manifests/work.ts";
import type { WantedWork } from "../manifests/work.ts";
import { conditionOf, patchStatus, planStatus, withConditions } from "./addon-status.ts";
import type { FindConfig } from "./configs.ts";
import { planDesiredConfig } from "./desired-config.ts";
import { workFingerprint } from "../ocm/decode.ts";
import { CONFIG_HASH_ANNOTATION, HOSTING_CLUSTER_ANNOTATION, isHosted, MANIFEST_WORKS } from "../ocm/types.ts";
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
  /** Those of the cluster's works that are the add-on's own. */
  findWorks: (cluster: string) => ManifestWork[];
  /** The way of reports past kube-apiserver, as it is now. */
  findDirectWay?: (() => DirectWay | undefined) | undefined;
}

/** What there is to render from, besides the add-on itself. */
export interface WorkContext {
  agent: AgentImage;
  cluster: ManagedCluster | undefined;
  /** The live works. */
  works: readonly ManifestWork[];
  findConfig: FindConfig;
  /** Undefined: reports go through kube-apiserver. */
  direct?: DirectWay | undefined;
}

export type WorkPlan =
  | { wanted: WantedWork[] }
  /** Not to be rendered yet: OCM has still to act. The work that is there stays. */
  | { waiting: string }
  /** Cannot be rendered: the hub user has to act. The work that is there stays. */
  | { mistakes: string };

/** Decides what the cluster's works are to hold. */
export function planWorks(addon: ManagedClusterAddOn, context: WorkContext): WorkPlan {
  if (isHosted(addon)) {
    return {
      mistakes: `annotation ${HOSTING_CLUSTER_ANNOTATION}: hosted mode is not supported, the agent runs on the cluster that it watches; wanted is no such annotation`,
    };
  }
  if (!conditionOf(addon, "RegistrationApplied")) return { waiting: "the agent is not registered yet" };
  const desired = planDesiredConfig(addon, context.findConfig);
  if (desired.state === "waiting") return { waiting: desired.message };
  const placed = planNamespace(addon, context.findConfig);
  if ("message" in placed) return { waiting: placed.message };
  const { direct } = context;
  if (direct && direct.ca === undefined) return { waiting: "the feedback API has no certificate yet" };
  const { image, imagePullPolicy } = context.agent;
  const wishes = readWishes(desired.config?.spec ?? {}, { image, cluster: context.cluster });
  if ("mistakes" in wishes) return wishes;
  const { namespace } = placed;
  const cluster = addon.metadata.namespace;
  const manifests = renderAgent({ ...wishes, cluster, namespace, imagePullPolicy, direct });
  const split = splitManifests(manifests, placedIn(context.works));
  if ("mistakes" in split) return split;
  return { wanted: renderWorks(addon, split.works, desired.references) };
}

/** Says whether a live work is as wanted. Fields that the add-on does not own do not count. */
export function isAsWanted(live: ManifestWork | undefined, { metadata, spec }: WantedWork): boolean {
  if (!live || live.fingerprint !== workFingerprint(spec)) return false;
  const labels = Object.entries(metadata.labels ?? {});
  const owner = metadata.ownerReferences?.[0];
  // The version too: an owner in a version that the hub no longer serves is never found by the garbage collector.
  const isOwner = ({ uid, apiVersion, controller }: OwnerReference) =>
    uid === owner?.uid && apiVersion === owner.apiVersion && controller === true;
  return (
    labels.every(([key, value]) => live.metadata.labels?.[key] === value) &&
    live.metadata.annotations?.[CONFIG_HASH_ANNOTATION] === metadata.annotations?.[CONFIG_HASH_ANNOTATION] &&
    live.metadata.ownerReferences?.some(isOwner) === true
  );
}

/** The status with ManifestApplied as the plan and the live works say; undefined when it says so already. */
export function planManifestApplied(
  addon: ManagedClusterAddOn,
  { plan, works, failure, now }: { plan: WorkPlan; works: readonly ManifestWork[]; failure?: string; now: string },
): ManagedClusterAddOnStatus | undefined {
  const broken = failure ?? ("mistakes" in plan ? plan.mistakes : undefined);
  if (broken !== undefined) return setCondition(addon, applied("False", "ManifestWorkApplyFailed", broken), now);
  if (!("wanted" in plan)) return undefined;
  const answers = plan.wanted.map((wanted) => answerOf(findIn(works, wanted), wanted));
  const refused = answers.find((answer) => answer?.status === "False");
  if (refused) return setCondition(addon, applied("False", "AddonManifestAppliedFailed", refused.message), now);
  if (answers.every((answer) => answer?.status === "True")) {
    return setCondition(addon, applied("True", "AddonManifestApplied", "The agent's manifests are applied"), now);
  }
  return dropStaleFailure(addon);
}

/** What the klusterlet says of a work; undefined while it has not answered for what is wanted. */
function answerOf(live: ManifestWork | undefined, wanted: WantedWork): ManifestWork["applied"] {
  if (!live || !isAsWanted(live, wanted)) return undefined;
  return live.applied?.observedGeneration === live.metadata.generation ? live.applied : undefined;
}

/** Deploys one cluster's agent. */
export function deploy(deps: DeployDeps): Reconcile {
  return async (name, signal) => {
    const addon = deps.findAddon(name);
    const cluster = deps.findCluster(name);
    if (!addon || !isActive(addon, cluster)) return;
    const { agent, findConfig } = deps;
    const works = deps.findWorks(name);
    const plan = planWorks(addon, { agent, findConfig, cluster, works, direct: deps.findDirectWay?.() });
    const failure = "wanted" in plan ? await writeWorks(deps.kube, planWrites(plan.wanted, works), signal) : undefined;
    const now = rfc3339Seconds(deps.clock.wallMs());
    const status = planManifestApplied(addon, { plan, works, now, ...(failure && { failure: failure.message }) });
    if (status) await patchStatus(deps.kube, addon, status, signal);
    if (failure) throw failure;
  };
}

/**
 * What is to be written now. Until the klusterlet has answered for a new work, the others stay: an object that moves has to
 * be in its new work before it leaves the old one, or it is deleted in between.
 */
export function planWrites(
  wanted: readonly WantedWork[],
  works: readonly ManifestWork[],
): { apply: WantedWork[]; remove: ManifestWork[] } {
  const fresh = wanted.filter((work) => !findIn(works, work));
  if (fresh.length > 0) return { apply: fresh, remove: [] };
  const due = wanted.filter((work) => !isAsWanted(findIn(works, work), work));
  const unanswered = wanted.filter((work) => !due.includes(work) && answerOf(findIn(works, work), work) === undefined);
  const emptied = works.filter(({ metadata }) => !wanted.some((work) => work.metadata.name === metadata.name));
  return {
    apply: unanswered.length > 0 ? [] : due,
    remove: emptied.filter(({ metadata }) => metadata.deletionTimestamp === undefined),
  };
}

async function writeWorks(
  kube: Kube,
  { apply, remove }: ReturnType<typeof planWrites>,
  signal: AbortSignal,
): Promise<Error | undefined> {
  let current = "";
  try {
    for (const work of apply) {
      current = `apply ManifestWork "${work.metadata.name}"`;
      await serverSideApply(kube, MANIFEST_WORKS, work, { fieldManager: FIELD_MANAGER, force: true, signal });
    }
    for (const { metadata } of remove) {
      current = `delete ManifestWork "${metadata.name}"`;
      await removeWork(kube, metadata, signal);
    }
    return undefined;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new Error(`Cannot ${current}: ${reason}`, { cause });
  }
}

async function removeWork(kube: Kube, metadata: ManifestWork["metadata"], signal: AbortSignal): Promise<void> {
  const { namespace = "", name, uid } = metadata;
  const path = objectPath(MANIFEST_WORKS, { namespace, name });
  try {
    await kube.request({ method: "DELETE", path, body: { preconditions: { uid } }, signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function findIn(works: readonly ManifestWork[], { metadata }: WantedWork): ManifestWork | undefined {
  return works.find((work) => work.metadata.name === metadata.name);
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
