// A status that says it is of the present generation and is not: after a conflict OpenKruise writes the numbers of before
// under the new generation (SidecarSet of 1.8.3). A new template without a new revision gives it away.
import type { History, Subject } from "./history.ts";
import { verdictOf } from "./stage-two.ts";

/** After so long the status is believed all the same; the right one follows within a second. */
const DOUBT_MS = 30_000;

interface Doubt {
  /** The subject to judge; with other verdict and no numbers while its status is not believed. */
  subject: Subject;
  confirmed: History["confirmed"];
  /** When the status is believed whatever it says; absent: it is believed. */
  untilMs?: number;
}

/** Compares template and revision with the last pair that belonged together. */
export function doubtStatus(
  subject: Subject,
  held: History | undefined,
  { nowMs, generationSeenMs }: { nowMs: number; generationSeenMs: number },
): Doubt {
  const { template, revision, marks } = subject;
  const known = held?.confirmed;
  if (template === undefined || marks === undefined) return { subject, confirmed: known };
  const untilMs = generationSeenMs + DOUBT_MS;
  const isEarly = known !== undefined && known.template !== template && known.revision === revision;
  if (!isEarly || nowMs >= untilMs) return { subject, confirmed: { template, revision } };
  const base = verdictOf("T0", subject.base, "The status is still that of the template before");
  return { subject: { ...subject, base: { ...base, notes: [] }, marks: undefined }, confirmed: known, untilMs };
}
