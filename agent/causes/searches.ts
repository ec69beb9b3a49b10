// The requests of a look: a few short pages of pods or events, and one budget. Nothing is watched.
import type { Cause } from "./cause.ts";
import { causeOf } from "./cause.ts";
import { budgetText } from "./events.ts";
import { causesOfPods, readEvent, readPod } from "./sight.ts";
import type { PodSight } from "./sight.ts";
import { listPages } from "../../shared/kube/pages.ts";
import type { ListOptions } from "../../shared/kube/pages.ts";
import { objectPath } from "../../shared/kube/paths.ts";
import type { Kube } from "../../shared/kube/types.ts";
import { mapOrEmpty, textOf } from "../../shared/kruise/raw.ts";
import type { WorkloadRecord } from "../../shared/kruise/record.ts";

const PODS = { group: "", version: "v1", plural: "pods" };
const EVENTS = { group: "", version: "v1", plural: "events" };
const PAGE = 20;
/** Pages that are read while they show no cause: one broken pod may stand behind many good ones. */
const PAGES_MAX = 5;
/** Where events about cluster-scoped objects are. */
const CLUSTER_EVENTS = "default";
/** Operations that a budget protects, as an annotation or a field; it protects all when neither is there. */
const PROTECTS = "kruise.io/pub-protect-operations";

/** These make their pods themselves; pods of other kinds have an owner in between. */
const DIRECT_OWNERS = ["CloneSet", "StatefulSet", "DaemonSet", "BroadcastJob"];

export interface Search {
  kube: Kube;
  nowMs: number;
  signal: AbortSignal;
}

/** Looks at pods of a workload until some show a cause. */
export async function findPods(
  { kube, nowMs, signal }: Search,
  record: WorkloadRecord,
  labelSelector: string,
): Promise<PodSight[]> {
  const decode = (raw: unknown): PodSight | undefined => readPod(raw, nowMs);
  const options = { resource: PODS, namespace: record.ns, labelSelector, signal, decode };
  const isOwn = ({ owner }: PodSight): boolean => !DIRECT_OWNERS.includes(record.k) || owner.startsWith(record.u);
  return firstPages(kube, options, isOwn, (pods) => causesOfPods(pods).length > 0);
}

/** Finds the causes in the newest Warning events about an object. `uid` may be the first part of one. */
export async function findWarnings(
  { kube, nowMs, signal }: Search,
  about: { kind: string; namespace: string; name: string; uid: string },
): Promise<Cause[]> {
  const { kind, namespace, name, uid } = about;
  const fieldSelector = [
    `involvedObject.kind=${kind}`,
    `involvedObject.name=${name}`,
    ...(namespace === "" ? [] : [`involvedObject.namespace=${namespace}`]),
    "type=Warning",
  ].join(",");
  const options = {
    resource: EVENTS,
    namespace: namespace === "" ? CLUSTER_EVENTS : namespace,
    fieldSelector,
    signal,
    decode: (raw: unknown) => readEvent(raw, nowMs),
  };
  // Events are listed by name, which ends in the time of their making: the newest come last.
  const sights = await firstPages(
    kube,
    options,
    (sight) => sight.uid.startsWith(uid),
    () => false,
  );
  return sights.toReversed().map(({ cause }) => cause);
}

/** The cause that a PodUnavailableBudget is, if it protects against updates and allows none now. */
export async function findBudget(
  { kube, signal }: Search,
  { g: group, v: version, ns: namespace, n: name, c: counts }: WorkloadRecord,
): Promise<Cause[]> {
  if (counts.alw !== 0 || (counts.des ?? 0) === 0) return [];
  const path = objectPath({ group, version, plural: "podunavailablebudgets" }, { namespace, name });
  const budget = mapOrEmpty(await kube.request<unknown>({ method: "GET", path, signal }));
  const { protectOperations: field } = mapOrEmpty(budget["spec"]);
  const annotation = textOf(mapOrEmpty(mapOrEmpty(budget["metadata"])["annotations"])[PROTECTS]);
  const operations = Array.isArray(field) ? field : annotation?.split(",");
  const protects = operations === undefined || operations.length === 0 || operations.includes("UPDATE");
  return protects ? [causeOf("BudgetBlocks", budgetText(name))] : [];
}

async function firstPages<T>(
  kube: Kube,
  options: Omit<ListOptions<T | undefined>, "limit">,
  counts: (item: T) => boolean,
  isEnough: (items: readonly T[]) => boolean,
): Promise<T[]> {
  const found: T[] = [];
  let pages = 0;
  for await (const { items } of listPages(kube, { ...options, limit: PAGE })) {
    for (const item of items) if (item !== undefined && counts(item)) found.push(item);
    pages += 1;
    if (pages === PAGES_MAX || isEnough(found)) break;
  }
  return found;
}
