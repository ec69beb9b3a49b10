// The thin client against a real kube-apiserver behind a bad network and under overload: what it is there for.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { pino } from "pino";
import { buildKube } from "../../shared/kube/connection.ts";
import { kubeconfigSource, staticSource } from "../../shared/kube/credentials.ts";
import { withRetry } from "../../shared/kube/retry.ts";
import type { Kube, KubeObject, WatchEvent } from "../../shared/kube/types.ts";
import { watch } from "../../shared/kube/watch.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { met, unmet, until } from "./harness/polling.ts";
import { suiteStack } from "./harness/suite.ts";
import { createNamespace, deleteNamespace } from "./support/workloads.ts";

const NAMESPACE = "client-e2e";
const RESOURCE = { group: "", version: "v1", plural: "configmaps" };
const PATH = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const FLOW = "/apis/flowcontrol.apiserver.k8s.io/v1";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const log = pino({ level: "silent" });
const plane = suiteStack().cluster("c2");
const stops: (() => void)[] = [];
let admin: Kube;

beforeAll(async () => {
  admin = await plane.admin();
  await createNamespace(admin, NAMESPACE);
});

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

afterAll(async () => {
  await deleteNamespace(admin, NAMESPACE);
  admin.close();
});

async function create(name: string): Promise<void> {
  await admin.request({
    method: "POST",
    path: PATH,
    body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name } },
  });
}

/** A connection through a relay that can be broken. */
async function connectThroughProxy(): Promise<{ kube: Kube; proxy: TcpProxy }> {
  const proxy = await startTcpProxy(plane.port);
  const credentials = await kubeconfigSource(plane.kubeconfig).load();
  const source = staticSource({ ...credentials, server: `https://127.0.0.1:${proxy.port}` });
  const kube = await buildKube({ source, log, userAgent: "client-e2e" });
  stops.push(
    () => kube.close(),
    () => proxy.close(),
  );
  return { kube, proxy };
}

/** Follows the ConfigMaps of the namespace and tells what has come. */
function followNames(
  kube: Kube,
  options: { idleMs?: number } = {},
): { events: WatchEvent<string>[]; names: Set<string> } {
  const stop = new AbortController();
  stops.push(() => stop.abort());
  const decode = (raw: unknown): string => (raw as KubeObject).metadata.name;
  const seen = { events: new Array<WatchEvent<string>>(), names: new Set<string>() };
  const following = (async () => {
    for await (const event of watch(kube, {
      resource: RESOURCE,
      namespace: NAMESPACE,
      decode,
      signal: stop.signal,
      ...options,
    })) {
      seen.events.push(event);
      if (event.type === "Apply" || event.type === "InitApply") seen.names.add(event.object);
    }
  })();
  following.catch((error: unknown) =>
    seen.events.push({ type: "Trouble", error: error as Error, retryInMs: Infinity }),
  );
  return seen;
}

async function untilSeen(names: Set<string>, name: string): Promise<void> {
  await until(`the watch to tell of ${name}`, () => (names.has(name) ? met(undefined) : unmet([...names])), {
    limitMs: 60_000,
  });
}

const lists = (events: WatchEvent<string>[]): number => events.filter(({ type }) => type === "Init").length;

describe("a watch on a real kube-apiserver", () => {
  test("goes on from where it was when its connection is cut, without listing again", async () => {
    const { kube, proxy } = await connectThroughProxy();
    const { events, names } = followNames(kube);
    await create("before-the-cut");
    await untilSeen(names, "before-the-cut");
    proxy.cut();
    await create("after-the-cut");
    await untilSeen(names, "after-the-cut");
    expect(lists(events)).toBe(1);
  });

  test("fault 17: that falls silent is opened again and misses nothing", async () => {
    const { kube, proxy } = await connectThroughProxy();
    const { events, names } = followNames(kube, { idleMs: 1500 });
    await create("before-the-silence");
    await untilSeen(names, "before-the-silence");
    proxy.freeze();
    await create("unheard");
    await untilSeen(names, "unheard");
    expect(events.map(({ type }) => type)).toContain("InitDone");
  });

  test("that is read slowly loses no event and keeps their order", async () => {
    const { kube } = await connectThroughProxy();
    const stop = new AbortController();
    stops.push(() => stop.abort());
    const bulk = "x".repeat(20_000);
    const decode = (raw: unknown): number => Number((raw as { data?: { n?: string } }).data?.n ?? 0);
    const events = watch(kube, {
      resource: RESOURCE,
      namespace: NAMESPACE,
      fieldSelector: "metadata.name=slow",
      decode,
      signal: stop.signal,
    });
    await create("slow");
    const numbers: number[] = [];
    const changes = 300;
    let written = 0;
    for await (const event of events) {
      // The reader stands still until everything has been written: far more than any buffer on the way holds.
      for (; written < changes; written += 1) {
        const body = { data: { n: String(written + 1), bulk } };
        await admin.request({
          method: "PATCH",
          path: `${PATH}/slow`,
          contentType: "application/merge-patch+json",
          body,
        });
      }
      if (event.type === "Apply" || event.type === "InitApply") numbers.push(event.object);
      if (numbers.at(-1) === changes) break;
    }
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(numbers.at(-1)).toBe(changes);
  });
});

describe("a kube-apiserver that refuses with 429", () => {
  const CROWD = 20;
  const crowd = <T>(ask: () => Promise<T>): Promise<T>[] => Array.from({ length: CROWD }, ask);
  const name = "client-e2e-refused";
  const user = "client-e2e-patient";
  const reader = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
  };
  const limited = {
    apiVersion: "flowcontrol.apiserver.k8s.io/v1",
    kind: "PriorityLevelConfiguration",
    metadata: { name },
    spec: {
      type: "Limited",
      limited: {
        nominalConcurrencyShares: 0,
        lendablePercent: 0,
        borrowingLimitPercent: 0,
        limitResponse: { type: "Reject" },
      },
    },
  };
  const schema = {
    apiVersion: "flowcontrol.apiserver.k8s.io/v1",
    kind: "FlowSchema",
    metadata: { name },
    spec: {
      priorityLevelConfiguration: { name },
      matchingPrecedence: 2,
      rules: [
        {
          subjects: [{ kind: "User", user: { name: user } }],
          resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"], clusterScope: true }],
        },
      ],
    },
  };

  test("fault 15: is asked again after what its Retry-After says, until it serves", async () => {
    const impersonated = {
      method: "GET" as const,
      path: PATH,
      headers: { "impersonate-user": user },
    };
    await admin.request({ method: "POST", path: `${RBAC}/namespaces/${NAMESPACE}/rolebindings`, body: reader });
    await admin.request({ method: "POST", path: `${FLOW}/prioritylevelconfigurations`, body: limited });
    await admin.request({ method: "POST", path: `${FLOW}/flowschemas`, body: schema });
    // A level without any share serves one request at a time all the same: only a crowd is refused.
    const refused = await until(
      "the server to refuse",
      async () => {
        const answers = await Promise.allSettled(crowd(() => admin.request(impersonated)));
        const refusal = answers.find(({ status }) => status === "rejected");
        return refusal?.status === "rejected" ? met(refusal.reason) : unmet("all served");
      },
      { limitMs: 30_000 },
    );
    expect(refused).toMatchObject({ status: 429, retryAfterMs: 1000 });

    const signal = AbortSignal.timeout(60_000);
    let tries = 0;
    const patient = async (): Promise<object> => {
      tries += 1;
      return admin.request<object>(impersonated);
    };
    const answers = await Promise.all(crowd(() => withRetry(patient, { deadlineMs: 60_000, signal })));
    expect(answers).toHaveLength(CROWD);
    expect(tries).toBeGreaterThan(CROWD);
    await admin.request({ method: "DELETE", path: `${FLOW}/flowschemas/${name}` });
    await admin.request({ method: "DELETE", path: `${FLOW}/prioritylevelconfigurations/${name}` });
  });
});
