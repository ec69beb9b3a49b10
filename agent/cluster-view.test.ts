import { pino } from "pino";
import { beforeEach, describe, expect, it } from "vitest";
import { SERVED } from "../test/support/kruise-crds.ts";
import { ScriptedKube, listOf } from "../test/support/scripted-kube.ts";
import { DEFAULT_THRESHOLDS } from "../shared/health/thresholds.ts";
import { ApiError } from "../shared/kube/errors.ts";
import { KRUISE_KINDS } from "../shared/kruise/kinds.ts";
import type { Installation } from "../shared/wire/report.ts";
import { ClusterView } from "./cluster-view.ts";
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

  beforeEach(() => {
    nowMs = 0;
    kruise = NOT_CHECKED;
    const clock = { monotonicMs: () => nowMs, wallMs: () => nowMs };
    const workloads = new Workloads({ thresholds: DEFAULT_THRESHOLDS, onChange: () => undefined });
    const kube = new ScriptedKube(() => listOf([]));
    const log = pino({ level: "silent" });
    const deps = { kube, workloads, clock, log, nowMs: () => nowMs, onState: () => undefined };
    watches = new WorkloadWatches(deps, new AbortController().signal);
    view = new ClusterView({ clock, workloads, watches, installation: () => kruise });
  });
  const knowKinds = (): void => {
    if (CLONE_SET !== undefined) watches.serve(CLONE_SET, SERVED);
    for (const kind of OTHERS) watches.serve(kind, { state: "NotInstalled" });
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
});
