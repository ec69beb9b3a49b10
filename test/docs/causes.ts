// docs/causes.md: what a look at pods and events can show, and what to do about it.
import { CAUSES, CAUSES_MAX } from "../../shared/health/causes.ts";
import { CAUSE_GUIDE } from "../../shared/reasons/causes.ts";
import { GUIDES_ARE_RUN } from "./commands-run.ts";

/** Every cause of the vocabulary. */
export function causesPage(): string {
  return [
    "# Causes",
    "",
    "Written from `shared/reasons/causes.ts` by `npm run gen`.",
    "",
    "A [reason](reasons.md) says what is wrong with a workload; a cause says why. The agent looks for causes when a workload is Degraded or Unknown, or has been",
    "Progressing for 30 s: at a few of its pods and at its Warning Events of the last 20 min. It looks again after 1, 2, 4, 8 and then every 15 min while the",
    "verdict stays, and soon when it changes. All workloads together get one look a second. A cause changes no verdict and is forgotten when the workload is",
    "Healthy or Suspended.",
    "",
    `The hub shows at most ${CAUSES_MAX}, the workload's own first and then the commonest: in \`status.causes\` of \`kubectl get kruiseworkloads -o yaml\`, and the first one after the`,
    "message of `-o wide`. The number of pods is of those that were looked at, at most 100; 0 means that the cause is the workload's own.",
    "",
    "A message is made of names of containers, images, quotas, webhooks, budgets and readiness gates, exit codes, and the scheduler's words. It never holds an",
    "argument, an environment variable, a line of a log, or the name of a Secret, a ConfigMap or a volume.",
    "",
    "Commands are for the managed cluster; words in capitals are for you to put in.",
    GUIDES_ARE_RUN,
    "",
    ...CAUSES.flatMap((cause) => {
      const { meaning, seen, next } = CAUSE_GUIDE[cause];
      const steps = next.map(({ say, run }) => (run === undefined ? `  - ${say}.` : `  - ${say}: \`${run}\``));
      return [`## ${cause}`, "", meaning, "", `- Seen in: ${seen}.`, "- What to do:", ...steps, ""];
    }),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}
