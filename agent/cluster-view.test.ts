import { pino } from "pino";
import { beforeEach, describe, expect, it } from "vitest";
import { SERVED } from "../test/support/kruise-crds.ts";
import { ScriptedKube, listOf } from "../test/support/scripted-kube.ts";
import { DEFAULT_THRESHOLDS } from "../shared/health/thresholds.ts";
import { ApiError } from "../shared/kube/errors.ts";
import { KRUISE_KINDS } from "../shared/kruise/kinds.ts";
import type { KruiseKind } from "../shared/kruise/kinds.ts";
import type { Installation } from "../shared/wire/report.ts";
import { KruiseHistory } from "./kruise-history.ts";
import { ClusterView } from "./cluster-view.ts";
import { scopeOf } from "./scope.ts";
import type { Scope } from "./scope.ts";
import type { Served } from "./watch/crds.ts";
import { NOT_CHECKED } from "./watch/installation.ts";
import { WorkloadWatches } from "./watch/workloads.ts";
import { Workloads } from "./workloads.ts";

const READY: Installation = { health: "Healthy", reason: "Ready", message: "ready" };
const [CLONE_SET, ...OTHERS] = KRUISE_KINDS;

describe("ClusterView", () => {
  let nowMs: number;
  let kruise: Installation;
  let watches: WorkloadWatches;
  let view: ClusterView;
  let scope: Scope;
  let kruiseHistory: KruiseHistory;
  let buildView: (settings: { KINDS?: string; IGNORE_NAMESPACES?: string }) => ClusterView;

  beforeEach(() => {
    nowMs = 0;
    kruise = NOT_CHECKED;
    kruiseHistory = new KruiseHistory();
    const clock = { monotonicMs: () => nowMs, wallMs: () => nowMs };
    const workloads = new Workloads({ thresholds: DEFAULT_THRESHOLDS, onChange: () => undefined });
    const kube = new ScriptedKube(() => listOf([]));
    const log = pino({ level: "silent" });
    const isIgnored = (): boolean => false;
    const deps = { kube, workloads, clock, log, isIgnored, nowMs: () => nowMs, onState: () => undefined };
    watches = new WorkloadWatches(deps, new AbortController().signal);
    buildView = (settings) => {
      scope = scopeOf({ KINDS: "", IGNORE_NAMESPACES: "", ...settings });
      return new ClusterView({ clock, scope, workloads, watches, installation: () => kruise, kruiseHistory });
    };
    view = buildView({});
  });
  const learn = (kind: KruiseKind, served: Served): void => {
    view.kindServed(kind, served);
    if (scope.has(kind)) watches.serve(kind, served);
  };
  const knowKinds = (): void => {
    if (CLONE_SET !== undefined) learn(CLONE_SET, SERVED);
    for (const kind of OTHERS) learn(kind, { state: "NotInstalled" });
  };

  it("tells nothing before every kind is known and listed and the installation was looked at", async () => {
    expect([view.served(), view.facts(), view.conditions()]).toEqual([undefined, undefined, undefined]);
    knowKinds();
    expect(view.served()).toHaveLength(KRUISE_KINDS.length);
    await expect.poll(() => view.listed).toBe(true);
    expect(view.settled).toBe(false);
    kruise = READY;
    expect(view.settled).toBe(true);
    expect(view.facts()?.kruise).toBe(READY);
    expect(view.facts()?.kruiseHistory).toBeUndefined();
    kruiseHistory.note(READY, nowMs);
    expect(view.facts()?.kruiseHistory).toEqual([{ h: "Healthy", r: "Ready", since: "1970-01-01T00:00:00Z" }]);
    expect(view.facts()?.kinds.map(({ state }) => state)).toEqual(["Watching", ...OTHERS.map(() => "NotInstalled")]);
    expect(view.conditions()?.map(({ reason }) => reason)).toEqual(["Ready", "AllHealthy", "AsExpected"]);
  });

  it("waits no longer than ten seconds, and then says what it does not know", () => {
    nowMs = 9_999;
    expect(view.settled).toBe(false);
    nowMs = 10_000;
    expect(view.facts()).toMatchObject({ kruise: NOT_CHECKED, kinds: [] });
    expect(view.conditions()?.map(({ status }) => status)).toEqual(["Unknown", "Unknown", "Unknown"]);
  });

  it("says of every kind that its CRDs cannot be watched, until it knows better", () => {
    nowMs = 10_000;
    view.kindsFailed(new ApiError("m".repeat(500), { status: 403, reason: "Forbidden" }));
    const { kinds = [] } = view.facts() ?? {};
    expect(kinds).toHaveLength(KRUISE_KINDS.length);
    expect(new Set(kinds.map(({ state }) => state))).toEqual(new Set(["Forbidden"]));
    expect(Math.max(...kinds.map(({ message = "" }) => message.length))).toBe(160);
    knowKinds();
    expect(view.facts()?.kinds.filter(({ state }) => state === "Forbidden")).toEqual([]);
  });

  it("knows how every kind is served, and tells only of those that are watched and of what is left out", async () => {
    kruise = READY;
    view = buildView({ KINDS: "CloneSet", IGNORE_NAMESPACES: "kube-*" });
    expect(view.listed).toBe(false);
    knowKinds();
    expect(view.served()).toHaveLength(KRUISE_KINDS.length);
    await expect.poll(() => view.listed).toBe(true);
    expect(view.facts()).toMatchObject({
      kinds: [{ kind: "CloneSet", state: "Watching" }],
      leftOut: { kinds: OTHERS.map(({ kind }) => kind), namespaces: ["kube-*"] },
    });
  });

  it("says of the watched kinds alone that the CRDs cannot be watched", () => {
    view = buildView({ KINDS: "CloneSet,Rollout" });
    nowMs = 10_000;
    view.kindsFailed(new Error("no"));
    expect(view.facts()?.kinds.map(({ kind }) => kind)).toEqual(["CloneSet", "Rollout"]);
  });
});
