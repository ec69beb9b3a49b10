import { describe, expect, it } from "vitest";
import { KRUISE_KINDS } from "../kruise/kinds.ts";
import type { Installation } from "./report.ts";
import { isListed, planConditions } from "./cluster-conditions.ts";
import type { Summary } from "./cluster-conditions.ts";

const ready: Installation = { health: "Healthy", reason: "Ready", message: "2 of 2 kruise-manager pods are available" };
const none = { Healthy: 0, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 };
const summary: Summary = { listed: true, byHealth: { ...none, Healthy: 3 }, worst: [], kinds: [] };

function plan(given: Partial<Summary>, kruise = ready): Record<string, string> {
  const conditions = planConditions({ ...summary, ...given }, kruise);
  return Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status}/${reason}`]));
}

function messageOf(type: string, given: Partial<Summary>, kruise = ready): string | undefined {
  return planConditions({ ...summary, ...given }, kruise).find((condition) => condition.type === type)?.message;
}

const stalled = { k: "CloneSet", ns: "shop", h: "Degraded", r: "UpdateStalled" } as const;
const malformed = { k: "SidecarSet", ns: "", n: "logs", h: "Unknown", r: "StatusMalformed" } as const;
const kruise = (health: Installation["health"], reason: Installation["reason"]): Installation => ({
  health,
  reason,
  message: "said",
});

describe("planConditions()", () => {
  const rows: [string, Partial<Summary>, Installation, [string, string, string]][] = [
    ["all healthy", {}, ready, ["True/Ready", "True/AllHealthy", "False/AsExpected"]],
    ["no workloads", { byHealth: none }, ready, ["True/Ready", "True/AllHealthy", "False/AsExpected"]],
    [
      "a held canary and a rollout under way",
      { byHealth: { ...none, Suspended: 1, Progressing: 1 } },
      ready,
      ["True/Ready", "True/AllHealthy", "False/AsExpected"],
    ],
    [
      "one Degraded",
      { byHealth: { ...none, Degraded: 1 }, worst: [{ ...stalled, n: "web" }] },
      ready,
      ["True/Ready", "False/WorkloadsDegraded", "True/WorkloadsDegraded"],
    ],
    [
      "one that cannot be judged",
      { byHealth: { ...none, Unknown: 1 }, worst: [malformed] },
      ready,
      ["True/Ready", "Unknown/WorkloadsUnknown", "Unknown/WorkloadsUnknown"],
    ],
    [
      "before the first lists",
      { listed: false, byHealth: none },
      ready,
      ["True/Ready", "Unknown/NothingListedYet", "Unknown/NothingListedYet"],
    ],
    [
      "Degraded already before the lists are complete",
      { listed: false, byHealth: { ...none, Degraded: 1 }, worst: [{ ...stalled, n: "web" }] },
      ready,
      ["True/Ready", "False/WorkloadsDegraded", "True/WorkloadsDegraded"],
    ],
    [
      "a kind that may not be read",
      { kinds: [{ kind: "CloneSet", group: "apps.kruise.io", state: "Forbidden" }] },
      ready,
      ["True/Ready", "Unknown/KindsNotReadable", "Unknown/KindsNotReadable"],
    ],
    [
      "kinds of sister projects that are not installed",
      {
        kinds: [
          { kind: "CloneSet", group: "apps.kruise.io", version: "v1alpha1", state: "Watching" },
          { kind: "Rollout", group: "rollouts.kruise.io", state: "NotInstalled" },
          { kind: "GameServerSet", group: "game.kruise.io", state: "NotInstalled" },
        ],
      },
      ready,
      ["True/Ready", "True/AllHealthy", "False/AsExpected"],
    ],
    [
      "Kruise Rollout alone, with a rollout",
      { kinds: [{ kind: "Rollout", group: "rollouts.kruise.io", version: "v1beta1", state: "Watching" }] },
      kruise("Unknown", "NotInstalled"),
      ["False/NotInstalled", "True/AllHealthy", "False/AsExpected"],
    ],
    [
      "a daemon that is rolled out",
      {},
      kruise("Progressing", "DaemonNotReady"),
      ["True/DaemonNotReady", "True/AllHealthy", "False/AsExpected"],
    ],
    [
      "a daemon that is broken",
      {},
      kruise("Degraded", "DaemonNotReady"),
      ["False/DaemonNotReady", "True/AllHealthy", "True/KruiseDaemonNotReady"],
    ],
    [
      "no Kruise",
      { byHealth: none },
      kruise("Unknown", "NotInstalled"),
      ["False/NotInstalled", "Unknown/NotInstalled", "False/NotInstalled"],
    ],
    [
      "Kruise has no leader",
      {},
      kruise("Degraded", "NoLeader"),
      ["False/NoLeader", "True/AllHealthy", "True/KruiseNoLeader"],
    ],
    [
      "Kruise scaled to zero",
      {},
      kruise("Suspended", "ManagerScaledToZero"),
      ["False/ManagerScaledToZero", "True/AllHealthy", "False/AsExpected"],
    ],
    [
      "Kruise is being updated",
      {},
      kruise("Progressing", "ManagerUpdating"),
      ["True/ManagerUpdating", "True/AllHealthy", "False/AsExpected"],
    ],
    [
      "Kruise cannot be looked at",
      {},
      kruise("Unknown", "NotChecked"),
      ["Unknown/NotChecked", "True/AllHealthy", "False/AsExpected"],
    ],
  ];
  it.each(rows)("%s", (_name, given, installation, [kruiseReady, workloadsHealthy, degraded]) => {
    expect(plan(given, installation)).toEqual({
      KruiseReady: kruiseReady,
      WorkloadsHealthy: workloadsHealthy,
      Degraded: degraded,
    });
  });

  it("names the worst five and counts the rest", () => {
    const worst = ["a", "b", "c", "d", "e"].map((n) => ({ ...stalled, n }));
    expect(messageOf("WorkloadsHealthy", { byHealth: { ...none, Healthy: 2, Degraded: 8 }, worst })).toBe(
      "8 of 10 workloads are Degraded: CloneSet shop/a: UpdateStalled; CloneSet shop/b: UpdateStalled; " +
        "CloneSet shop/c: UpdateStalled; CloneSet shop/d: UpdateStalled; CloneSet shop/e: UpdateStalled; and 3 more",
    );
  });

  it("names five of the kinds that cannot be read and counts the rest", () => {
    const kinds = KRUISE_KINDS.map(({ kind, group }) => ({ kind, group, state: "Forbidden" as const }));
    expect(messageOf("WorkloadsHealthy", { byHealth: none, kinds })).toBe(
      "Not every kind can be read: CloneSet.apps.kruise.io (Forbidden), StatefulSet.apps.kruise.io (Forbidden), " +
        "SidecarSet.apps.kruise.io (Forbidden), UnitedDeployment.apps.kruise.io (Forbidden), " +
        "DaemonSet.apps.kruise.io (Forbidden) and 13 more",
    );
  });

  it.each([
    ["Watching", "True/AllHealthy"],
    ["Listing", "True/AllHealthy"],
    ["NotInstalled", "True/AllHealthy"],
    ["Forbidden", "Unknown/KindsNotReadable"],
    ["Failing", "Unknown/KindsNotReadable"],
    ["ConversionFailing", "Unknown/KindsNotReadable"],
    ["UnsupportedVersion", "Unknown/KindsNotReadable"],
  ] as const)("makes of a kind that is %s %s", (state, expected) => {
    const kinds = [{ kind: "CloneSet", group: "apps.kruise.io", state }];
    expect(plan({ kinds })["WorkloadsHealthy"]).toBe(expected);
  });

  it("takes a kind that is listed again for listed, and one that is listed for the first time not", () => {
    expect(isListed({ state: "Listing" })).toBe(false);
    expect(isListed({ state: "Listing", message: "again" })).toBe(true);
    expect(isListed({ state: "Watching" })).toBe(true);
  });

  it("names a cluster-scoped workload without a namespace", () => {
    expect(messageOf("WorkloadsHealthy", { byHealth: { ...none, Unknown: 1 }, worst: [malformed] })).toBe(
      "1 of 1 workloads cannot be judged: SidecarSet logs: StatusMalformed",
    );
  });

  it("tells of held workloads", () => {
    expect(messageOf("WorkloadsHealthy", { byHealth: { ...none, Healthy: 2, Suspended: 1 } })).toBe(
      "None of 3 workloads is Degraded; 1 held on purpose",
    );
  });

  it("says the same while a rollout goes on", () => {
    const before = messageOf("WorkloadsHealthy", { byHealth: { ...none, Healthy: 3 } });
    expect(messageOf("WorkloadsHealthy", { byHealth: { ...none, Healthy: 2, Progressing: 1 } })).toBe(before);
  });

  it("stays within 2,200 characters with the longest names there are", () => {
    const longest = { ...stalled, k: "UnitedDeployment", ns: "n".repeat(63), n: "w".repeat(253) };
    const worst = Array.from({ length: 5 }, () => longest);
    const message = messageOf("WorkloadsHealthy", { byHealth: { ...none, Degraded: 99_999 }, worst });
    expect(message?.length).toBeLessThan(2200);
  });
});
