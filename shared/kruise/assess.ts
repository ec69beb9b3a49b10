// Stage one: the verdict of one object from the object alone. Any JSON gets an answer, nothing throws.
import { assessPrelude } from "../health/prelude.ts";
import type { Verdict } from "../health/verdict.ts";
import { readCloneSet } from "./cloneset.ts";
import { readHead } from "./head.ts";
import type { Identity } from "./head.ts";
import type { KindReader, KindReading } from "./kind-reading.ts";
import { mapOrEmpty } from "./raw.ts";
import { readSidecarSet } from "./sidecarset.ts";
import { readStatefulSet } from "./statefulset.ts";
import { readUnitedDeployment } from "./uniteddeployment.ts";

interface Reader {
  read: KindReader;
  /** Status fields that must be non-negative integers where they are present. */
  counters: readonly string[];
}

const REPLICA_COUNTERS = [
  "replicas",
  "readyReplicas",
  "availableReplicas",
  "updatedReplicas",
  "updatedReadyReplicas",
  "updatedAvailableReplicas",
];

const READERS: ReadonlyMap<string, Reader> = new Map([
  ["CloneSet", { read: readCloneSet, counters: REPLICA_COUNTERS }],
  ["StatefulSet", { read: readStatefulSet, counters: REPLICA_COUNTERS }],
  [
    "UnitedDeployment",
    {
      read: readUnitedDeployment,
      counters: ["replicas", "readyReplicas", "updatedReplicas", "updatedReadyReplicas", "reservedPods"],
    },
  ],
  ["SidecarSet", { read: readSidecarSet, counters: ["matchedPods", "updatedPods", "readyPods", "updatedReadyPods"] }],
]);

/** Everything that is read of one object. It still holds parts of the raw object: for immediate use only. */
export interface Reading {
  identity: Identity;
  verdict: Verdict;
  /** Empty when the numbers are malformed or the kind is not assessed. */
  details: Omit<KindReading, "verdict">;
  /** The numbers are those of the present generation. */
  current: boolean;
}

/** Reads and assesses any JSON. */
export function readObject(raw: unknown): Reading {
  const object = mapOrEmpty(raw);
  const head = readHead(object, (kind) => READERS.get(kind)?.counters ?? []);
  const prelude = assessPrelude(head.prelude);
  const reader = head.kind && READERS.get(head.kind.kind);
  const { malformedCounter, replicasMalformed, status } = head.prelude;
  const readable = malformedCounter === undefined && !replicasMalformed && status !== "malformed";
  if (reader === undefined || !readable)
    return { identity: head.identity, verdict: prelude.verdict ?? UNSUPPORTED, details: NO_DETAILS, current: false };
  const parts = {
    annotations: mapOrEmpty(mapOrEmpty(object["metadata"])["annotations"]),
    spec: mapOrEmpty(object["spec"]),
    status: mapOrEmpty(object["status"]),
  };
  const details = reader.read(parts, prelude.notes ?? []);
  const current = prelude.verdict === undefined;
  return { identity: head.identity, verdict: prelude.verdict ?? details.verdict, details, current };
}

const NO_DETAILS: Reading["details"] = {
  counts: {},
  marks: { updated: 0, updatedAvailable: 0, available: 0, gap: 0 },
  wanted: 0,
  maxUnavailable: 0,
  minReadySeconds: 0,
  progressDeadlineSeconds: undefined,
  terminationGraceSeconds: 0,
  failedScale: undefined,
  failedUpdate: undefined,
  rollout: {},
  podTemplate: {},
  subsets: [],
};

const UNSUPPORTED: Verdict = {
  health: "Unknown",
  reason: "UnsupportedKind",
  message: "Not a kind that is assessed",
  notes: [],
};

/** Assesses any JSON. */
export function assess(raw: unknown): Verdict {
  return readObject(raw).verdict;
}
