// Resolves numbers that may be written as a count or as a percentage.
// Source of the partition rule: CalculatePartitionReplicas in pkg/util/tools.go of OpenKruise.

export interface Kept {
  /** Pods that stay on the old revision. */
  kept: number;
  /** Neither a count nor a percentage: the controllers then keep nothing. */
  malformed: boolean;
}

const PERCENT = /^([+-]?\d{1,12}(?:\.\d{1,12})?)%$/;

/** Reads "NN%" and gives NN, or undefined. */
function parsePercent(written: unknown): number | undefined {
  const digits = typeof written === "string" ? PERCENT.exec(written)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most);
}

/** Resolves the partition of a CloneSet or SidecarSet: a count, or a percentage rounded up. */
export function resolvePartition(written: unknown, replicas: number): Kept {
  if (written === undefined || written === null) return { kept: 0, malformed: false };
  if (typeof written === "number" && Number.isInteger(written))
    return { kept: clamp(written, replicas), malformed: false };
  const percent = parsePercent(written);
  if (percent === undefined) return { kept: 0, malformed: true };
  const scaled = Math.ceil((percent * replicas) / 100);
  // Anything but a literal "100%" lets at least one pod update.
  const kept = replicas > 1 && scaled === replicas && written !== "100%" ? replicas - 1 : scaled;
  return { kept: clamp(kept, replicas), malformed: false };
}

/** Resolves a partition that may only be a count, as a StatefulSet's. */
export function resolveIntPartition(written: unknown, replicas: number): Kept {
  if (written === undefined || written === null) return { kept: 0, malformed: false };
  if (typeof written !== "number" || !Number.isInteger(written)) return { kept: 0, malformed: true };
  return { kept: clamp(written, replicas), malformed: false };
}

/** Resolves the partition of a DaemonSet: a count, or a whole percentage rounded down. */
export function resolveDaemonPartition(written: unknown, desired: number): Kept {
  const percent = typeof written === "string" && !written.includes(".") ? parsePercent(written) : undefined;
  if (percent === undefined) return resolveIntPartition(written, desired);
  return { kept: clamp(Math.floor((percent * desired) / 100), desired), malformed: false };
}

/** Scales a count or percentage of `total`; undefined when it is neither. */
export function scale(written: unknown, total: number, round: "up" | "down"): number | undefined {
  if (typeof written === "number") return Number.isInteger(written) ? Math.max(written, 0) : undefined;
  const percent = parsePercent(written);
  if (percent === undefined) return undefined;
  const exact = (percent * total) / 100;
  return Math.max(round === "up" ? Math.ceil(exact) : Math.floor(exact), 0);
}
