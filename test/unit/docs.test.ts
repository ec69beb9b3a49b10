// Holds the documents against the code: generated pages are fresh, what they tell to run can be run, links lead somewhere.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { REASONS } from "../../shared/health/verdict.ts";
import type { Health } from "../../shared/health/verdict.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import { REASON_GUIDES, guideTo } from "../../shared/reasons/all.ts";
import { CAUSE_GUIDE } from "../../shared/reasons/causes.ts";
import type { ReasonGuide, Step } from "../../shared/reasons/guide.ts";
import { INSTALLATION_GUIDE } from "../../shared/reasons/installation.ts";
import { REPORT_STALE } from "../../shared/reasons/report.ts";
import { PAGES } from "../docs.ts";
import { PEERS, comparedCases } from "../docs/comparison.ts";
import type { ComparedCase } from "../docs/comparison.ts";
import { ruleSections } from "../docs/rule-sections.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

test.each(Object.entries(PAGES))("docs/%s is what the code says (write it anew with `npm run gen`)", (file, page) => {
  expect(read(join("docs", file))).toBe(page());
});

/** Every guide by the name of its reason. */
const guides: [string, ReasonGuide][] = [
  ...Object.entries(REASON_GUIDES).flatMap(([health, ofHealth]) =>
    Object.entries<ReasonGuide>(ofHealth).map(([reason, guide]): [string, ReasonGuide] => [
      `${health}/${reason}`,
      guide,
    ]),
  ),
  ["ReportStale", REPORT_STALE],
];
const steps: readonly Step[] = [
  ...guides.flatMap(([, { next }]) => next),
  ...Object.values(INSTALLATION_GUIDE).flatMap(({ next }): readonly Step[] => next),
  ...Object.values(CAUSE_GUIDE).flatMap(({ next }): readonly Step[] => next),
];
const commands = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));

/** Resources of Kubernetes and OCM that the guides name. */
const OTHER_RESOURCES = [
  "controllerrevisions",
  "customresourcedefinitions",
  "deployments",
  "endpointslices",
  "events",
  "jobs",
  "leases",
  "managedclusteraddons",
  "managedclusters",
  "mutatingwebhookconfigurations",
  "namespaces",
  "nodes",
  "persistentvolumeclaims",
  "pods",
  "resourcequotas",
  "validatingwebhookconfigurations",
];
const known = new Set([...KRUISE_KINDS.map(({ plural, group }) => `${plural}.${group}`), ...OTHER_RESOURCES]);
const scopes = new Map(KRUISE_KINDS.map(({ plural, group, namespaced }) => [`${plural}.${group}`, namespaced]));

/** The resources that the kubectl commands in a line name; a version between plural and group is left out. */
function resourcesOf(command: string): string[] {
  const named = command.matchAll(/kubectl (?:get|describe|patch|scale|delete|logs|rollout status) ([a-z][\w./,]*)/g);
  return [...named]
    .flatMap((match) => (match[1] ?? "").split(","))
    .map((name) => name.replace(/\/.*|\.v1(?:alpha|beta)1/, ""));
}

describe("docs/reasons.md", () => {
  test.each(commands.map((command) => [command]))("names a resource that there is: %s", (command) => {
    const resources = resourcesOf(command);
    expect(resources.filter((resource) => !known.has(resource))).toEqual([]);
    expect(resources.length > 0 || command.startsWith("kubectl logs ")).toBe(true);
  });

  test("gives a namespace for an object that has one, and none for one that has none", () => {
    const wrong = commands.filter((command) => {
      const target = /(?:get|describe|patch|scale) (\S+) NAME\b( -n NAMESPACE)?/.exec(command);
      const namespaced = scopes.get(target?.[1] ?? "");
      return namespaced !== undefined && namespaced !== (target?.[2] !== undefined);
    });
    expect(wrong).toEqual([]);
  });

  test("gives patches that are JSON", () => {
    const patches = commands.flatMap((command) => /-p '(.*)'/.exec(command)?.[1] ?? []);
    expect(patches.length).toBeGreaterThan(10);
    for (const patch of patches) expect(() => JSON.parse(patch.replace("COUNT", "1")) as unknown).not.toThrow();
  });

  test.each(guides)("%s looks at fields of the object", (_, { looksAt }) => {
    expect(looksAt).not.toEqual([]);
    expect(looksAt.filter((field) => !/^(?:spec|status|metadata)\.\w/.test(field))).toEqual([]);
  });

  test.each(guides.filter(([name]) => name.startsWith("Degraded/")))("%s tells what to run", (_, { next }) => {
    expect(next.some(({ run }) => run !== undefined)).toBe(true);
  });

  test("is written in sentences", () => {
    const sentences = guides.flatMap(([, { meaning, causes }]) => [meaning, ...causes]);
    expect(sentences.filter((sentence) => !sentence.endsWith("."))).toEqual([]);
    expect(steps.filter(({ say }) => say.endsWith("."))).toEqual([]);
  });

  test("explains no reason that the vocabulary lacks", () => {
    const invented = Object.entries(REASON_GUIDES).flatMap(([health, ofHealth]) =>
      Object.keys(ofHealth).filter((reason) => !(REASONS[health as Health] as readonly string[]).includes(reason)),
    );
    expect(invented).toEqual([]);
    expect(guideTo("Healthy", "UpdateStalled")).toBeUndefined();
  });
});

test("docs/rules.md has a rule for every verdict of the vocabulary", () => {
  const given = new Set(ruleSections().flatMap(({ rules }) => rules.map(({ verdict }): string => verdict)));
  const all = Object.entries(REASONS).flatMap(([health, reasons]) => reasons.map((reason) => `${health}/${reason}`));
  expect(all.filter((verdict) => !given.has(verdict))).toEqual([]);
});

describe("docs/comparison.md", () => {
  const rows = comparedCases().map((row): [string, ComparedCase] => [`${row.kind}: ${row.name}`, row]);
  test.each(rows)("%s: an answer is marked by the definition of the page", (_, { expect: expected, peers }) => {
    for (const { key } of PEERS) {
      expect([key, peers[key].says, peers[key].wrong]).toEqual([
        key,
        peers[key].says,
        misleads(key, peers[key].says, expected),
      ]);
    }
  });

  test("has only situations in which an answer misleads", () => {
    const fine = rows.filter(([, { peers }]) => PEERS.every(({ key }) => !peers[key].wrong));
    expect(fine.map(([name]) => name)).toEqual([]);
  });
});

/** What a tool's answer says; one that is not in the list is a mistake in a row. */
const MEANING: Readonly<Record<string, "well" | "bad" | "held" | "moving" | "error" | "nothing">> = {
  Healthy: "well",
  healthy: "well",
  Current: "well",
  Degraded: "bad",
  unhealthy: "bad",
  Suspended: "held",
  Progressing: "moving",
  InProgress: "moving",
  "script error": "error",
  "no script": "nothing",
};

/** The definition of the page. Karmada and kstatus have no word for a hold. */
function misleads(peer: (typeof PEERS)[number]["key"], says: string, expected: string): boolean {
  const meaning = MEANING[says];
  if (meaning === undefined) throw new Error(`"${says}" is not an answer that ${peer} can give`);
  if (meaning === "error" || meaning === "nothing") return meaning === "error";
  const [health] = expected.split("/");
  if (health === "Healthy") return meaning !== "well";
  if (health === "Suspended") return meaning !== "held" && !(meaning === "well" && peer !== "argo");
  if (health === "Degraded") return meaning !== "bad";
  // Karmada has two words only: "unhealthy" is also its word for "not yet".
  if (meaning === "bad") return peer === "argo" && expected === "Progressing/Updating";
  return meaning !== "moving";
}

describe("links", () => {
  const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", ...markdownBelow("docs")];
  const links = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(([, file = "", anchor = ""]) => ({
      page,
      target: file === "" ? page : join(dirname(page), file),
      anchor,
    })),
  );

  test("relative links in the documents lead to files that exist", () => {
    expect(links.filter(({ target }) => !existsSync(join(root, target)))).toEqual([]);
  });

  test("links to a heading lead to one that exists", () => {
    const anchored = links.filter(({ target, anchor }) => anchor !== "" && target.endsWith(".md"));
    const anchors = new Map(
      [...new Set(anchored.map(({ target }) => target))].map((target) => [target, anchorsOf(target)]),
    );
    expect(anchored.filter(({ target, anchor }) => anchors.get(target)?.has(anchor) !== true)).toEqual([]);
  });
});

/** The anchors of a page's headings; a second heading of the same words has "-1" at its end. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, words = ""] of read(page).matchAll(/^#+ (.+)$/gm)) {
    const base = words
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .replaceAll(/\s/g, "-");
    let anchor = base;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${base}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

function markdownBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join(folder, file));
}
