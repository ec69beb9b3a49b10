// What reaches the hub: Events as kubectl describe looks for them, few of them, and no trouble for anybody when it fails.
import { afterEach, describe, expect, test } from "vitest";
import { ApiError } from "../../shared/kube/errors.ts";
import type { KubeRequest } from "../../shared/kube/types.ts";
import { buildLog } from "../../shared/runtime/log.ts";
import { ScriptedKube } from "../../test/support/scripted-kube.ts";
import { EventRecorder } from "./event-recorder.ts";
import type { Telling } from "./event-recorder.ts";
import { addon, CLUSTER, NOW } from "./objects.fixture.ts";

const MINUTE_MS = 60_000;
const stops: AbortController[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop.abort(new Error("the test is over"))));

const stale: Telling = { type: "Warning", reason: "ReportStale", message: "m", key: "k", source: "conditions" };
const notFound = new ApiError("PATCH: 404", { status: 404, reason: "NotFound" });
const forbidden = new ApiError("POST: 403", { status: 403, reason: "Forbidden" });

function scene(answer: (request: KubeRequest) => unknown = () => ({})) {
  const now = { ms: Date.parse(NOW) };
  const kube = new ScriptedKube(answer);
  const clock = { wallMs: () => now.ms, monotonicMs: () => now.ms };
  const recorder = new EventRecorder({ kube, clock, log: buildLog("test", "silent") });
  const stop = new AbortController();
  stops.push(stop);
  const ended = recorder.run(stop.signal).catch((error: unknown) => error);
  const sent = () => kube.requests.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f]{16}$/, "#")}`);
  return { now, kube, recorder, sent, stop, ended };
}

const CREATE = `POST /api/v1/namespaces/${CLUSTER}/events`;
const COUNT = `PATCH /api/v1/namespaces/${CLUSTER}/events/kruise-health.#`;

describe("EventRecorder", () => {
  test("writes an Event that kubectl describe finds by the object's kind, name and uid", async () => {
    const { kube, recorder } = scene();
    recorder.record(addon(), { ...stale, message: `two\nlines ${"x".repeat(1000)}` });
    await expect.poll(() => kube.requests.length).toBe(1);
    const event = kube.requests[0]?.body as { message: string };
    expect(event).toMatchObject({
      kind: "Event",
      metadata: { namespace: CLUSTER, name: expect.stringMatching(/^kruise-health\.[0-9a-f]{16}$/) },
      involvedObject: { kind: "ManagedClusterAddOn", namespace: CLUSTER, name: "kruise-health", uid: "uid-addon" },
      type: "Warning",
      reason: "ReportStale",
      source: { component: "kruise-health-manager" },
      firstTimestamp: NOW,
      lastTimestamp: NOW,
      count: 1,
    });
    expect(event.message.slice(0, 10)).toBe("two lines ");
    expect(event.message.length).toBeLessThanOrEqual(500);
  });

  test("counts a repeat up within ten minutes, and writes a new Event after that", async () => {
    const { now, kube, recorder, sent } = scene();
    recorder.record(addon(), stale);
    await expect.poll(sent).toHaveLength(1);
    now.ms += 9 * MINUTE_MS;
    recorder.record(addon(), { ...stale, message: "later" });
    await expect.poll(sent).toEqual([CREATE, COUNT]);
    expect(kube.requests[1]?.body).toEqual({ count: 2, lastTimestamp: "2026-01-02T03:13:05Z", message: "later" });
    now.ms += 11 * MINUTE_MS;
    recorder.record(addon(), stale);
    await expect.poll(sent).toEqual([CREATE, COUNT, CREATE]);
  });

  test("writes a new Event when the one to count up has gone", async () => {
    const { recorder, sent } = scene(({ method }) => {
      if (method === "PATCH") throw notFound;
      return {};
    });
    recorder.record(addon(), stale);
    recorder.record(addon(), stale);
    await expect.poll(sent).toEqual([CREATE, COUNT, CREATE]);
  });

  test("writes at most 25 times for an object that flips, then once in five minutes; others do not suffer", async () => {
    const { now, recorder, sent } = scene();
    for (let i = 0; i < 200; i += 1) recorder.record(addon(), { ...stale, key: `${i % 2}` });
    await expect.poll(sent).toHaveLength(25);
    recorder.record(addon({}, { metadata: { uid: "other" } }), stale);
    recorder.record(addon(), { ...stale, source: "requests" });
    await expect.poll(sent).toHaveLength(27);
    now.ms += 5 * MINUTE_MS;
    for (let i = 0; i < 10; i += 1) recorder.record(addon(), stale);
    await expect.poll(sent).toHaveLength(28);
    recorder.forget("uid-addon");
    recorder.record(addon(), stale);
    await expect.poll(sent).toHaveLength(29);
  });

  test("goes on after a failure: it is nobody's trouble", async () => {
    let failing = true;
    const { recorder, sent, stop, ended } = scene(() => {
      if (failing) throw forbidden;
      return {};
    });
    recorder.record(addon(), stale);
    await expect.poll(sent).toHaveLength(1);
    failing = false;
    recorder.record(addon(), stale);
    await expect.poll(sent).toEqual([CREATE, CREATE]);
    const over = new Error("over");
    stop.abort(over);
    await expect(ended).resolves.toBe(over);
  });

  test("puts the Events of a cluster-scoped object into namespace default", async () => {
    const { recorder, sent } = scene();
    const definition = { apiVersion: "x/v1", kind: "ClusterManagementAddOn", metadata: { name: "kh", uid: "u" } };
    recorder.record(definition, stale);
    await expect.poll(sent).toEqual(["POST /api/v1/namespaces/default/events"]);
  });
});
