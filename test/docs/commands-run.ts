// How test/e2e/docs.e2e.ts runs a documented command: a command that only reads is run as it stands, with the words in
// capitals filled in; others have a row here.
import type { DocumentedCommand } from "./commands.ts";
import { ROWS } from "./commands-rows.ts";
import type { Row, World } from "./commands-rows.ts";

export interface Run {
  page: string;
  /** The command as the page has it. */
  command: string;
  /** The line for a shell: what the reader has to put in is put in. */
  line: string;
  on: "hub" | "c1";
  /** It goes on until it is ended: ended once it has printed something. */
  isEndless: boolean;
  /** It changes an object, so that no other command is run beside it. */
  changes: boolean;
  prints?: RegExp;
}

const RELEASE_NAMESPACE = "open-cluster-management-kruise-health";
const READS = /^kubectl (?:-\S+ [^-\s]\S* )*(?:get|describe|explain|auth can-i|wait|rollout status|rollout history) /;
/** What the guides tell to change, of objects that the suite has made. */
const CHANGES = /^kubectl (?:patch|scale|delete pods) /;
/** A watch, and a wait for what does not come while all is well. */
const ENDLESS = / (?:-w|--watch)\b|^while true| --for=condition=Degraded/;
/** Pages whose commands are for the managed cluster, but for what only a hub has. */
const OF_CLUSTER = ["docs/reasons.md", "docs/causes.md"];
const HUB_RESOURCES =
  /kruise(?:clusters?|workloads|fleetworkloads)|\bk[wcf][lw]\b|managedcluster|kruise-health-manager|manifestwork/;

/** Commands of the guides to reasons that are not run, and what the machine of the tests lacks for them. */
const LACKING: readonly { commands: RegExp; lacks: string }[] = [
  { commands: /^kubectl logs /, lacks: "pods that write logs" },
  { commands: /\b(?:rollouts|gameserversets)\./, lacks: "Kruise Rollout and Kruise Game" },
  { commands: /\bcontainerrecreaterequests\./, lacks: "a container that could be recreated" },
  { commands: /^kubectl scale deployments kruise-controller-manager/, lacks: "OpenKruise in more than one pod" },
];

/** What the pages of reasons and causes say of their commands. */
export const GUIDES_ARE_RUN = `The commands are run by \`test/e2e/docs.e2e.ts\` on a real OpenKruise, but for those that need what is not there: ${LACKING.map(({ lacks }) => lacks).join("; ")}.`;

/** Why a command of a guide is not run. */
export function lackingFor({ page, text }: DocumentedCommand): string | undefined {
  return OF_CLUSTER.includes(page) ? LACKING.find(({ commands }) => commands.test(text))?.lacks : undefined;
}

/** How a command is run; undefined: docs.e2e.ts does not run it. */
export function runOf(documented: DocumentedCommand, world: World): Run | undefined {
  const { page, text, notRun } = documented;
  const row = ROWS[text] ?? usualRow(documented);
  if (notRun !== undefined || lackingFor(documented) !== undefined || row === undefined) return undefined;
  const { on = sideOf(documented), changes = false, prints, line = () => text } = row;
  const plan = { page, command: text, line: fill(line(world), on, world), on, isEndless: ENDLESS.test(text), changes };
  return prints === undefined ? plan : { ...plan, prints };
}

function usualRow({ page, text }: DocumentedCommand): Row | undefined {
  if (OF_CLUSTER.includes(page) && CHANGES.test(text)) return { changes: true };
  return READS.test(text) ? {} : undefined;
}

function sideOf({ page, text }: DocumentedCommand): Run["on"] {
  return OF_CLUSTER.includes(page) && !HUB_RESOURCES.test(text) ? "c1" : "hub";
}

function fill(line: string, on: Run["on"], world: World): string {
  const namespace = on === "hub" ? RELEASE_NAMESPACE : "shop";
  const name = /\bk(?:wl|fw|ruiseworkloads|ruisefleetworkloads)\b/.test(line) ? "cloneset.shop.cart" : "cart";
  const words: Record<string, string> = {
    CLUSTER: "c1",
    NAMESPACE: namespace,
    "get namespace NAME": "get namespace c1",
    NAME: name,
    POD: world.pod,
    COUNT: "2",
    C1_KUBECONFIG: world.c1Kubeconfig,
    "c1.kubeconfig": world.c1Kubeconfig,
    "kwl/cloneset.NAMESPACE.NAME": "kwl/cloneset.shop.cart",
  };
  const longestFirst = Object.keys(words).toSorted((a, b) => b.length - a.length);
  const pattern = new RegExp(
    longestFirst.map((word) => `(?<![\\w.])${word.replaceAll(".", "\\.")}(?![\\w:])`).join("|"),
    "g",
  );
  return line.replaceAll(pattern, (word) => words[word] ?? word);
}
