// The long readable names of a record's counters, rollout, images, subsets and sources. Absent members stay absent.
import type { WorkloadRecord } from "../../shared/kruise/record.ts";
import type { KruiseWorkload } from "./schemas.ts";
import { compact } from "./view.ts";

type Details = Omit<KruiseWorkload["status"], "health" | "reason" | "message" | "since" | "stale" | "conditions">;

export function workloadDetails(record: WorkloadRecord): Details {
  const { c: counts } = record;
  return compact({
    lastProgressTime: record.prog,
    observedGeneration: record.obs,
    counts: compact({
      wanted: counts.d,
      existing: counts.p,
      matched: counts.m,
      ready: counts.rdy,
      available: counts.av,
      updated: counts.up,
      updatedAvailable: counts.uav,
      updatedReady: counts.urdy,
      desired: counts.des,
      current: counts.cur,
      misscheduled: counts.mis,
      active: counts.act,
      succeeded: counts.ok,
      failed: counts.fail,
      completed: counts.don,
      total: counts.tot,
      allowedUnavailable: counts.alw,
    }),
    rollout: record.ro && rolloutOf(record.ro),
    images: record.img?.map(([container, image]) => ({ container, image })),
    templateHash: record.th,
    subsets: record.sub?.map(subsetOf),
    subsetsLeftOut: record.subMore,
    lastScheduleTime: record.last,
    source: record.src && sourceOf(record.src),
    otherSources: record.also?.map(sourceOf),
    notes: record.notes,
    limits: record.lim,
  });
}

function rolloutOf(rollout: NonNullable<WorkloadRecord["ro"]>): NonNullable<Details["rollout"]> {
  return compact({
    strategy: rollout.st,
    podUpdatePolicy: rollout.pol,
    partition: rollout.pt,
    podsKeptOld: rollout.ptn,
    updateTarget: rollout.tgt,
    paused: rollout.pa,
    currentRevision: rollout.cur,
    updateRevision: rollout.upd,
    step: rollout.step,
    steps: rollout.steps,
    stepState: rollout.state,
  });
}

function sourceOf({ t: type, n: name, q: qualifier }: NonNullable<WorkloadRecord["src"]>) {
  return compact({ type, name, qualifier });
}

function subsetOf(subset: NonNullable<WorkloadRecord["sub"]>[number]) {
  const { n: name, p: pods, rdy: ready, pt: partition, un: unschedulable } = subset;
  return compact({ name, pods, ready, partition, unschedulable });
}
