// Looks at a scripted cluster: what is asked, what is found, and what happens when the answers are bad.
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "../../shared/kube/errors.ts";
import type { KubeRequest } from "../../shared/kube/types.ts";
import { DEFAULT_THRESHOLDS } from "../../shared/health/thresholds.ts";
import { observe } from "../../shared/kruise/observe.ts";
import { WorkloadRecord } from "../../shared/kruise/record.ts";
import { ScriptedKube, listOf } from "../../test/support/scripted-kube.ts";
import { Workloads } from "../workloads.ts";
import { Looker } from "./looker.ts";

const UID = "6f3d1c2e-1111-2222-3333-444455556666";
const SECRET = "hunter2-canary";
const NOW = "2026-11-21T12:00:00Z";
const LONG_AGO = "2026-11-21T11:50:00Z";
const KEY = "cloneset.shop.web";

/** A CloneSet that turns Degraded at once: it says that its pods cannot be made. */
function stuck(kind = "CloneSet", more: { spec?: object; status?: object } = {}): unknown {
  const status = { observedGeneration: 1, replicas: 3, readyReplicas: 0, availableReplicas: 0, updatedReplicas: 3 };
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind,
    metadata: { name: "web", namespace: "shop", uid: UID, generation: 1 },
    spec: { replicas: 3, selector: { matchLabels: { app: "web" } }, ...more.spec },
    status: { ...status, updateRevision: "web-1", currentRevision: "web-1", ...more.status },
  };
}

const pod = (name: string, status: object, metadata: object = {}) => ({
  metadata: { name, uid: `uid-${name}`, ownerReferences: [{ controller: true, uid: UID }], ...metadata },
  status,
});
const READY = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
const crashing = (exitCode: number) => ({
  containerStatuses: [{ name: "app", restartCount: 9, state: { terminated: { exitCode } } }],
});
const warning = (message: string, more: object = {}) => ({
  type: "Warning",
  reason: "FailedCreate",
  message,
  lastTimestamp: LONG_AGO,
  involvedObject: { uid: UID },
  ...more,
});

/** An agent's workloads and looker on a cluster with these answers, by the last part of the path. */
class Scene {
  readonly stop = new AbortController();
  readonly logged: string[] = [];
  readonly kube: ScriptedKube;
  readonly workloads: Workloads;
  readonly looker: Looker;
  readonly done: Promise<void>;
  answers: Record<string, unknown> = {};
  changes = 0;

  constructor() {
    this.kube = new ScriptedKube((request) => this.#answer(request));
    this.workloads = new Workloads({
      thresholds: { ...DEFAULT_THRESHOLDS, unavailableMs: 0 },
      onChange: (key) => {
        this.changes += 1;
        this.looker.note(key);
      },
    });
    const lines = { write: (line: string) => void this.logged.push((JSON.parse(line) as { msg: string }).msg) };
    this.looker = new Looker({
      kube: this.kube,
      log: pino({ level: "info" }, lines),
      nowMs: () => Date.now(),
      workload: (key) => this.workloads.find(key),
      onCauses: (key, uid, causes) => this.workloads.setCauses(key, uid, causes),
    });
    this.done = this.looker.run(this.stop.signal);
  }

  #answer({ path }: KubeRequest): unknown {
    const answer = this.answers[path.slice(path.lastIndexOf("/") + 1)] ?? [];
    if (answer instanceof Error) throw answer;
    return Array.isArray(answer) ? listOf(answer) : answer;
  }

  async pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }

  async see(raw: unknown, plural = "clonesets"): Promise<void> {
    this.workloads.apply(plural, observe(raw), Date.now());
    await this.pass(40_000);
  }

  why(key = KEY): string[] {
    const { why = [] } = this.workloads.find(key)?.record ?? {};
    return why.map(({ r, m, n }) => `${n} ${r}: ${m}`);
  }

  asked(part: string): KubeRequest[] {
    return this.kube.requests.filter(({ path }) => path.endsWith(`/${part}`));
  }
}

describe("Looker", () => {
  let scene: Scene;
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse(NOW) });
    scene = new Scene();
  });
  afterEach(async () => {
    scene.stop.abort();
    await scene.done;
    vi.useRealTimers();
  });

  test("lists a page of the workload's own pods and its newest warnings, and groups what they show", async () => {
    const other = pod("other", crashing(7), { ownerReferences: [{ controller: true, uid: "another" }] });
    scene.answers = {
      pods: [pod("a", crashing(1)), pod("b", crashing(1)), pod("c", READY), other],
      events: [
        warning("exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3"),
        warning('admission webhook "old" denied the request', { lastTimestamp: "2026-11-21T11:40:00Z" }),
        warning('admission webhook "other" denied the request', { involvedObject: { uid: "another" } }),
      ],
    };
    await scene.see(stuck());
    expect(scene.why()).toEqual([
      "0 QuotaExceeded: quota few is used up: a pod takes pods=1, allowed are pods=3",
      "2 ContainerCrashes: container app crashes: exit code 1, more than 5 restarts",
    ]);
    expect(scene.asked("pods")).toEqual([
      expect.objectContaining({
        path: "/api/v1/namespaces/shop/pods",
        query: expect.objectContaining({ labelSelector: "app=web", limit: 20 }),
      }),
    ]);
    const fieldSelector =
      "involvedObject.kind=CloneSet,involvedObject.name=web,involvedObject.namespace=shop,type=Warning";
    expect(scene.asked("events")[0]).toMatchObject({
      path: "/api/v1/namespaces/shop/events",
      query: { fieldSelector, limit: 20 },
    });
  });

  test("turns the page while there is no cause, and not for ever", async () => {
    const more = (token: string) => ({
      ...(listOf([pod("a", READY)]) as object),
      metadata: { resourceVersion: "1", continue: token },
    });
    scene.answers = { pods: more("next") };
    await scene.see(stuck());
    expect(scene.asked("pods")).toHaveLength(5);
    scene.answers = { pods: { ...more("next"), items: [pod("b", crashing(1))] } };
    await scene.pass(60_000);
    expect(scene.asked("pods")).toHaveLength(6);
    expect(scene.why()).toHaveLength(1);
  });

  test("counts what is wrong with a pod that is ready only when all are", async () => {
    const labels = { "lifecycle.apps.kruise.io/state": "PreparingUpdate" };
    const held = pod("held", READY, { labels });
    scene.answers = { pods: [held, pod("a", crashing(1))] };
    await scene.see(stuck());
    expect(scene.why()).toEqual([expect.stringContaining("1 ContainerCrashes")]);
    scene.answers = { pods: [held, pod("b", READY)] };
    await scene.pass(60_000);
    expect(scene.why()).toEqual([expect.stringContaining("1 HookHolds")]);
  });

  test("asks the events of a pod whose containers are not created", async () => {
    const waiting = { state: { waiting: { reason: "ContainerCreating" } } };
    const creating = { phase: "Pending", startTime: LONG_AGO, containerStatuses: [waiting] };
    const about = { involvedObject: { uid: "uid-a" }, reason: "FailedMount" };
    scene.answers = { pods: [pod("a", creating)], events: [warning(`secret ${SECRET}`, about)] };
    await scene.see(stuck());
    expect(scene.why()).toEqual(["1 VolumeMissing: a volume of the pod cannot be mounted"]);
    expect(scene.asked("events").map(({ query }) => String(query?.["fieldSelector"]))).toEqual([
      expect.stringContaining("kind=CloneSet"),
      expect.stringContaining("kind=Pod,involvedObject.name=a"),
    ]);
  });

  test.each([
    ["protects all operations", {}, ["0 BudgetBlocks: PodUnavailableBudget few lets no pod be unavailable"]],
    ["does not protect against updates", { protectOperations: ["DELETE"] }, []],
  ])("a PodUnavailableBudget that allows none and %s", async (_what, spec, why) => {
    const budget = {
      apiVersion: "policy.kruise.io/v1alpha1",
      kind: "PodUnavailableBudget",
      metadata: { name: "few", namespace: "shop", uid: UID, generation: 1 },
      spec,
      status: {
        observedGeneration: 1,
        totalReplicas: 3,
        desiredAvailable: 3,
        currentAvailable: 3,
        unavailableAllowed: 0,
      },
    };
    scene.answers = { pods: [pod("a", READY, { annotations: { "kruise.io/related-pub": "few" } })], few: budget };
    await scene.see(budget, "podunavailablebudgets");
    const updating = { updatedReplicas: 0, updateRevision: "web-2", readyReplicas: 3, availableReplicas: 3 };
    await scene.see(stuck("CloneSet", { status: updating }));
    expect(scene.workloads.find(KEY)?.record.r).toBe("Updating");
    expect(scene.why()).toEqual(why);
  });

  test("forgets the causes of what is healthy, and of an object made anew", async () => {
    scene.answers = { pods: [pod("a", crashing(1))] };
    await scene.see(stuck());
    expect(scene.why()).toHaveLength(1);
    const healthy = { readyReplicas: 3, availableReplicas: 3, updatedReadyReplicas: 3, updatedAvailableReplicas: 3 };
    await scene.see(stuck("CloneSet", { status: healthy }));
    expect(scene.workloads.find(KEY)?.record.h).toBe("Healthy");
    expect(scene.why()).toEqual([]);
    const asked = scene.kube.requests.length;
    await scene.pass(3_600_000);
    expect(scene.kube.requests).toHaveLength(asked);
    await scene.see(stuck());
    expect(scene.why()).toHaveLength(1);
    scene.workloads.setCauses(KEY, "another", []);
    expect(scene.why()).toHaveLength(1);
    const anew = stuck() as { metadata: { uid: string } };
    anew.metadata.uid = "aaaaaaaa-1111";
    scene.workloads.apply("clonesets", observe(anew), Date.now());
    expect(scene.why()).toEqual([]);
  });

  test("a crash loop makes no new record with each restart", async () => {
    scene.answers = { pods: [pod("a", crashing(1))] };
    await scene.see(stuck());
    const before = scene.changes;
    const again = { name: "app", restartCount: 15, state: { waiting: { reason: "CrashLoopBackOff" } } };
    const last = { lastState: { terminated: { exitCode: 1 } } };
    scene.answers = { pods: [pod("a", { containerStatuses: [{ ...again, ...last }] })] };
    await scene.pass(600_000);
    expect(scene.asked("pods").length).toBeGreaterThan(2);
    expect(scene.changes).toBe(before);
  });

  test("looks at no pods where that is forbidden, says so once, and still asks events", async () => {
    scene.answers = {
      pods: new ApiError("403", { status: 403, reason: "Forbidden" }),
      events: [warning("exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3")],
    };
    await scene.see(stuck());
    await scene.pass(600_000);
    expect(scene.asked("pods")).toHaveLength(1);
    expect(scene.asked("events").length).toBeGreaterThan(2);
    expect(scene.why()).toHaveLength(1);
    expect(scene.logged).toEqual(["pods may not be listed: causes that only they show stay unknown"]);
  });

  test("keeps what it knows while the API server is not well, and leaves it alone for as long as it says", async () => {
    scene.answers = { pods: [pod("a", crashing(1))] };
    await scene.see(stuck());
    const busy = { status: 429, reason: "TooManyRequests", retryAfterMs: 300_000 };
    scene.answers = { pods: new ApiError("429", busy) };
    await scene.pass(60_000);
    const asked = scene.kube.requests.length;
    await scene.see(stuck("CloneSet", { status: { updatedReplicas: 0, updateRevision: "web-2" } }));
    expect(scene.kube.requests).toHaveLength(asked);
    expect(scene.why()).toHaveLength(1);
    scene.answers = {};
    await scene.pass(300_000);
    expect(scene.why()).toEqual([]);
  });

  test("asks nothing about kinds that have neither pods nor events", async () => {
    const distribution = { ...(stuck("ResourceDistribution") as object), spec: {} };
    await scene.see(distribution, "resourcedistributions");
    expect(scene.kube.requests).toEqual([]);
  });

  test("lets nothing out of a pod or an event but what a cause is made of", async () => {
    const fields = [SECRET, { name: SECRET, value: SECRET, key: SECRET }, [SECRET], { [SECRET]: SECRET }];
    const statuses = [
      ...["CreateContainerConfigError", "ImagePullBackOff", "CrashLoopBackOff", SECRET].map((reason) => ({
        state: { waiting: { reason, message: SECRET } },
        lastState: { terminated: { exitCode: 1, reason: SECRET, message: SECRET, signal: SECRET } },
      })),
      { state: { terminated: { exitCode: 3, reason: SECRET, message: SECRET } } },
    ].map((state) => ({ name: "app", image: "shop/app:1", imageID: SECRET, containerID: SECRET, ...state }));
    const secretive = (status: object, index: number) => ({
      metadata: {
        name: `${SECRET}-${index}`,
        uid: SECRET,
        labels: { a: SECRET },
        annotations: { b: SECRET, "kruise.io/related-pub": SECRET },
        ownerReferences: [{ controller: true, uid: UID, name: SECRET }],
      },
      spec: { containers: fields, volumes: fields, env: fields, args: fields, nodeName: SECRET },
      status: {
        message: SECRET,
        reason: SECRET,
        startTime: LONG_AGO,
        conditions: [{ type: SECRET, message: SECRET }],
        ...status,
      },
    });
    const pods = [
      ...statuses.map((container, index) => secretive({ containerStatuses: [container] }, index)),
      secretive({ phase: "Failed" }, 90),
      secretive({ conditions: [{ type: "Ready", status: "False", reason: SECRET, message: SECRET }] }, 91),
    ];
    const messages = [
      `exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3, pod: {"env":"${SECRET}"}`,
      `admission webhook "policy.example" denied the request: ${SECRET}`,
      `violates PodSecurity "restricted:latest": volume "${SECRET}"`,
      `secret "${SECRET}" is forbidden`,
    ];
    for (const each of pods) {
      const now = { lastTimestamp: new Date().toISOString() };
      scene.answers = {
        pods: [each],
        events: messages.map((message) => warning(message, { ...now, source: SECRET, action: SECRET })),
      };
      await scene.see(stuck());
      const { record } = scene.workloads.find(KEY) ?? {};
      expect(JSON.stringify(WorkloadRecord.parse(record))).not.toContain(SECRET);
      expect(scene.why()).toHaveLength(3);
      scene.answers = { pods: [each] };
      await scene.pass(1_800_000);
      expect(JSON.stringify(scene.workloads.find(KEY)?.record)).not.toContain(SECRET);
      scene.workloads.remove(KEY);
    }
    expect(scene.logged.join()).not.toContain(SECRET);
  });
});
