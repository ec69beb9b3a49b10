// A report as an agent of another version may have written it: an unknown field is dropped, an unknown word is kept as it
// is, a health that is none of the five counts as Unknown. The manager reads all reports through this.
import * as z from "zod";
import { HEALTHS } from "../health/verdict.ts";
import type { Health } from "../health/verdict.ts";
import { ReceivedRecord, ReceivedTransition, receivedWord } from "../kruise/received-record.ts";
import { HISTORY_MAX } from "../kruise/record.ts";
import {
  AgentIdentity,
  INSTALLATION_NOTES_MAX,
  Installation,
  KINDS_MAX,
  KindState,
  LeftOut,
  Report,
  Totals,
} from "./report.ts";

const HEALTH_WORDS_MAX = 16;
const count = z.int().nonnegative();

/** A watched kind, whatever word its state has. */
export const ReceivedKindState = z.object({ ...KindState.shape, state: receivedWord });
export type ReceivedKindState = z.infer<typeof ReceivedKindState>;

export const ReceivedInstallation = z.object({
  ...Installation.shape,
  health: receivedWord.transform((word): Health => HEALTHS.find((known) => known === word) ?? "Unknown"),
  reason: receivedWord,
  notes: z.array(receivedWord).max(INSTALLATION_NOTES_MAX).optional(),
});
export type ReceivedInstallation = z.infer<typeof ReceivedInstallation>;

/** Numbers by health; those of a health that is none of the five are counted as Unknown, so that the sum stays exact. */
const ByHealth = z
  .record(receivedWord, count)
  .refine(
    (numbers) => Object.keys(numbers).length <= HEALTH_WORDS_MAX,
    `wanted are at most ${HEALTH_WORDS_MAX} healths`,
  )
  .transform((numbers): Record<Health, number> => {
    const byHealth = { Healthy: 0, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 };
    for (const [word, number] of Object.entries(numbers)) {
      byHealth[HEALTHS.find((known) => known === word) ?? "Unknown"] += number;
    }
    return byHealth;
  });

const ReceivedFields = z.object({
  ...Report.shape,
  agent: z.object(AgentIdentity.shape),
  // An older agent did not tell.
  sentMs: Report.shape.sentMs.optional(),
  kruise: ReceivedInstallation.optional(),
  kruiseHistory: z.array(ReceivedTransition).max(HISTORY_MAX).optional(),
  kinds: z.array(ReceivedKindState).max(KINDS_MAX).optional(),
  leftOut: z.object(LeftOut.shape).optional(),
  totals: z.object({ ...Totals.shape, byHealth: ByHealth }),
  records: z.array(ReceivedRecord),
});

export const ReceivedReport = ReceivedFields.refine(isWhole, {
  path: ["kruise"],
  error: "wanted are kruise and kinds; a delta may leave both out together, which says that they are as before",
});
export type ReceivedReport = z.infer<typeof ReceivedReport>;

function isWhole({ form, kruise, kinds }: z.infer<typeof ReceivedFields>): boolean {
  return (kruise === undefined) === (kinds === undefined) && (kruise !== undefined || form === "delta");
}
