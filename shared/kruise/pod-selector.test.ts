// Selectors of pods as a query parameter: what the API server would be asked.
import { expect, test } from "vitest";
import type { KindName } from "./kinds.ts";
import { podSelectorOf } from "./pod-selector.ts";
import type { Raw } from "./raw.ts";

const matchLabels = { app: "web", tier: "front" };
const expression = (operator: string, values?: unknown) => ({
  spec: { selector: { matchExpressions: [{ key: "app", operator, ...(values !== undefined && { values }) }] } },
});

test.each<[KindName, Raw, string | undefined]>([
  ["CloneSet", { spec: { selector: { matchLabels } }, status: { labelSelector: "app=web" } }, "app=web"],
  ["CloneSet", { spec: { selector: { matchLabels } } }, "app=web,tier=front"],
  ["StatefulSet", expression("In", ["a", "b"]), "app in (a,b)"],
  ["StatefulSet", expression("NotIn", ["a"]), "app notin (a)"],
  ["UnitedDeployment", expression("Exists"), "app"],
  ["UnitedDeployment", expression("DoesNotExist"), "!app"],
  ["DaemonSet", { spec: { selector: { matchLabels } }, status: { labelSelector: "other=1" } }, "app=web,tier=front"],
  ["BroadcastJob", { metadata: { uid: "6f3d-1" } }, "broadcastjob-controller-uid=6f3d-1"],
  ["GameServerSet", { metadata: { name: "lobby" } }, "game.kruise.io/owner-gss=lobby"],
  ["DaemonSet", expression("Between", ["a"]), undefined],
  ["DaemonSet", expression("In", []), undefined],
  ["DaemonSet", expression("In", ["a,b)"]), undefined],
  ["DaemonSet", { spec: { selector: { matchLabels: { app: 1 } } } }, undefined],
  ["DaemonSet", { spec: { selector: { matchExpressions: ["x"] } } }, undefined],
  ["DaemonSet", { spec: { selector: {} } }, undefined],
  ["DaemonSet", { spec: { selector: { matchLabels: { app: "w".repeat(2_000) } } } }, undefined],
  ["CloneSet", {}, undefined],
  ["SidecarSet", { spec: { selector: { matchLabels } } }, undefined],
  ["ResourceDistribution", {}, undefined],
])("%s %j: %s", (kind, object, selector) => {
  expect(podSelectorOf(kind, object)).toBe(selector);
});
