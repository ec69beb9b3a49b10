// An agent on clusters where nothing happens: what it asks for, writes and logs in an hour, and what its probes say.
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Agent } from "../../agent/agent.ts";
import { AgentConfig } from "../../agent/config.ts";
import { AGENT_FAMILIES } from "../../agent/metric-families.ts";
import { linkedController, supervise } from "../../shared/runtime/supervise.ts";
import { Fleet } from "../../manager/fleet/fleet.ts";
import { ApiError } from "../../shared/kube/errors.ts";
import type { KubeRequest } from "../../shared/kube/types.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import { parseConfig } from "../../shared/runtime/config.ts";
import { API_VERSION, reportPath } from "../../shared/wire/group.ts";
import { installKruise, renewLease } from "../fleet/actors/kruise-installation.ts";
import { Registry } from "../fleet/apiserver/registry.ts";
import { QuietKube } from "../support/quiet-kube.ts";
import { listOf } from "../support/scripted-kube.ts";
import { readReportBody } from "../support/report-body.ts";

const HOUR_MS = 3_600_000;
const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const LEASE = "/apis/coordination.k8s.io/v1/namespaces/addons/leases/kruise-health";

/** One CloneSet that is well, and one that has stood still for long. */
const WORKLOADS = [
  { name: "well", ready: 2 },
  { name: "stuck", ready: 1 },
].map(({ name, ready }) => ({
  apiVersion: "apps.kruise.io/v1beta1",
  kind: "CloneSet",
  metadata: {
    name,
    namespace: "shop",
    uid: name,
    generation: 1,
    resourceVersion: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
  },
  spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: { metadata: {}, spec: { containers: [] } } },
  status: {
    observedGeneration: 1,
    replicas: 2,
    readyReplicas: ready,
    availableReplicas: ready,
    updatedReplicas: 2,
    updatedReadyReplicas: ready,
    updatedAvailableReplicas: ready,
  },
}));

function crd(name: string): unknown {
  const version = { name: "v1alpha1", served: true, storage: true };
  const established = { type: "Established", status: "True" };
  return {
    metadata: { name, resourceVersion: "1" },
    spec: { conversion: { strategy: "None" }, versions: [version] },
    status: { conditions: [established] },
  };
}

/** OpenKruise as it is installed and well; its leader renews the Lease whenever somebody looks. */
const installed = new Registry();
installKruise(installed);

function installedObject(path: string): unknown {
  const [, group = "", namespace = "", plural = "", name = ""] =
    /^\/api(?:s\/([^/]+))?\/v1\/(?:namespaces\/([^/]+)\/)?([a-z]+)\/([^/]+)$/.exec(path) ?? [];
  if (plural === "leases") renewLease(installed);
  const found = installed.storage.get(group === "" ? plural : `${plural}.${group}`, namespace, name);
  if (found === undefined) throw new ApiError(`404 ${path} not found`, { status: 404, reason: "NotFound" });
  return found;
}

function managedCluster({ method, path }: KubeRequest): unknown {
  const names = KRUISE_KINDS.map(({ plural, group }) => `${plural}.${group}`);
  if (path === CRDS) return listOf(names.map(crd));
  if (path.startsWith(`${CRDS}/`)) return crd(path.slice(CRDS.length + 1));
  if (path.endsWith("/clonesets")) return listOf(WORKLOADS);
  if (path === LEASE && method === "PATCH") return {};
  return /\/kruise-[a-z-]+$/.test(path) ? installedObject(path) : listOf([]);
}

async function untilAborted({ signal }: KubeRequest): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)));
}

/** A hub and a managed cluster with one agent between them. */
class Scene {
  /** Set: time stands still here, so that a probe can be asked for over a real connection. */
  #frozenMs: number | undefined;
  readonly clock = { monotonicMs: () => this.#nowMs(), wallMs: () => this.#nowMs() };
  readonly fleet = new Fleet({ clock: this.clock, epochMs: 1, staleAfterMs: 90_000, heartbeatMs: 30_000 });
  readonly logged: { level: number; msg: string }[] = [];
  hubIsThere = true;
  conditions: unknown[] = [];
  readonly hub = new QuietKube((request) => {
    if (!this.hubIsThere) throw new ApiError("no answer", { status: 0, reason: "NoAnswer" });
    return this.#answer(request);
  });
  listable = true;
  readonly managed = new QuietKube((request) => {
    const isUnanswered = !this.listable && request.path.endsWith("/sidecarsets");
    return isUnanswered ? untilAborted(request) : managedCluster(request);
  });
  readonly stop = new AbortController();
  readonly listening = Promise.withResolvers<number>();
  ended: Promise<void> = Promise.resolve();

  start(): void {
    this.fleet.expect("c1");
    const given = { CLUSTER_NAME: "c1", POD_NAME: "agent-1", POD_NAMESPACE: "addons", KUBECONFIG: "unused" };
    const config = { ...parseConfig(AgentConfig, given), POD_IP: "127.0.0.1", HEALTH_PORT: 0 };
    const write = (line: string): void => void this.logged.push(JSON.parse(line) as { level: number; msg: string });
    const log = pino({ level: "debug" }, { write });
    const { clock, managed, hub } = this;
    const deps = { log, clock, managed, hub, random: () => 0.5, onListening: this.listening.resolve };
    const stop = linkedController(this.stop.signal);
    this.ended = supervise(new Agent(config, deps, stop.signal).tasks(), stop);
  }

  async probe(path: string): Promise<string> {
    this.#frozenMs ??= Date.now();
    vi.useRealTimers();
    const response = await fetch(`http://127.0.0.1:${await this.listening.promise}${path}`);
    return `${response.status} ${(await response.text()).trim()}`;
  }

  #nowMs(): number {
    return this.#frozenMs ?? Date.now();
  }

  #answer({ method, path, body }: KubeRequest): unknown {
    if (path === reportPath("c1")) {
      const report = readReportBody(body as Buffer);
      return { apiVersion: API_VERSION, kind: "KruiseHealthReport", status: this.fleet.apply("c1", report) };
    }
    if (method === "PATCH") this.conditions = (body as { status: { conditions: unknown[] } }).status.conditions;
    const addon = {
      metadata: { name: "kruise-health", resourceVersion: "1" },
      status: { conditions: this.conditions },
    };
    return method === "GET" ? listOf([addon]) : addon;
  }
}

let scene: Scene;
beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-05-01T00:00:00Z") });
  scene = new Scene();
});
afterEach(async () => {
  scene.stop.abort();
  await scene.ended;
  vi.useRealTimers();
});

const pass = async (ms: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(ms));
/** Names of writes, with how many there were. */
const writes = (counts: Record<string, number>) =>
  Object.fromEntries(Object.entries(counts).filter(([name]) => !/^(?:GET|WATCH) /.test(name)));

describe("an hour in which nothing happens", () => {
  beforeEach(async () => {
    scene.start();
    await pass(HOUR_MS);
    scene.hub.count();
    scene.managed.count();
    scene.logged.length = 0;
  });

  it("writes nothing to etcd but the Lease, which is on the managed cluster, and beats to the hub's memory", async () => {
    expect(scene.fleet.workload("c1", "cloneset.shop.stuck")?.record.h).toBe("Degraded");
    await pass(HOUR_MS);
    const managed = writes(scene.managed.count());
    expect(Object.keys(managed)).toEqual([`PATCH ${LEASE}`]);
    expect(managed[`PATCH ${LEASE}`]).toBeLessThanOrEqual(60);
    const hub = writes(scene.hub.count());
    expect(Object.keys(hub)).toEqual([`POST ${reportPath("c1")}`]);
    expect(hub[`POST ${reportPath("c1")}`]).toBeLessThanOrEqual((HOUR_MS / 30_000) * 1.25);
  });

  it("lists nothing again", async () => {
    await pass(HOUR_MS);
    const lists = Object.keys(scene.managed.count()).filter((name) => name.startsWith("GET /apis/apps.kruise.io"));
    expect(lists).toEqual([]);
  });

  it("logs nothing at info", async () => {
    await pass(HOUR_MS);
    expect(scene.logged.filter(({ level }) => level >= 30)).toEqual([]);
  });

  it("keeps every loop turning", async () => {
    await pass(HOUR_MS);
    expect(await scene.probe("/livez")).toBe("200 ok");
  });
});

describe("/livez", () => {
  it("is alive while neither API server answers, for hours", async () => {
    scene.hubIsThere = false;
    scene.listable = false;
    scene.start();
    await pass(2 * HOUR_MS);
    expect(await scene.probe("/livez")).toBe("200 ok");
  });
});

describe("/readyz", () => {
  it("is ready once and for all: a hub that goes away later changes nothing", async () => {
    scene.start();
    await pass(5000);
    scene.hubIsThere = false;
    await pass(600_000);
    expect(await scene.probe("/readyz")).toBe("200 ok");
  });

  const ways: [string, Partial<Scene>, string][] = [
    ["a kind that cannot be listed yet", { listable: false }, "503 waiting for the first lists"],
    ["a hub that does not answer", { hubIsThere: false }, "503 waiting for the hub's first answer"],
    ["both", { listable: false, hubIsThere: false }, "503 waiting for the first lists, the hub's first answer"],
    ["nothing", {}, "200 ok"],
  ];
  it.each(ways)("waits for %s", async (_what, change, answer) => {
    Object.assign(scene, change);
    scene.start();
    // After ten seconds it reports what it has.
    await pass(12_000);
    expect(await scene.probe("/readyz")).toBe(answer);
  });
});

describe("/metrics", () => {
  it("shows the credentials' end, the watches' age, the lag, and what is held", async () => {
    const endsMs = Date.now() + HOUR_MS;
    Object.assign(scene.hub, { expiry: () => ({ what: "token", identity: "a", endsMs }) });
    scene.start();
    await pass(60_500);
    const metrics = await scene.probe("/metrics");
    for (const line of [
      `ocm_kruise_agent_credentials_expiration_timestamp_seconds{server="hub"} ${endsMs / 1000}`,
      /^ocm_kruise_agent_watch_age_seconds\{kind="CloneSet"\} [\d.]+$/m,
      "ocm_kruise_agent_records 2",
      "ocm_kruise_agent_records_left_out 0",
      /^ocm_kruise_agent_report_lag_seconds_count [1-9]/m,
      /^ocm_kruise_agent_reports_total\{form="snapshot",result="Acknowledged"\} 1$/m,
    ]) {
      expect(metrics).toMatch(line);
    }
    const served = metrics.matchAll(/^# TYPE (ocm_kruise_\S+) (\S+)$/gm).map(([, name, type]) => `${name} ${type}`);
    const listed = Object.values(AGENT_FAMILIES).map(({ name, type }) => `${name} ${type}`);
    expect([...served].toSorted()).toEqual(listed.toSorted());
    expect(metrics).not.toContain('server="managed"');
  });
});
