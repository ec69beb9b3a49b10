import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ScriptedKube, listOf } from "../../test/support/scripted-kube.ts";
import { ApiError } from "../../shared/kube/errors.ts";
import type { Condition, KubeRequest } from "../../shared/kube/types.ts";
import type { ClusterCondition } from "../../shared/wire/cluster-conditions.ts";
import { ConditionWriter } from "./writer.ts";

const V1ALPHA1 = "/apis/addon.open-cluster-management.io/v1alpha1/namespaces/c1/managedclusteraddons";
const V1BETA1 = V1ALPHA1.replace("v1alpha1", "v1beta1");
const STALE: Omit<Condition, "type"> = {
  status: "Unknown",
  reason: "ReportStale",
  message: "silent",
  lastTransitionTime: "2026-01-01T00:00:00Z",
};

function addon(conditions: Condition[] | undefined, resourceVersion = "2"): unknown {
  return { metadata: { name: "kruise-health", resourceVersion }, status: { conditions } };
}

function applied(request: KubeRequest): Condition[] {
  return (request.body as { status: { conditions: Condition[] } }).status.conditions;
}

/** A hub with the add-on, as one agent's writer sees it. */
class Scene {
  wanted: ClusterCondition[] | undefined = [
    { type: "WorkloadsHealthy", status: "True", reason: "AllHealthy", message: "fine" },
  ];
  existing: unknown[] = [addon(undefined, "1")];
  refuse: (request: KubeRequest) => Error | undefined = () => undefined;
  overruled = 0;
  turns = 0;
  readonly logged: string[] = [];
  readonly stop = new AbortController();
  readonly kube = new ScriptedKube((request) => {
    const error = this.refuse(request);
    if (error !== undefined) throw error;
    return request.method === "GET" ? listOf(this.existing) : {};
  });
  readonly writer = new ConditionWriter({
    kube: this.kube,
    cluster: "c1",
    clock: { monotonicMs: () => Date.now(), wallMs: () => Date.now() },
    log: pino({ level: "info" }, { write: (line) => this.logged.push((JSON.parse(line) as { msg: string }).msg) }),
    onTurn: () => void (this.turns += 1),
    plan: () => this.wanted,
    onOverruled: () => void (this.overruled += 1),
    random: () => 0.5,
  });
  done: Promise<void> = Promise.resolve();

  async start(): Promise<void> {
    this.done = this.writer.run(this.stop.signal);
    await this.pass(0);
  }

  async pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }

  want(reason: string): void {
    this.wanted = [{ type: "WorkloadsHealthy", status: "False", reason, message: reason }];
    this.writer.wake();
  }

  get writes(): KubeRequest[] {
    return this.kube.requests.filter(({ method }) => method === "PATCH");
  }

  get reasons(): string[] {
    return this.writes.map((request) => applied(request)[0]?.reason ?? "");
  }
}

let scene: Scene;
beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-05-01T00:00:00Z") });
  scene = new Scene();
});
afterEach(async () => {
  scene.stop.abort();
  await scene.done;
  vi.useRealTimers();
});

describe("ConditionWriter", () => {
  it("applies its own conditions once, by force and under its own name", async () => {
    await scene.start();
    await scene.pass(10_000);
    expect(scene.writes).toMatchObject([
      {
        path: `${V1ALPHA1}/kruise-health/status`,
        query: { fieldManager: "kruise-health-agent", force: true },
        body: {
          status: { conditions: [{ type: "WorkloadsHealthy", lastTransitionTime: "2026-05-01T00:00:00Z" }] },
        },
      },
    ]);
  });

  it("writes nothing while nothing is known, or the add-on is not there", async () => {
    scene.wanted = undefined;
    await scene.start();
    await scene.pass(60_000);
    scene.wanted = [];
    scene.kube.push(V1ALPHA1, "DELETED", addon(undefined, "3"));
    await scene.pass(0);
    scene.want("A");
    await scene.pass(60_000);
    expect(scene.writes).toEqual([]);
  });

  it("writes nothing when an agent before it has already said the same", async () => {
    const said = { type: "WorkloadsHealthy", ...STALE, status: "True", reason: "AllHealthy", message: "fine" } as const;
    scene.existing = [addon([said])];
    await scene.start();
    await scene.pass(10_000);
    scene.kube.push(V1ALPHA1, "MODIFIED", addon([{ type: "WorkloadsHealthy", ...STALE }]));
    await scene.pass(10_000);
    expect(scene.writes).toEqual([]);
    expect(scene.overruled).toBe(1);
  });

  it("writes the first change at once and later ones at most once a second, the newest only", async () => {
    await scene.start();
    await scene.pass(5000);
    for (const reason of ["A", "B", "C"]) {
      scene.want(reason);
      await scene.pass(1);
    }
    expect(scene.reasons).toEqual(["AllHealthy", "A"]);
    await scene.pass(1000);
    expect(scene.reasons).toEqual(["AllHealthy", "A", "C"]);
  });

  it("moves the transition time only when the status changes", async () => {
    await scene.start();
    await scene.pass(5000);
    scene.want("A");
    await scene.pass(5000);
    scene.want("B");
    await scene.pass(5000);
    expect(scene.writes.map((request) => applied(request)[0]?.lastTransitionTime)).toEqual([
      "2026-05-01T00:00:00Z",
      "2026-05-01T00:00:05Z",
      "2026-05-01T00:00:05Z",
    ]);
  });

  it("puts right what the manager marked as stale only once a report is acknowledged", async () => {
    await scene.start();
    await scene.pass(5000);
    scene.kube.push(V1ALPHA1, "MODIFIED", addon([{ type: "WorkloadsHealthy", ...STALE }]));
    await scene.pass(60_000);
    expect(scene.reasons).toEqual(["AllHealthy"]);
    expect(scene.overruled).toBe(1);
    scene.writer.acknowledged();
    await scene.pass(1);
    expect(scene.reasons).toEqual(["AllHealthy", "AllHealthy"]);
  });

  it("holds back new findings too while it counts as silent", async () => {
    await scene.start();
    scene.kube.push(V1ALPHA1, "MODIFIED", addon([{ type: "WorkloadsHealthy", ...STALE }]));
    await scene.pass(5000);
    scene.want("A");
    await scene.pass(5000);
    expect(scene.reasons).toEqual(["AllHealthy"]);
    scene.writer.acknowledged();
    await scene.pass(1);
    expect(scene.reasons).toEqual(["AllHealthy", "A"]);
  });

  it("does not take its own late events for somebody else's", async () => {
    await scene.start();
    await scene.pass(5000);
    scene.want("A");
    await scene.pass(0);
    const late = applied(scene.writes[0] as KubeRequest);
    scene.kube.push(V1ALPHA1, "MODIFIED", addon(late, "5"));
    await scene.pass(0);
    expect(scene.overruled).toBe(0);
  });

  it("goes on in v1beta1 when v1alpha1 is not served", async () => {
    const missing = new ApiError("the server could not find the requested resource", {
      status: 404,
      reason: "NotFound",
    });
    scene.refuse = ({ path }) => (path.startsWith(V1ALPHA1) ? missing : undefined);
    await scene.start();
    await scene.pass(5000);
    expect(scene.writes.map(({ path }) => path)).toEqual([`${V1BETA1}/kruise-health/status`]);
    expect(scene.writes[0]?.body).toMatchObject({ apiVersion: "addon.open-cluster-management.io/v1beta1" });
  });

  it("asks twice and then ever more seldom while no version is served, and is there when one is", async () => {
    let isServed = false;
    scene.refuse = () =>
      isServed ? undefined : new ApiError("the server could not find it", { status: 404, reason: "NotFound" });
    await scene.start();
    expect(scene.kube.requests.map(({ path }) => path)).toEqual([V1ALPHA1, V1BETA1]);
    await scene.pass(3_600_000);
    expect(scene.kube.requests.length).toBeLessThan(300);
    isServed = true;
    await scene.pass(60_000);
    expect(scene.reasons).toEqual(["AllHealthy"]);
  });

  it("tries the other version when a write meets a conversion webhook that is down, and comes back", async () => {
    let failures = 3;
    scene.refuse = ({ method }) => {
      if (method !== "PATCH" || failures-- <= 0) return undefined;
      return new ApiError("500 conversion webhook for X failed", { status: 500, reason: "InternalError" });
    };
    await scene.start();
    await scene.pass(10_000);
    expect(scene.writes.map(({ path }) => path.split("/")[3])).toEqual(["v1alpha1", "v1beta1", "v1alpha1", "v1beta1"]);
  });

  it("fault 28: comes through when the registration agent writes at the same moment, without a word of trouble", async () => {
    const available = {
      type: "Available",
      status: "True",
      reason: "Lease",
      message: "",
      lastTransitionTime: "x",
    } as const;
    await scene.start();
    await scene.pass(5000);
    const ours = applied(scene.writes[0] as KubeRequest);
    let conflicts = 3;
    scene.refuse = ({ method }) =>
      method === "PATCH" && conflicts-- > 0 ? new ApiError("409", { status: 409, reason: "Conflict" }) : undefined;
    scene.want("A");
    for (let version = 3; version < 5; version++) {
      await scene.pass(1000);
      // The other's writes, which carry along what the hub still has of ours.
      scene.kube.push(V1ALPHA1, "MODIFIED", addon([...ours, available], String(version)));
    }
    await scene.pass(10_000);
    expect(scene.reasons).toEqual(["AllHealthy", "A", "A", "A", "A"]);
    expect(scene.overruled).toBe(0);
    expect(scene.logged).toEqual([]);
  });

  it("never writes a condition that is not its own, nor any other part of the status", async () => {
    scene.existing = [
      addon([
        { type: "Available", ...STALE },
        { type: "Reporting", ...STALE },
      ]),
    ];
    await scene.start();
    await scene.pass(5000);
    expect(scene.writes.map(({ body }) => Object.keys((body as { status: object }).status))).toEqual([["conditions"]]);
    expect(applied(scene.writes[0] as KubeRequest).map(({ type }) => type)).toEqual(["WorkloadsHealthy"]);
  });

  it("tells once that writes fail, and once that they go through again", async () => {
    await scene.start();
    await scene.pass(5000);
    scene.refuse = ({ method }) =>
      method === "PATCH" ? new ApiError("403", { status: 403, reason: "Forbidden" }) : undefined;
    scene.want("A");
    await scene.pass(60_000);
    expect(scene.logged).toEqual(["conditions not written"]);
    scene.refuse = () => undefined;
    await scene.pass(120_000);
    expect(scene.logged).toEqual(["conditions not written", "conditions are written again"]);
  });

  it("turns its loop on time even when the hub asks it to wait for an hour", async () => {
    scene.refuse = ({ method }) =>
      method === "PATCH" ? new ApiError("429", { status: 429, reason: "Busy", retryAfterMs: 3_600_000 }) : undefined;
    await scene.start();
    await scene.pass(5000);
    const turns = scene.turns;
    await scene.pass(600_000);
    expect(scene.turns - turns).toBeGreaterThanOrEqual(20);
    expect(scene.writes.length).toBeLessThanOrEqual(3);
  });
});
