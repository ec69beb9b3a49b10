// docs/using/ocm-contract.md: what OCM may expect of an add-on, and the tests on the real OCM that show it. A test shows
// a line when its name begins with the line's number.
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** What holds, by section and number. */
export const CONTRACT: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  "Life cycle": {
    1: "Enabled by hand, by clusteradm or by a Placement, it is registered, deployed and Available, with the conditions and reasons of OCM's own add-ons.",
    2: "`Progressing` comes to rest at False/`Completed`: without any config, and with configs of the definition, the placement and the cluster.",
    3: "One ManifestWork `addon-kruise-health-deploy-0` carries the agent; it has the add-on's label, and the ManagedClusterAddOn as its only owner and controller.",
    4: "Disabled, it takes works, agent, rights and credentials with it. Nothing is made again while it goes, and no finalizer stays.",
    5: "A ManagedCluster can be deleted: the add-on holds nothing up.",
    6: "The registration says one user and his two groups, and stays the same byte for byte when the manager restarts; so do the credentials.",
    7: "What the klusterlet writes into the registration is never touched, and an idle add-on is not written at all.",
    8: "The agent's certificate is approved within seconds, and its kubeconfig arrives in the namespace that the status names.",
  },
  Security: {
    9: "No certificate is approved but the one that a cluster's own klusterlet asks for its own agent; other add-ons' requests are not touched.",
    10: "An agent may watch its own ManagedClusterAddOn, write that one's status and report; nothing else, and nothing for another cluster.",
    11: "The agent's Role and RoleBinding on the hub are owned by the ManagedClusterAddOn and go with it.",
    12: "The manager's rights are listed, without wildcards; it approves for the signer of client certificates only.",
  },
  Configs: {
    13: "The kinds of config that it understands are announced before anything else; another kind is refused by OCM and does no harm.",
    14: "A default config's hash is kept in the definition's status: it follows the spec, not the metadata, and goes with the config.",
    15: "So is the hash of a placement's config.",
    16: "So is the hash of a cluster's own config, in the ManagedClusterAddOn, up to `Completed`.",
    17: "Every work says by which configs it was made; without configs it says nothing.",
    18: "A progressive rollout takes the clusters one after the other.",
    19: "A cluster's config wins over a placement's, and that over the default.",
    20: "Nothing is deployed before the configs are known.",
    21: "Node placement, registries, proxy, variables and resources of the config reach the agent's Deployment.",
    22: "The install namespace moves the agent with all it has; the old namespace is left empty, and stays when others use it.",
  },
  Health: {
    23: "Who judges `Available` is said (the Lease), and nobody else writes it.",
    24: "When a cluster is lost, `Available` turns Unknown and stays so until the cluster is back.",
    25: "An agent that has died is seen by its Lease, and so is its return.",
    26: "The cluster's label of the add-on follows it, and goes with it.",
    27: "Bad workloads never make the add-on unavailable; they have conditions of their own, whose times move only with their status.",
    28: "Many writers of one status lose nothing of each other.",
    29: "The Lease is on the managed cluster, is renewed about once a minute, and is in no work.",
  },
  "Rotation and restarts": {
    30: "New credentials are taken up without a restart, and no connection goes on with the old ones.",
    31: "With the klusterlet's token driver the rights follow to the ServiceAccount, and the agent works with its token.",
    32: "A manager that restarts, or a second one, makes nothing anew; exactly one leads.",
    33: "Works, Roles and RoleBindings that somebody changes or deletes are repaired.",
    34: "Both versions of OCM's add-on API say the same.",
  },
  "Manifests and tools": {
    35: "Works stay below OCM's limit of size: they are split, and joined again.",
    36: "A work has no duplicates, no generated names, no Lease, no credentials and no kinds that may be missing; without OpenKruise the add-on is complete and says so.",
    37: "`clusteradm addon enable`, `disable` and `get addon` do what they say, and enabling again changes nothing but annotations and labels.",
    38: "Where a Placement decides, add-ons come and go with its decisions.",
    39: "What is marked to be left behind stays.",
    40: "Hosted mode is refused in a condition, and nothing is deployed by halves.",
  },
};

export interface NumberedTest {
  numbers: number[];
  /** The test's whole sentence: what it is about, and its name without the number. */
  sentence: string;
  /** From the root of the repository. */
  file: string;
}

/** `describe("about"` at the beginning of a line, or a test's name that begins with numbers: "6 and 32: makes nothing anew". */
const SUBJECT_OR_TEST =
  /^describe(?:\.\w+)?(?:\([^"`\n]*\))?\(\s*["`](.*)["`],|\(\s*["`]((?:\d+|, | and )+): (.*)["`],\s/gm;

/** Finds the tests on real components whose names begin with numbers. */
export function numberedTests(): NumberedTest[] {
  return globSync("test/e2e/**/*.e2e.ts", { cwd: ROOT })
    .toSorted()
    .flatMap((file) => numberedIn(readFileSync(join(ROOT, file), "utf8"), file));
}

function numberedIn(text: string, file: string): NumberedTest[] {
  let about = "";
  return [...text.matchAll(SUBJECT_OR_TEST)].flatMap(({ index, 1: subject, 2: numbers = "", 3: name = "" }) => {
    if (subject !== undefined) {
      about = subject;
      return [];
    }
    const isInside = /^ +/.test(text.slice(text.lastIndexOf("\n", index) + 1));
    // A table of cases has one name for all of them; faults have numbers of their own.
    const words = [isInside ? about : "", name.replace(/^faults? [^:]+: /, "")].join(" ").trim();
    return [{ numbers: [...numbers.matchAll(/\d+/g)].map(Number), sentence: words.replaceAll("%s", "…"), file }];
  });
}

/** Every line of the contract with the tests that show it. */
export function ocmContractPage(): string {
  const tests = numberedTests();
  return [
    ...INTRODUCTION,
    ...Object.entries(CONTRACT).flatMap(([section, lines]) => [
      `## ${section}`,
      "",
      "| | what holds | shown by |",
      "|---|---|---|",
      ...Object.entries(lines).map(([number, says]) => lineText(Number(number), says, tests)),
      "",
    ]),
  ].join("\n");
}

const INTRODUCTION = [
  "# What OCM may expect",
  "",
  "Written from the tests by `npm run gen`.",
  "",
  "An add-on's manager has duties on the hub that no interface checks: OCM, clusteradm and placements rely on them. Here they are, forty of them, as kruise-health",
  "keeps them. Each is shown on the real OCM 1.2.1 by the tests beside it, whose names begin with its number (`npm run e2e`).",
  "",
];

function lineText(number: number, says: string, tests: readonly NumberedTest[]): string {
  const shown = tests
    .filter(({ numbers }) => numbers.includes(number))
    .map(({ sentence, file }) => `[${basename(file, ".e2e.ts")}](../../${file}): ${sentence}`);
  return `| ${number} | ${says} | ${shown.join("<br>").replaceAll("|", "\\|")} |`;
}
