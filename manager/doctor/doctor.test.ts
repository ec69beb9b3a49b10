// What lies around the judgements: who is skipped because of whom, how commands are quoted, what is printed.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { runChecks } from "./check.ts";
import type { Check, Finding, Result } from "./check.ts";
import { buildCommands } from "./commands.ts";
import { sceneOf } from "./facts.fixture.ts";
import type { Seen } from "./facts.ts";
import { jsonText, summaryText, tableText } from "./print.ts";
import { managerRights, rightText } from "./rights.ts";

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

const fine: Finding = { state: "ok", saw: "fine" };
const broken: Finding = { state: "failed", saw: "broken", next: "mend" };
const check = (name: string, finding: Finding, more: Partial<Check> = {}): Check => ({
  name,
  part: "hub",
  after: [],
  reads: [],
  judge: () => finding,
  ...more,
});
const brief = (checks: Check[], seen: Seen = { facts: {}, troubles: {} }) =>
  runChecks(checks, seen, sceneOf()).map(({ check: name, state, saw, next }) => [name, state, saw, next]);

describe("runChecks()", () => {
  test("skips what follows from a failure, and blames the first of the chain", () => {
    const checks = [
      check("a", broken),
      check("b", fine, { after: ["a"] }),
      check("c", fine, { after: ["b"] }),
      check("d", { state: "warning", saw: "so so" }),
      check("e", fine, { after: ["d"] }),
    ];
    expect(brief(checks)).toEqual([
      ["a", "failed", "broken", "mend"],
      ["b", "skipped", 'because of "a"', null],
      ["c", "skipped", 'because of "a"', null],
      ["d", "warning", "so so", null],
      ["e", "ok", "fine", null],
    ]);
  });

  test("does not judge what could not be read: a missing right is told by its own check, another trouble here", () => {
    const checks = [check("a", fine, { reads: ["works"] }), check("b", fine, { reads: ["addOn"] })];
    const works = { forbidden: true, message: "403" };
    const addOn = { forbidden: false, message: "GET x: 503" };
    expect(brief(checks, { facts: {}, troubles: { works, addOn } })).toEqual([
      ["a", "skipped", 'because of "own rights"', null],
      ["b", "failed", "GET x: 503", "kubectl --kubeconfig H get --raw '/readyz?verbose'"],
    ]);
  });

  test("tells a missing right on the managed cluster there: own rights are those on the hub", () => {
    const agent = { forbidden: true, message: "GET x: 403" };
    const checks = [check("a", fine, { part: "managed cluster", reads: ["agent"] })];
    expect(brief(checks, { facts: {}, troubles: { agent } })).toEqual([
      ["a", "failed", "GET x: 403", "kubectl --kubeconfig M auth can-i --list"],
    ]);
  });
});

test("commands carry the kubeconfigs that the doctor was given, in words that a shell takes", () => {
  const commands = buildCommands({
    hub: { kubeconfig: "/my files/it's", context: "admin@hub" },
    managed: { kubeconfig: undefined, context: "c1" },
    program: "npm run -s doctor --",
  });
  expect([commands.hub("get", "nodes"), commands.managed("get", "pods"), commands.helm("list")]).toEqual([
    "kubectl --kubeconfig '/my files/it'\\''s' --context admin@hub get nodes",
    "kubectl --context c1 get pods",
    "helm list --kubeconfig '/my files/it'\\''s' --kube-context admin@hub",
  ]);
  expect(commands.doctor("--cluster", "c1")).toMatch(/^npm run -s doctor -- --kubeconfig .* --cluster c1$/);
});

describe("the rights that the manager is asked for", () => {
  const text = readFileSync(new URL("../../charts/kruise-health/templates/rbac-manager.yaml", import.meta.url), "utf8");
  const plain = text
    .replaceAll(/^ *\{\{- .*$\n/gm, "")
    .replaceAll(/\{\{ include "kruise-health.addon" [.$] \}\}/g, "kruise-health")
    .replaceAll("{{ . }}", "0")
    .replaceAll(/\{\{.*?\}\}/g, "x");
  const [role] = parseAllDocuments(plain).map((document) => document.toJS() as { rules: Rule[] });

  test.each(managerRights("both").map((right) => [rightText(right), right] as const))(
    "%s: the chart gives it",
    (_text, right) => {
      const { verb, group, resource, subresource, name } = right;
      const wanted = subresource === undefined ? resource : `${resource}/${subresource}`;
      const gives = ({ apiGroups, resources, verbs, resourceNames }: Rule): boolean =>
        apiGroups.includes(group) &&
        resources.includes(wanted) &&
        verbs.includes(verb) &&
        (resourceNames === undefined || (name !== undefined && resourceNames.includes(name)));
      expect(role?.rules.some(gives)).toBe(true);
    },
  );
});

describe("what is printed", () => {
  const results: Result[] = [
    { check: "one", part: "hub", state: "ok", saw: "fine", next: null },
    { check: "second", part: "cluster", state: "failed", saw: "two\nlines\u001b[31m", next: "kubectl get x" },
    { check: "third", part: "cluster", state: "skipped", saw: 'because of "second"', next: null },
  ];
  const titles = { hub: "HUB", cluster: "CLUSTER c1", "managed cluster": "c1 itself" };

  test("is a table in parts, with what to type below what needs it", () => {
    expect(tableText(results, titles, false)).toBe(
      [
        "HUB",
        "ok        one      fine",
        "",
        "CLUSTER c1",
        "failed    second   two lines [31m",
        "                   next: kubectl get x",
        'skipped   third    because of "second"',
        "",
      ].join("\n"),
    );
    expect(tableText(results, titles, true)).toContain("\u001b[31mfailed \u001b[39m");
  });

  test("is an array for programs, and one line to begin with", () => {
    expect(JSON.parse(jsonText(results))[1]).toEqual({
      check: "second",
      state: "failed",
      saw: "two lines [31m",
      next: "kubectl get x",
    });
    expect(summaryText(results)).toBe('3 checks: 1 ok, 1 failed, 1 skipped; begin with "second"\n');
    expect(summaryText(results.slice(0, 1))).toBe("1 check: 1 ok\n");
  });
});
