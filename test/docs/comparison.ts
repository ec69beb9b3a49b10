// docs/comparison.md: what other tools say of the situations that the tables of test/fixtures/assess hold.
import { assessFiles, kindOf, loadAssessCases } from "../fixtures/cases.ts";
import type { AssessCase, PeerAnswer } from "../fixtures/cases.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import type { Health, Reason } from "../../shared/health/verdict.ts";
import { cell, verdictLink } from "./links.ts";

export const PEERS = [
  { key: "argo", name: "Argo CD" },
  { key: "karmada", name: "Karmada" },
  { key: "kstatus", name: "kstatus" },
] as const;
type Peer = (typeof PEERS)[number]["key"];

export interface ComparedCase extends AssessCase {
  kind: string;
  peers: Record<Peer, PeerAnswer>;
}

/** The cases that say what other tools make of them, in the order of the kinds. */
export function comparedCases(): ComparedCase[] {
  const files = assessFiles().filter((file) => file !== "prelude");
  return KRUISE_KINDS.flatMap(({ kind }) =>
    files
      .filter((file) => kindOf(file).kind === kind)
      .flatMap((file) =>
        loadAssessCases(file).flatMap((row) => (row.peers ? [{ ...row, kind, peers: row.peers }] : [])),
      ),
  );
}

/** Tables by kind of the situations in which another tool misleads, and how many there are. */
export function comparisonPage(): string {
  const rows = comparedCases();
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  return [...INTRODUCTION, ...counts(rows, kinds), ...kinds.flatMap((kind) => tableOf(kind, rows))].join("\n");
}

const INTRODUCTION = [
  "# Compared with other tools",
  "",
  "Written from the cases in `test/fixtures/assess` by `npm run gen`: what kruise-health says is what its tests demand.",
  "",
  "What they do better, how status comes to the hub, what it costs, and when to choose which: [another page](comparison-delivery.md). Here, what each says of single objects.",
  "",
  "What was compared, by reading the source, not by running it:",
  "",
  "- **Argo CD**: the health scripts in `resource_customizations` at commit 37ee0097cf.",
  "- **Karmada**: the resource interpreters of OpenKruise's kinds at commit f8fdd02df. They are of v1alpha1 (StatefulSet: v1beta1). Without a script an",
  "  object counts as healthy; when a script fails, its health is unknown.",
  "- **kstatus** (cli-utils; Flux and kpt use it): generic rules for every kind. It has none for the kinds of OpenKruise, and does not claim to.",
  "",
  "Each object is taken as OpenKruise 1.8 stores it, with the defaults that its webhook fills in, unless the situation names a version.",
  "",
  "These tools have other aims: Argo CD and Flux wait for what they have applied, Karmada decides where to run it. Each serves hundreds of kinds; this",
  "project serves one family of them, and has learnt from all three. The tables list only situations in which at least one of the answers misleads, so",
  "the counts do not say how often a tool is right.",
  "",
  "✗ marks an answer that misleads:",
  "",
  "- it says that all is well while something is missing, broken, moving or not looked at yet;",
  "- it says that something is wrong, or still moving, while all is well or somebody holds it on purpose;",
  "- it says that something is still moving when it has failed for good, or that it has failed when it is only being updated;",
  "- it says that somebody holds it when nobody does, or, having a word for that, does not say so;",
  "- its script ends with an error.",
  "",
  "A tool without a script for the kind says nothing: that is not counted. What needs time or history",
  "is left out: the three judge the object alone.",
  "",
];

function counts(rows: readonly ComparedCase[], kinds: readonly string[]): string[] {
  const total = (of: readonly ComparedCase[]) =>
    PEERS.map(({ key }) => of.filter(({ peers }) => peers[key].wrong).length);
  const line = (name: string, of: readonly ComparedCase[]) => `| ${[name, of.length, ...total(of)].join(" | ")} |`;
  return [
    "## Counts",
    "",
    `| kind | situations | ${PEERS.map(({ name }) => `✗ ${name}`).join(" | ")} |`,
    "|---|---|---|---|---|",
    ...kinds.map((kind) =>
      line(
        kind,
        rows.filter((row) => row.kind === kind),
      ),
    ),
    line("all", rows),
    "",
  ];
}

function tableOf(kind: string, rows: readonly ComparedCase[]): string[] {
  return [
    `## ${kind}`,
    "",
    `| situation | ${PEERS.map(({ name }) => name).join(" | ")} | kruise-health |`,
    "|---|---|---|---|---|",
    ...rows.filter((row) => row.kind === kind).map(rowText),
    "",
  ];
}

function rowText({ name, peers, expect }: ComparedCase): string {
  const [health, reason] = expect.split("/") as [Health, Reason];
  const answers = PEERS.map(({ key }) => `${peers[key].wrong ? "✗ " : ""}${peers[key].says}`);
  return `| ${[name, ...answers].map(cell).join(" | ")} | ${verdictLink(health, reason)} |`;
}
