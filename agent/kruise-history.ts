// The verdicts on the OpenKruise installation, as this agent saw them and the hub told of an earlier one.
import { dateText } from "../shared/kruise/condense.ts";
import type { ReceivedTransition } from "../shared/kruise/received-record.ts";
import { followedBy, joined } from "../shared/kruise/transitions.ts";
import { KruiseTransition } from "../shared/wire/report.ts";
import type { Installation } from "../shared/wire/report.ts";
import { redated } from "./recalled.ts";
import type { RecalledAt } from "./recalled.ts";

export class KruiseHistory {
  #verdicts: readonly KruiseTransition[] = [];

  /** Takes in the verdict of now. */
  note({ health, reason }: Installation, nowMs: number): void {
    // Before anything was seen there is no verdict; later on it is news that nothing can be seen any more.
    if (reason === "NotChecked" && this.#verdicts.length === 0) return;
    this.#verdicts = followedBy(this.#verdicts, { h: health, r: reason, since: dateText(nowMs) });
  }

  /** Goes on from what an earlier agent saw, up to the first verdict that this version does not know. */
  adopt(earlier: readonly ReceivedTransition[], at: RecalledAt): void {
    const known: KruiseTransition[] = [];
    for (const verdict of earlier) {
      const read = KruiseTransition.safeParse({ ...verdict, since: redated(verdict.since, at) });
      if (!read.success) break;
      known.push(read.data);
    }
    this.#verdicts = joined(this.#verdicts, known);
  }

  /** The verdicts, newest first, that led to this one; undefined while they do not. */
  upTo({ health, reason }: Installation): KruiseTransition[] | undefined {
    const [now] = this.#verdicts;
    return now?.h === health && now.r === reason ? [...this.#verdicts] : undefined;
  }
}
