// The long readable names of a record's counters, rollout, images, subsets and sources. Absent members stay absent.
import { COUNTER_NAMES } from "../../shared/kruise/columns.ts";
import type { ReceivedRecord } from "../../shared/kruise/received-record.ts";
import { historyOf } from "./history.ts";
import type { KruiseWorkload } from "./schemas.ts";
import { compact } from "./view.ts";

type Details = Omit<KruiseWorkload["status"], "health" | "reason" | "message" | "since" | "stale" | "conditions">;

export function workloadDetails(record: ReceivedRecord): Details {
  return compact({
    lastProgressTime: record.prog,
    observedGeneration: record.obs,
    counts: countsOf(record.c),
    rollout: record.ro && rolloutOf(record.ro),
    images: record.img?.map(([container, image]) => ({ container, image })),
    templateHash: record.th,
    subsets: record.sub?.map(subsetOf),
    subsetsLeftOut: record.subMore,
    lastScheduleTime: record.last,
    source: record.src && sourceOf(record.src),
    otherSources: record.also?.map(sourceOf),
    notes: record.notes,
    causes: record.why?.map(causeOf),
    limits: record.lim,
    history: record.hist && historyOf(record.since, record.hist),
  });
}

const NAMES: Readonly<Record<string, string>> = COUNTER_NAMES;

/** The counters by their long names; one that is not known here, of a newer agent, keeps its own. */
export function countsOf(counters: ReceivedRecord["c"]): Details["counts"] {
  return Object.fromEntries(Object.entries(counters).map(([name, count]) => [NAMES[name] ?? name, count]));
}

function rolloutOf(rollout: NonNullable<ReceivedRecord["ro"]>): NonNullable<Details["rollout"]> {
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

export function sourceOf({ t: type, n: name, q: qualifier }: NonNullable<ReceivedRecord["src"]>) {
  return compact({ type, name, qualifier });
}

function causeOf({ r: reason, m: message, n: pods }: NonNullable<ReceivedRecord["why"]>[number]) {
  return { reason, message, pods };
}

function subsetOf(subset: NonNullable<ReceivedRecord["sub"]>[number]) {
  const { n: name, p: pods, rdy: ready, pt: partition, un: unschedulable } = subset;
  return compact({ name, pods, ready, partition, unschedulable });
}
