import { afterEach, describe, expect, test } from "vitest";
import { fromStatus } from "../../shared/kube/errors.ts";
import type { KubeObject } from "../../shared/kube/types.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { buildLog } from "../../shared/runtime/log.ts";
import { supervise } from "../../shared/runtime/supervise.ts";
import { listOf, ScriptedKube } from "../../test/support/scripted-kube.ts";
import { buildApiServiceTerm } from "./api-service-term.ts";
import type { ApiServiceTermDeps } from "./api-service-term.ts";

const DEPLOYMENTS = "/apis/apps/v1/namespaces/ns/deployments";
const SERVICES = "/api/v1/namespaces/ns/services";
const NAMESPACES = "/api/v1/namespaces";
const API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";
const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

let version = 1;
function object(change: Partial<KubeObject["metadata"]> = {}, spec: object = {}): object {
  const metadata = {
    name: "kruise-health",
    namespace: "ns",
    uid: "u",
    resourceVersion: String((version += 1)),
    ...change,
  };
  return { apiVersion: "v1", kind: "Any", metadata, spec };
}
const deployment = (replicas?: number, change = {}) => object(change, replicas === undefined ? {} : { replicas });
const registration = () =>
  object(
    {
      name: "v1alpha1.kruise-health.open-cluster-management.io",
      namespace: "",
      labels: { "app.kubernetes.io/part-of": "kruise-health" },
    },
    { group: "g", service: { namespace: "ns", name: "kruise-health" } },
  );

const stored = ({ metadata, ...rest }: KubeObject): object => ({
  ...rest,
  metadata: { ...metadata, uid: "u", resourceVersion: String((version += 1)) },
});

/** A hub with these objects. What is registered or removed there is told to the watch, as a hub does. */
function hubWith(objects: Record<string, object[] | Error>): ScriptedKube {
  const kube: ScriptedKube = new ScriptedKube(({ method, path, body }) => {
    if (method === "PATCH") kube.push(API_SERVICES, "ADDED", stored(body as KubeObject));
    if (method === "DELETE") kube.push(API_SERVICES, "DELETED", registration());
    if (method !== "GET") return {};
    const found = objects[path] ?? [];
    if (found instanceof Error) throw found;
    return listOf(found);
  });
  return kube;
}

/** Runs the term; gives what was done to the registration, step by step. What is done twice before a watch tells is one step. */
function run(kube: ScriptedKube, change: Partial<ApiServiceTermDeps> = {}): () => string[] {
  const { tasks } = buildApiServiceTerm({
    kube,
    clock: systemClock,
    log: buildLog("test", "silent"),
    namespace: "ns",
    service: { name: "kruise-health", port: 443 },
    deployment: "kruise-health",
    aggregated: true,
    findOwner: () => Promise.resolve(undefined),
    findCa: () => "PEM",
    ...change,
  });
  const stop = new AbortController();
  stops.push(stop);
  void supervise(tasks, stop).catch(() => undefined);
  return () =>
    kube.requests
      .filter(({ method }) => method !== "GET")
      .map(({ method }) => (method === "PATCH" ? "registered" : "removed"))
      .filter((step, index, all) => step !== all[index - 1]);
}

const home = (change = {}) => object({ name: "ns", namespace: "", ...change });
const ALL = { [DEPLOYMENTS]: [deployment(2)], [SERVICES]: [object()], [NAMESPACES]: [home()] };

describe("the registration", () => {
  test.each([
    ["its Deployment is deleted", DEPLOYMENTS, "DELETED", deployment(2)],
    [
      "its Deployment waits for its pods to be deleted",
      DEPLOYMENTS,
      "MODIFIED",
      deployment(2, { deletionTimestamp: "now" }),
    ],
    ["its Deployment is scaled to 0", DEPLOYMENTS, "MODIFIED", deployment(0)],
    ["its Service is deleted", SERVICES, "DELETED", object()],
    ["its namespace is on its way out", NAMESPACES, "MODIFIED", home({ deletionTimestamp: "now" })],
  ] as const)("goes when %s, and comes back with it", async (_what, path, type, changed) => {
    const kube = hubWith(ALL);
    const steps = run(kube);
    await expect.poll(steps).toEqual(["registered"]);
    kube.push(path, type, changed);
    await expect.poll(steps).toEqual(["registered", "removed"]);
    kube.push(path, "MODIFIED", path === NAMESPACES ? home() : path === DEPLOYMENTS ? deployment() : object());
    await expect.poll(steps).toEqual(["registered", "removed", "registered"]);
  });

  test("is not made again while it must not be, also by a leader that has just begun", async () => {
    const kube = hubWith({ ...ALL, [DEPLOYMENTS]: [deployment(0)], [API_SERVICES]: [registration()] });
    const steps = run(kube);
    await expect.poll(steps).toEqual(["removed"]);
    kube.push(DEPLOYMENTS, "MODIFIED", deployment(0));
    kube.push(DEPLOYMENTS, "MODIFIED", deployment(1));
    await expect.poll(steps).toEqual(["removed", "registered"]);
  });

  test("stays while pods come and go", async () => {
    const kube = hubWith(ALL);
    const steps = run(kube);
    for (const replicas of [1, 3, 2]) kube.push(DEPLOYMENTS, "MODIFIED", deployment(replicas));
    kube.push(DEPLOYMENTS, "MODIFIED", deployment(0));
    await expect.poll(steps).toEqual(["registered", "removed"]);
  });

  test("is made all the same when one of them may not be read, and goes with another", async () => {
    const forbidden = fromStatus("GET deployments", 403, undefined);
    const kube = hubWith({ ...ALL, [DEPLOYMENTS]: forbidden });
    const steps = run(kube);
    await expect.poll(steps).toEqual(["registered"]);
    kube.push(SERVICES, "DELETED", object());
    await expect.poll(steps).toEqual(["registered", "removed"]);
  });

  test.each([
    ["goes at the end when nobody comes after, which no watch has told yet", 0, ["registered", "removed"]],
    ["stays at the end when others come after", 2, ["registered"]],
  ])("%s", async (_what, replicas, wanted) => {
    const objects = { ...ALL };
    const kube = hubWith(objects);
    const steps = run(kube);
    await expect.poll(steps).toEqual(["registered"]);
    await expect.poll(() => kube.requests.some(({ path }) => path === NAMESPACES)).toBe(true);
    objects[DEPLOYMENTS] = [deployment(replicas)];
    const asked = kube.requests.length;
    stops.at(-1)?.abort();
    await expect.poll(() => kube.requests.slice(asked).filter(({ method }) => method === "GET").length).toBe(3);
    await expect.poll(steps).toEqual(wanted);
  });

  test("is made for a manager without a Deployment, and nothing else is looked at", async () => {
    const kube = hubWith({});
    const steps = run(kube, { deployment: undefined });
    await expect.poll(steps).toEqual(["registered"]);
    expect(new Set(kube.requests.map(({ path }) => path.split("/v1/")[1]?.split("/")[0]))).toEqual(
      new Set(["apiservices"]),
    );
  });

  test("is removed where the API is not to be aggregated, and nothing else is looked at", async () => {
    const kube = hubWith({ [API_SERVICES]: [registration()] });
    const steps = run(kube, { aggregated: false });
    await expect.poll(steps).toEqual(["removed"]);
    expect(kube.requests.filter(({ path }) => !path.startsWith(API_SERVICES))).toEqual([]);
  });
});
