// What the agent may read follows from what it is told to watch.
import { expect, test } from "vitest";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import { AgentSettings } from "../../shared/wire/agent-settings.ts";
import { renderAgentRbac } from "./agent-rbac.ts";

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

/** What of OpenKruise may be done with these settings, as `plural.group`. */
function allowed(verb: string, given: Record<string, string>): string[] {
  const manifests = renderAgentRbac("ns", AgentSettings.parse(given)) as { kind: string; rules?: Rule[] }[];
  const { rules = [] } = manifests.find(({ kind }) => kind === "ClusterRole") ?? {};
  return rules
    .filter(({ apiGroups, verbs }) => apiGroups[0]?.endsWith("kruise.io") === true && verbs.includes(verb))
    .flatMap(({ apiGroups, resources }) => resources.map((plural) => `${plural}.${apiGroups.join()}`));
}

test("all kinds may be listed when none is named", () => {
  expect(allowed("list", {})).toEqual(KRUISE_KINDS.map(({ plural, group }) => `${plural}.${group}`));
});

test("only the kinds that are named may be listed, and a group without any has no rule", () => {
  const wanted = ["clonesets.apps.kruise.io", "rollouts.rollouts.kruise.io"];
  for (const verb of ["list", "watch"]) expect(allowed(verb, { KINDS: "Rollout,CloneSet" })).toEqual(wanted);
});

test("budgets may be read one by one only where they are watched and causes are looked for", () => {
  const budgets = ["podunavailablebudgets.policy.kruise.io"];
  expect(allowed("get", {})).toEqual(budgets);
  expect(allowed("get", { KINDS: "PodUnavailableBudget" })).toEqual(budgets);
  expect(allowed("get", { KINDS: "CloneSet" })).toEqual([]);
  expect(allowed("get", { LOOK_FOR_CAUSES: "false" })).toEqual([]);
});
