// docs/reasons.md: what each reason means, why it comes and what to do.
import { NOTES, REASONS } from "../../shared/health/verdict.ts";
import type { Health, Reason } from "../../shared/health/verdict.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import { guideTo } from "../../shared/reasons/all.ts";
import type { ReasonGuide, Step } from "../../shared/reasons/guide.ts";
import { HEALTH_GUIDE } from "../../shared/reasons/healths.ts";
import { INSTALLATION_GUIDE, INSTALLATION_NOTE_GUIDE } from "../../shared/reasons/installation.ts";
import type { InstallationGuide } from "../../shared/reasons/installation.ts";
import { KIND_STATE_GUIDE } from "../../shared/reasons/kind-states.ts";
import { NOTE_GUIDE } from "../../shared/reasons/notes.ts";
import { REPORT_STALE } from "../../shared/reasons/report.ts";
import { INSTALLATION_NOTES, INSTALLATION_REASONS, KIND_STATES } from "../../shared/wire/report.ts";
import { GUIDES_ARE_RUN } from "./commands-run.ts";
import { PAGE_ORDER, WORST_FIRST } from "./links.ts";
import { BEFORE_ANY_KIND, STAGE_TWO, rulesFor, sectionAnchor } from "./rule-sections.ts";

/** A reason of the installation without a guide does not compile. */
const INSTALLATION: Record<(typeof INSTALLATION_REASONS)[number], InstallationGuide> = INSTALLATION_GUIDE;
/** A state without a guide does not compile. */
const KIND_STATE: Record<(typeof KIND_STATES)[number], string> = KIND_STATE_GUIDE;
const INSTALLATION_NOTE: Record<(typeof INSTALLATION_NOTES)[number], string> = INSTALLATION_NOTE_GUIDE;

/** Every reason of the vocabulary, the notes, and what the hub and the installation add. */
export function reasonsPage(): string {
  return [
    ...INTRODUCTION,
    ...PAGE_ORDER.flatMap((health) => [
      `## ${health}`,
      "",
      HEALTH_GUIDE[health],
      "",
      ...REASONS[health].flatMap((reason) => reasonText(health, reason)),
    ]),
    "## Notes",
    "",
    "A note stands beside a verdict and does not change it; it is in the object's `status.notes` on the hub.",
    "",
    ...NOTES.map((note) => `- **${note}**: ${NOTE_GUIDE[note]}`),
    "",
    "## Of the report, not of the workload",
    "",
    "### ReportStale",
    "",
    ...guideText(REPORT_STALE, []),
    "## Of the OpenKruise installation",
    "",
    "The reasons of the condition `KruiseReady` of the add-on, and in `status.kruise` of `kubectl get kruiseclusters -o yaml`.",
    "",
    ...INSTALLATION_REASONS.flatMap((reason) => [`### ${reason}`, "", ...installationText(INSTALLATION[reason])]),
    "Notes of the installation:",
    "",
    ...INSTALLATION_NOTES.map((note) => `- **${note}**: ${INSTALLATION_NOTE[note]}`),
    "",
    "## Of a watched kind",
    "",
    "How far the agent can read each kind: `status.kinds` of `kubectl get kruiseclusters -o yaml`.",
    "",
    ...KIND_STATES.map((state) => `- **${state}**: ${KIND_STATE[state]}`),
    "",
  ].join("\n");
}

const INTRODUCTION = [
  "# Reasons",
  "",
  "Written from `shared/reasons` by `npm run gen`.",
  "",
  "Every workload has one health and one reason. The health says whether to act; the reason says why. `kubectl get kruiseworkloads -A` on the hub shows",
  `both, \`-o wide\` adds the message. Severity, worst first: ${WORST_FIRST}.`,
  "",
  "A verdict is made in two stages. The first looks at the object alone. The second, in the agent, adds time and history: what does not move for too long",
  "becomes Degraded. The times can be set (see [settings](settings.md)). Every rule, in its order: [rules](rules.md).",
  "",
  "## Commands",
  "",
  "Run them on the managed cluster, unless they say otherwise. Words in capitals are for you to put in. Where a reason is given to several kinds, a command",
  "shows one of them: put in the resource of yours. A SidecarSet and a ResourceDistribution have no namespace; their Events are in `default`.",
  "The `status.labelSelector` that some commands read is of CloneSet, StatefulSet and UnitedDeployment; for another kind, write what its `spec.selector` says.",
  GUIDES_ARE_RUN,
  "",
  "| kind | resource |",
  "|---|---|",
  ...KRUISE_KINDS.map(({ kind, plural, group }) => `| ${kind} | \`${plural}.${group}\` |`),
  "",
];

function reasonText(health: Health, reason: Reason): string[] {
  const guide = guideTo(health, reason);
  if (guide === undefined) throw new Error(`${health}/${reason} has no guide`);
  return [`### ${reason}`, "", ...guideText(guide, givenBy(health, reason))];
}

function guideText(guide: ReasonGuide, given: string[]): string[] {
  const looksAt = guide.looksAt.map((field) => `\`${field}\``).join(", ");
  return [guide.meaning, "", ...given, `- Looks at: ${looksAt}.`, ...details(guide), ""];
}

function installationText(guide: InstallationGuide): string[] {
  return [guide.meaning, "", `- Health: ${guide.health}.`, ...details(guide), ""];
}

function details({ causes, next, alert }: Pick<ReasonGuide, "causes" | "next" | "alert">): string[] {
  return [
    ...(causes.length === 0 ? [] : [`- Usual causes: ${causes.join(" ")}`]),
    ...(next.length === 0 ? [] : ["- What to do:", ...next.map(stepText)]),
    `- Alert: ${alert}.`,
  ];
}

function stepText({ say, run }: Step): string {
  return run === undefined ? `  - ${say}.` : `  - ${say}: \`${run}\``;
}

/** "- Given by the rules of CloneSet, StatefulSet (R8); SidecarSet (S1a, S2b)." */
function givenBy(health: Health, reason: Reason): string[] {
  const byKinds = Map.groupBy(rulesFor(health, reason), ([, titles]) => titles.join(", "));
  const groups = [...byKinds].map(([kinds, rules]) => {
    const links = rules.map(([id, [first = ""]]) => `[${id}](rules.md${sectionAnchor(first)})`);
    return `${kinds === BEFORE_ANY_KIND ? "every kind" : kinds.replace(STAGE_TWO, "stage two")} (${links.join(", ")})`;
  });
  return groups.length === 0 ? [] : [`- Given by the rules of: ${groups.join("; ")}.`];
}
