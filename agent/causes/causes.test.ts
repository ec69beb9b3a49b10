// Pods and events as a cluster shows them, each with the cause that is told of it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CAUSES } from "../../shared/health/causes.ts";
import { groupCauses } from "./cause.ts";
import type { Cause } from "./cause.ts";
import { causeOfEvent } from "./events.ts";
import { causeOfPod } from "./pod.ts";

const NOW = "2026-11-21T12:00:00Z";
const LONG_AGO = "2026-11-21T11:50:00Z";
const JUST_NOW = "2026-11-21T11:59:50Z";
const nowMs = Date.parse(NOW);

const container = (state: object, more: object = {}) => ({
  name: "app",
  image: "shop/app:2",
  restartCount: 0,
  state,
  ...more,
});
const pod = (status: object, metadata: object = {}) => ({ metadata: { name: "web-1", ...metadata }, status });
const withContainer = (state: object, more: object = {}) => pod({ containerStatuses: [container(state, more)] });

describe("causeOfPod()", () => {
  test.each<[situation: string, raw: object, cause: string | undefined]>([
    [
      "no node fits",
      pod({
        conditions: [
          {
            type: "PodScheduled",
            status: "False",
            reason: "Unschedulable",
            message:
              "0/5 nodes are available: 5 Insufficient cpu. preemption: 0/5 nodes are available: 5 No preemption victims found.",
          },
        ],
      }),
      "CannotSchedule: 0/5 nodes are available: 5 Insufficient cpu.",
    ],
    [
      "a scheduling gate",
      pod({ conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }] }),
      "CannotSchedule: a scheduling gate is not lifted yet",
    ],
    [
      "an image that is not there",
      withContainer({ waiting: { reason: "ImagePullBackOff", message: "Back-off pulling: token=hunter2" } }),
      "ImageNotPulled: container app: image shop/app:2 cannot be pulled",
    ],
    [
      "a crash loop",
      withContainer(
        { waiting: { reason: "CrashLoopBackOff", message: "back-off 5m0s" } },
        { restartCount: 7, lastState: { terminated: { exitCode: 137, reason: "Error", message: "hunter2" } } },
      ),
      "ContainerCrashes: container app crashes: exit code 137",
    ],
    [
      "a container that used too much memory, between two starts",
      withContainer({ terminated: { exitCode: 137, reason: "OOMKilled" } }, { restartCount: 1 }),
      "ContainerCrashes: container app crashes: out of memory",
    ],
    [
      "a crash loop while its container runs",
      withContainer(
        { running: { startedAt: JUST_NOW } },
        { ready: false, restartCount: 3, lastState: { terminated: { exitCode: 3 } } },
      ),
      "ContainerCrashes: container app crashes: exit code 3",
    ],
    [
      "a container that has crashed once and is ready again",
      withContainer({ running: {} }, { ready: true, lastState: { terminated: { exitCode: 3 } } }),
      undefined,
    ],
    [
      "a claim that is not there, whose name stays in the cluster",
      pod({
        conditions: [
          {
            type: "PodScheduled",
            status: "False",
            reason: "Unschedulable",
            message: '0/5 nodes are available: persistentvolumeclaim "hunter2" not found.',
          },
        ],
      }),
      "VolumeMissing: a PersistentVolumeClaim of the pod is not there, or not bound",
    ],
    ["a pod that was evicted", pod({ phase: "Failed", reason: "Evicted" }), "PodFailed: the pod has failed (Evicted)"],
    [
      "a pod that failed for a reason that is no word",
      pod({ phase: "Failed", reason: "hunter2 is wrong" }),
      "PodFailed: the pod has failed",
    ],
    [
      "an init container that crashes",
      pod({ initContainerStatuses: [container({ terminated: { exitCode: 2 } }, { name: "setup" })] }),
      "ContainerCrashes: container setup crashes: exit code 2",
    ],
    [
      "a Secret that is missing, whose name stays in the cluster",
      withContainer({ waiting: { reason: "CreateContainerConfigError", message: 'secret "hunter2" not found' } }),
      "ContainerNotCreated: container app: CreateContainerConfigError",
    ],
    [
      "a readiness probe that fails",
      withContainer({ running: {} }, { ready: false, started: true }),
      "NotReady: container app runs, but its readiness probe has not passed",
    ],
    [
      "a readiness probe of a container that has just started",
      withContainer({ running: { startedAt: JUST_NOW } }, { ready: false, started: true }),
      undefined,
    ],
    [
      "a startup probe that has not passed",
      withContainer({ running: {} }, { ready: false, started: false }),
      "NotReady: container app runs, but its startup probe has not passed",
    ],
    [
      "a readiness gate",
      {
        metadata: {},
        spec: { readinessGates: [{ conditionType: "InPlaceUpdateReady" }] },
        status: { conditions: [{ type: "Ready", status: "False", reason: "ReadinessGatesNotReady" }] },
      },
      "NotReady: readiness gate InPlaceUpdateReady of the pod is not open",
    ],
    [
      "a lifecycle hook",
      pod(
        {},
        {
          labels: { "lifecycle.apps.kruise.io/state": "PreparingUpdate" },
          annotations: { "lifecycle.apps.kruise.io/timestamp": LONG_AGO },
        },
      ),
      "HookHolds: a lifecycle hook holds the pod in PreparingUpdate",
    ],
    [
      "a lifecycle hook that has just begun",
      pod(
        {},
        {
          labels: { "lifecycle.apps.kruise.io/state": "PreparingUpdate" },
          annotations: { "lifecycle.apps.kruise.io/timestamp": JUST_NOW },
        },
      ),
      undefined,
    ],
    [
      "a finalizer",
      pod({}, { deletionTimestamp: LONG_AGO, finalizers: ["x"] }),
      "StuckTerminating: the pod should be gone by now; finalizers remain",
    ],
    [
      "a node that does not end the pod",
      pod({}, { deletionTimestamp: LONG_AGO }),
      "StuckTerminating: the pod should be gone by now; its node has not ended it",
    ],
    [
      "a pod that is told to end",
      pod({ containerStatuses: [container({ terminated: { exitCode: 143 } })] }, { deletionTimestamp: JUST_NOW }),
      undefined,
    ],
    ["a pod that serves", withContainer({ running: {} }, { ready: true, started: true }), undefined],
    ["a pod that has just been made", pod({ phase: "Pending" }), undefined],
    ["a container that has ended well", withContainer({ terminated: { exitCode: 0 } }), undefined],
  ])("%s", (_situation, raw, expected) => {
    const found = causeOfPod(raw as Record<string, unknown>, nowMs);
    expect(found && `${found.reason}: ${found.message}`).toBe(expected);
  });

  test("bears any JSON, and its message is bounded", () => {
    const any = fc.record({ metadata: fc.jsonValue(), status: fc.jsonValue() });
    const statuses = fc.record({
      containerStatuses: fc.array(
        fc.record({ state: fc.jsonValue(), lastState: fc.jsonValue(), name: fc.jsonValue() }),
      ),
      conditions: fc.array(
        fc.record({ type: fc.constant("PodScheduled"), status: fc.constant("False"), message: fc.jsonValue() }),
      ),
    });
    fc.assert(
      fc.property(fc.oneof(any, fc.record({ status: statuses })), (raw) => {
        const found = causeOfPod(raw as Record<string, unknown>, nowMs);
        if (found === undefined) return;
        expect(CAUSES).toContain(found.reason);
        expect(Buffer.byteLength(found.message)).toBeLessThanOrEqual(160);
      }),
    );
  });
});

describe("causeOfEvent()", () => {
  const forbidden = 'pods "web-hunter2" is forbidden: ';
  test.each<[reason: string, message: string, cause: string | undefined]>([
    [
      "FailedCreate",
      `failed to create pod: ${forbidden}exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3, pod: {"env":"hunter2"}`,
      "QuotaExceeded: quota few is used up: a pod takes pods=1, allowed are pods=3",
    ],
    [
      "FailedCreate",
      `${forbidden}failed quota: few: must specify limits.cpu for: hunter2`,
      "QuotaExceeded: quota few wants every pod to specify limits.cpu",
    ],
    ["FailedCreate", `${forbidden}insufficient quota to match these scopes`, "QuotaExceeded: a quota is used up"],
    [
      "FailedCreate",
      'admission webhook "policy.example" denied the request: argument --password=hunter2 is not allowed',
      "AdmissionRefused: webhook policy.example refuses it",
    ],
    [
      "FailedCreate",
      'Internal error occurred: failed calling webhook "policy.example": hunter2',
      "AdmissionRefused: webhook policy.example cannot be reached",
    ],
    [
      "FailedCreate",
      `${forbidden}violates PodSecurity "restricted:latest": hostPath volumes (volume "hunter2")`,
      'AdmissionRefused: the pod violates PodSecurity "restricted:latest" of its namespace',
    ],
    [
      "FailedCreate",
      `${forbidden}error looking up service account shop/hunter2: serviceaccount "hunter2" not found`,
      "AdmissionRefused: the pod's ServiceAccount is not there",
    ],
    [
      "FailedCreate",
      `${forbidden}maximum cpu usage per Container is 1, but limit is 2`,
      "AdmissionRefused: a LimitRange bounds the cpu of a Container",
    ],
    ["FailedCreate", `${forbidden}hunter2`, "AdmissionRefused: the API server forbids it"],
    ["FailedCreate", 'Pod "web" is invalid: hunter2', "AdmissionRefused: the API server calls the pod invalid"],
    [
      "FailedCreate",
      'failed to create pvc: no hunter2, pvc: {"is forbidden": 1}',
      "VolumeMissing: a PersistentVolumeClaim cannot be made",
    ],
    [
      "FailedUpdatePodInPlace",
      'admission webhook "vpod.kb.io" denied the request: podunavailablebudget.policy.kruise.io "few" is forbidden: pub unavailable allowed is negative',
      "BudgetBlocks: PodUnavailableBudget few lets no pod be unavailable",
    ],
    [
      "FailedMount",
      'MountVolume.SetUp failed for volume "hunter2"',
      "VolumeMissing: a volume of the pod cannot be mounted",
    ],
    ["Unhealthy", "Readiness probe failed: exceeded hunter2", undefined],
    ["constructor", "of every object", undefined],
    ["FailedCreate", 'no cause, pod: {"note":"exceeded quota"}', undefined],
  ])("%s: %s", (reason, message, expected) => {
    const found = causeOfEvent({ reason, message });
    expect(found && `${found.reason}: ${found.message}`).toBe(expected);
  });
});

describe("groupCauses()", () => {
  test("counts what reads the same, the workload's own first, then the commonest, and keeps three", () => {
    const crash: Cause = { reason: "ContainerCrashes", message: "a" };
    const pull: Cause = { reason: "ImageNotPulled", message: "b" };
    const wait: Cause = { reason: "CannotSchedule", message: "c" };
    const quota: Cause = { reason: "QuotaExceeded", message: "d" };
    expect(groupCauses([quota, quota], [crash, pull, pull, wait])).toEqual([
      { ...quota, pods: 0 },
      { ...pull, pods: 2 },
      { ...wait, pods: 1 },
    ]);
  });

  test.each([
    [[0], "a"],
    [[1], "a, 1 restart"],
    [[2, 5], "a, more than 1 restart"],
    [[6, 20], "a, more than 5 restarts"],
    [[21, 0, 100], "a, more than 20 restarts"],
    [[101, 5_000], "a, more than 100 restarts"],
  ])("tells restarts of %j in steps: %s", (restarts, message) => {
    const causes = restarts.map((count): Cause => ({ reason: "ContainerCrashes", message: "a", restarts: count }));
    expect(groupCauses([], causes)).toEqual([{ reason: "ContainerCrashes", message, pods: restarts.length }]);
  });
});
