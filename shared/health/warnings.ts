// What a Warning event is worth. Some failures freeze the status, so that an event is the only trace of them;
// OpenKruise repeats it for as long as it fails, at most 16 min apart.
import type { History, Subject, Warning } from "./history.ts";
import type { Verdict } from "./verdict.ts";

/** An event of this age is over: the longest pause between two attempts has passed. */
const WARNING_LASTS_MS = 20 * 60_000;

/** In its first seconds a failure is repeated faster than this, so one event of the status' own second is then over. */
const SAME_SECOND_LASTS_MS = 10_000;

const REFUSED_SUBSET = ["FailedUpdateSubset", "FailedCreateSubset"];

/** The moment from which an event counts no more. */
export function endOfWarningMs({ atMs }: Warning): number {
  return atMs + WARNING_LASTS_MS;
}

/** The same beside a status that may be frozen: one written in the very second of the event may be older, or newer. */
export function endOfFreezeMs(
  warning: Warning,
  { statusWrittenMs }: Partial<Pick<History, "statusWrittenMs">>,
): number {
  const together = statusWrittenMs !== undefined && secondOf(statusWrittenMs) === secondOf(warning.atMs);
  return together ? warning.atMs + SAME_SECOND_LASTS_MS : endOfWarningMs(warning);
}

/** The event that shows that a DaemonSet's status is frozen, because a pod of it cannot be created. */
export function freezingWarning(
  subject: Subject,
  memory: Pick<History, "statusWrittenMs">,
  given: { warning?: Warning | undefined; nowMs: number },
): Warning | undefined {
  const { base, frozenStatus } = subject;
  const { warning, nowMs } = given;
  if (frozenStatus === undefined || warning?.reason !== "FailedCreate") return undefined;
  const frozen = base.health === "Healthy" || base.health === "Suspended" || base.health === "Progressing";
  if (!frozen || base.reason === "Terminating" || nowMs >= endOfFreezeMs(warning, memory)) return undefined;
  // Times of events are whole seconds: a status seen within that second may be older than the event. A failure that
  // lasts is told again at once; one that is not was over.
  const written = memory.statusWrittenMs;
  return written === undefined || secondOf(written) <= secondOf(warning.atMs) ? warning : undefined;
}

/** The event that tells why a UnitedDeployment, unless it is Healthy, does not come further: a subset was refused. */
export function refusingWarning(
  { health }: Verdict,
  given: { warning?: Warning | undefined; nowMs: number },
): Warning | undefined {
  const { warning, nowMs } = given;
  if (health === "Healthy" || warning === undefined || !REFUSED_SUBSET.includes(warning.reason)) return undefined;
  return warning.message === "" || nowMs >= endOfWarningMs(warning) ? undefined : warning;
}

function secondOf(ms: number): number {
  return Math.floor(ms / 1000);
}
