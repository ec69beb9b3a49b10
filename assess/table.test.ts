// What is written of verdicts: the table, its order and colours, the explanation, JSON, the summary.
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { loadAllAssessCases } from "../test/fixtures/cases.ts";
import { HEALTHS } from "../shared/health/verdict.ts";
import { explanationOf, explanationText } from "./explanation.ts";
import { jsonText } from "./json.ts";
import { tableText } from "./table.ts";
import { judge, reaches, summaryText, worstFirst } from "./verdicts.ts";
import type { Judged } from "./verdicts.ts";

function cloneSet(
  name: string,
  counts: [wanted: number, existing: number, available: number, updated: number],
  extra = {},
) {
  const [wanted, existing, available, updated] = counts;
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "CloneSet",
    metadata: { name, namespace: "shop", generation: 1 },
    spec: { replicas: wanted, ...extra },
    status: {
      observedGeneration: 1,
      replicas: existing,
      readyReplicas: available,
      availableReplicas: available,
      updatedReplicas: updated,
      updatedAvailableReplicas: Math.min(available, updated),
    },
  };
}

const sidecarSet = {
  apiVersion: "apps.kruise.io/v1alpha1",
  kind: "SidecarSet",
  metadata: { name: "mesh", generation: 1 },
  status: { observedGeneration: 1, matchedPods: 12, updatedPods: 12, readyPods: 12, updatedReadyPods: 12 },
};
const held = { updateStrategy: { partition: 4, paused: false } };

const all = worstFirst(
  [
    sidecarSet,
    cloneSet("web", [5, 5, 5, 1], held),
    cloneSet("cart", [5, 5, 4, 2]),
    cloneSet("api", [5, 5, 5, 5]),
    { ...cloneSet("x", [1, 1, 1, 1]), kind: "NodeImage" },
  ].map((object) => judge("in.json", object)),
);

test("the table has the worst first, then kind, namespace and name, and its columns are aligned", () => {
  expect(tableText(all, false)).toBe(`\
KIND         NAMESPACE   NAME   HEALTH        REASON            READY   UPDATED   MESSAGE
NodeImage    shop        x      Unknown       UnsupportedKind   -       -         NodeImage is not a kind that is assessed
CloneSet     shop        cart   Progressing   Updating          4/5     2/5       2 of 5 pods to update are updated, 2 available
CloneSet     shop        web    Suspended     PartitionHeld     5/5     1/5       1 of 5 pods is updated; partition keeps 4 old
CloneSet     shop        api    Healthy       AllAvailable      5/5     5/5       5 of 5 pods are available and updated
SidecarSet   -           mesh   Healthy       AllUpdated        12/12   12/12     12 of 12 matched pods are updated
`);
});

test("colours change nothing but the colour", () => {
  const coloured = tableText(all, true);
  expect(coloured).toContain("\u001B[36mProgressing");
  expect(stripVTControlCharacters(coloured)).toBe(tableText(all, false));
});

test("no object, no table", () => {
  expect(tableText([], true)).toBe("");
});

test("--explain says which rule decided, with its numbers, and a word on each note", () => {
  const paused = cloneSet("web", [5, 5, 5, 5], { updateStrategy: { paused: true } });
  expect(explanationText([judge("in.json", cloneSet("cart", [5, 5, 4, 2])), judge("-", paused)], false)).toBe(`\
CloneSet shop/cart: Progressing/Updating
  message  2 of 5 pods to update are updated, 2 available
  rule     R8: updated(2) < min(target(5), existing(5)), and neither paused(false) nor onDelete(false) holds the update
  facts    existing 5, ready 4, available 4, updated 2, updatedAvailable 2, wanted 5, target 5, paused false, onDelete false, revisionsDiffer false
  file     in.json

CloneSet shop/web: Healthy/AllAvailable
  message  5 of 5 pods are available and updated
  rule     R13: nothing is missing, old or unavailable
  facts    existing 5, ready 5, available 5, updated 5, updatedAvailable 5, wanted 5, target 5, paused true, onDelete false, revisionsDiffer false
  note     PausedUpToDate: It is paused, but nothing is left to update; the next change of the template will wait.
  file     -
`);
});

test("every case of the tables is explained by a rule in words", () => {
  const explained = loadAllAssessCases().map(({ object }) => explanationOf(judge("x", Object(object))));
  expect(explained.filter(({ when }) => when === "")).toEqual([]);
});

test("-o json has the long names, in the table's order", () => {
  const elements = JSON.parse(jsonText(all, false)) as { name: string }[];
  expect(elements.map(({ name }) => name)).toEqual(["x", "cart", "web", "api", "mesh"]);
  expect(elements[4]).toEqual({
    file: "in.json",
    kind: "SidecarSet",
    namespace: "",
    name: "mesh",
    health: "Healthy",
    reason: "AllUpdated",
    message: "12 of 12 matched pods are updated",
    notes: [],
    counts: { matched: 12, updated: 12, ready: 12, updatedReady: 12 },
  });
});

test("-o json --explain adds the rule and its facts", () => {
  expect(JSON.parse(jsonText(all.slice(0, 1), true))).toMatchObject([
    { rule: { id: "P2", when: "kind(NodeImage) is not one that is assessed", facts: { supported: false } } },
  ]);
});

test.each<[objects: Judged[], skipped: number, summary: string]>([
  [all, 0, "5 workloads: 1 Unknown, 1 Progressing, 1 Suspended, 2 Healthy"],
  [all.slice(-1), 1, "1 workload: 1 Healthy; 1 object that is not OpenKruise's was skipped"],
  [[], 0, "No OpenKruise object found"],
  [[], 2, "No OpenKruise object found; 2 objects that are not OpenKruise's were skipped"],
])("the summary counts (%#)", (objects, skipped, summary) => {
  expect(summaryText(objects, skipped)).toBe(summary);
});

test("a health is reached by itself and all that is worse", () => {
  expect(HEALTHS.filter((health) => reaches(all, health))).toEqual(["Healthy", "Suspended", "Progressing", "Unknown"]);
  expect(HEALTHS.filter((health) => reaches([], health))).toEqual([]);
});

test("no text of an object reaches the terminal as a command to it", () => {
  const evil = cloneSet("\u001B[2Jx\ny", [1, 1, 1, 1]);
  const kind = { ...evil, kind: "Set\u009B2J" };
  const judged = [judge("x", evil), judge("x", kind)];
  expect(tableText(judged, false) + explanationText(judged, false)).not.toMatch(/(?!\n)\p{Cc}/u);
  expect(tableText(judged, false).split("\n")).toHaveLength(4);
});
