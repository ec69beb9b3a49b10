// Reads a UnitedDeployment. Its pause, strategy and pod template are those of the child template it stamps out;
// its subsets' numbers are in status.subsetReplicas or status.subsetStatuses, by release.
import type { SubsetInput } from "../../health/kinds/uniteddeployment.ts";
import { UNITEDDEPLOYMENT_TABLE, assessUnitedDeployment } from "../../health/kinds/uniteddeployment.ts";
import type { Note } from "../../health/verdict.ts";
import { readConditions } from "../conditions.ts";
import { keepText } from "../kept-text.ts";
import { isRolloutControlled, readGraceSeconds, readNumbers, readRollout } from "./kind-reading.ts";
import type { KindReading, Parts, Reader, Subset } from "./kind-reading.ts";
import { countOf, entryOf, integerOf, isCount, mapOf, mapOrEmpty, mapsOf, textOf } from "../raw.ts";
import type { Raw } from "../raw.ts";
import { readChild } from "./subset-template.ts";

interface NamedSubset extends SubsetInput {
  name: string;
  /** The partition is written in the spec. */
  hasPartition: boolean;
}

export const unitedDeploymentReader: Reader = {
  read: readUnitedDeployment,
  rules: UNITEDDEPLOYMENT_TABLE,
  counters: ["replicas", "readyReplicas", "updatedReplicas", "updatedReadyReplicas", "reservedPods"],
  observesGeneration: true,
  replicas: true,
};

function readUnitedDeployment({ annotations, spec, status }: Parts, notes: readonly Note[]): KindReading {
  const child = readChild(mapOrEmpty(spec["template"]));
  const strategy = mapOrEmpty(spec["updateStrategy"]);
  const subsets = readSubsets(spec, status);
  const currentRevision = textOf(status["currentRevision"]);
  const updateRevision =
    textOf(status["updatedRevision"]) ?? textOf(mapOrEmpty(status["updateStatus"])["updatedRevision"]);
  const { verdict, numbers } = assessUnitedDeployment(
    {
      replicas: isCount(spec["replicas"]) ? spec["replicas"] : undefined,
      allocatedSum: sumOf(Object.values(mapOrEmpty(status["subsetReplicas"]))),
      topologySum: sumOf(mapsOf(mapOrEmpty(spec["topology"])["subsets"]).map((subset) => subset["replicas"])),
      counters: {
        existing: countOf(status["replicas"]),
        ready: countOf(status["readyReplicas"]),
        updated: countOf(status["updatedReplicas"]),
        updatedReady: countOf(status["updatedReadyReplicas"]),
        reserved: countOf(status["reservedPods"]),
      },
      subsets,
      ignoresPartitions: child.isDeployment,
      paused: child.paused,
      onDelete: child.onDelete,
      currentRevision,
      updateRevision,
      conditions: readConditions(status),
      rolloutControlled: isRolloutControlled(annotations),
    },
    notes,
  );
  return {
    verdict,
    ...readNumbers(numbers),
    maxUnavailable: child.maxUnavailable(numbers.wanted),
    minReadySeconds: child.minReadySeconds,
    terminationGraceSeconds: readGraceSeconds(child.podTemplate),
    rollout: readRollout({
      type: strategy["type"],
      kept: numbers.wanted - numbers.target,
      target: numbers.target,
      paused: child.paused,
      current: currentRevision,
      update: updateRevision,
    }),
    podTemplate: child.podTemplate,
    subsets: subsets.map(condenseSubset),
  };
}

/** Sums the counters among some values; undefined when there is none. */
function sumOf(values: readonly unknown[]): number | undefined {
  const counters = values.filter(isCount);
  return counters.length === 0 ? undefined : counters.reduce((sum, counter) => sum + counter, 0);
}

function readSubsets(spec: Raw, status: Raw): NamedSubset[] {
  const partitions = mapOrEmpty(mapOrEmpty(mapOrEmpty(spec["updateStrategy"])["manualUpdate"])["partitions"]);
  const names = mapsOf(mapOrEmpty(spec["topology"])["subsets"]).flatMap((subset) => textOf(subset["name"]) ?? []);
  // Entries of subsets that were taken out of the topology stay in the status: only named ones are looked up.
  const statuses = new Map(mapsOf(status["subsetStatuses"]).map((entry) => [entry["name"], entry]));
  const allocated = allocationOf(names, status, statuses);
  return names.map((name) => {
    const entry = mapOrEmpty(statuses.get(name));
    const partition = integerOf(entryOf(partitions, name));
    return {
      name,
      allocated: allocated(name),
      ready: countOf(entry["readyReplicas"]),
      reserved: countOf(entry["reservedPods"]),
      partition: partition ?? 0,
      hasPartition: partition !== undefined,
      unschedulable: readConditions(entry).some((c) => c.type === "Schedulable" && c.status === "False"),
    };
  });
}

/** Pods given to each subset: status.subsetReplicas says it, else the subset statuses where they carry numbers. */
function allocationOf(
  names: readonly string[],
  status: Raw,
  statuses: ReadonlyMap<unknown, Raw>,
): (name: string) => number | undefined {
  const subsetReplicas = mapOf(status["subsetReplicas"]);
  if (subsetReplicas !== undefined && Object.keys(subsetReplicas).length > 0)
    return (name) => countOf(entryOf(subsetReplicas, name));
  const told = names.some((name) => isCount(statuses.get(name)?.["replicas"]));
  return (name) => (told ? countOf(statuses.get(name)?.["replicas"]) : undefined);
}

function condenseSubset({ name, allocated, ready, partition, hasPartition, unschedulable }: NamedSubset): Subset {
  return {
    n: keepText(name, 253),
    ...(allocated !== undefined && { p: allocated }),
    ...(ready > 0 && { rdy: ready }),
    ...(hasPartition && { pt: partition }),
    ...(unschedulable && { un: true }),
  };
}
