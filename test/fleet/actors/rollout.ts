// How Kruise moves the pods of one workload, one step at a time. Pure: the pods after a step, from the spec and the pods.

export interface SimulatedPod {
  revision: string;
  ready: boolean;
}

export interface Wanted {
  replicas: number;
  revision: string;
  /** Pods of the wanted revision never become ready. */
  broken: boolean;
  /** Pods that stay at the old revision. */
  partition: number;
  paused: boolean;
  maxUnavailable: number;
}

/** Pods that one step may create or update. */
const STEP = 1;

/** The pods one step later. */
export function step(pods: readonly SimulatedPod[], wanted: Wanted): SimulatedPod[] {
  const settled = pods.map((pod) => ({
    ...pod,
    ready: pod.ready || !(wanted.broken && pod.revision === wanted.revision),
  }));
  // What has just become ready counts from the next step on.
  const isStill = settled.every((pod, index) => pod.ready === pods[index]?.ready);
  return isStill ? update(scale(settled, wanted), wanted) : settled;
}

/** Whether nothing would move any more. */
export function isSettled(pods: readonly SimulatedPod[], wanted: Wanted): boolean {
  const next = step(pods, wanted);
  return (
    next.length === pods.length &&
    next.every((pod, index) => pod.revision === pods[index]?.revision && pod.ready === pods[index].ready)
  );
}

function scale(pods: SimulatedPod[], { replicas, revision, partition }: Wanted): SimulatedPod[] {
  if (pods.length > replicas) {
    const isGoing = (pod: SimulatedPod): number => (pod.ready ? 1 : 0);
    return pods.toSorted((a, b) => isGoing(b) - isGoing(a)).slice(0, Math.max(replicas, pods.length - STEP));
  }
  const missing = Math.min(replicas - pods.length, STEP);
  const old = pods.find((pod) => pod.revision !== revision)?.revision;
  const updated = pods.filter((pod) => pod.revision === revision).length;
  const isOld = old !== undefined && updated >= replicas - partition;
  return [...pods, ...Array.from({ length: missing }, () => ({ revision: isOld ? old : revision, ready: false }))];
}

/** Updates unready old pods first: they cost no availability. */
function update(
  pods: SimulatedPod[],
  { replicas, revision, partition, paused, maxUnavailable }: Wanted,
): SimulatedPod[] {
  const updated = pods.filter((pod) => pod.revision === revision).length;
  const target = Math.max(0, replicas - partition);
  if (paused || updated >= target) return pods;
  const unready = pods.findIndex((pod) => pod.revision !== revision && !pod.ready);
  const unavailable = pods.filter((pod) => !pod.ready).length;
  const next = unready >= 0 ? unready : pods.findLastIndex((pod) => pod.revision !== revision);
  if (next < 0 || (unready < 0 && unavailable >= maxUnavailable)) return pods;
  return pods.with(next, { revision, ready: false });
}
