// What the hub's bench stands on: the real manager as a process of its own, with the bundle, flags and environment of its
// image, on the local fleet's API server with any number of ManagedClusterAddOns. The hub's side of OCM is played; no
// klusterlet is: the agent's works are written, and nobody answers for them. Reports and readers come to the manager's own
// port with the front-proxy certificate, as from kube-apiserver.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { pino } from "pino";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import { buildDashboard, bundleOptions } from "../build.ts";
import { lookAt, until } from "../e2e/harness/polling.ts";
import { Ports } from "../e2e/harness/ports.ts";
import { readImageConfig } from "../e2e/kubelet/image.ts";
import { WORKS } from "../fleet/actors/hub.ts";
import { serviceAccountUser } from "../fleet/apiserver/authentication.ts";
import { Hub } from "../fleet/hub.ts";
import { makeAuthority } from "../support/certificates.ts";
import type { Authority } from "../support/certificates.ts";
import type { Target } from "./hub-lanes.ts";
import { clusterName } from "./hub-reports.ts";
import { machineMs } from "./process-figures.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAMESPACE = "kruise-health";
const SECRET = "kruise-health-serving";
const PROXY = "front-proxy";
const LOG = "manager.log";
/** As the image's flags say it of the pod's memory limit. */
const HEAP_SHARE = /--max-old-space-size-percentage=(\d+)/;
const READY_MS = 120_000;
const LOOK_MS = 100;
/** The controllers are at rest when nothing was written on the hub for so long. */
const QUIET_MS = 5_000;
const QUIET_LIMIT_MS = 1_800_000;
const STOP_MS = 10_000;

export interface StageOptions {
  clusters: number;
  /** The pod's memory limit, in MB. */
  memory: number;
  /** Further flags of node. */
  flags?: readonly string[];
}

/** A manager's process. */
export interface ManagerProcess {
  pid: number;
  /** When it was started, on the machine's monotonic clock. */
  startedMs: number;
  target: Target;
  stop(): Promise<void>;
}

export class HubStage {
  readonly #hub: Hub;
  readonly #dir: string;
  readonly #options: StageOptions;
  readonly #proxy: Authority;
  readonly #ports = new Ports();
  /** Managers that are to end. */
  readonly #stopping = new Set<ChildProcess>();

  private constructor(hub: Hub, dir: string, proxy: Authority, options: StageOptions) {
    this.#hub = hub;
    this.#dir = dir;
    this.#proxy = proxy;
    this.#options = options;
  }

  /** Starts the hub with its clusters, and lets a manager do there what it does once in a hub's life. */
  static async start(options: StageOptions): Promise<HubStage> {
    const dir = await mkdtemp(join(tmpdir(), "kruise-health-bench-"));
    const { manager } = bundleOptions.entryPoints;
    await build({ ...bundleOptions, entryPoints: { manager }, outdir: dir, outExtension: { ".js": ".mjs" } });
    await buildDashboard(join(dir, "dashboard"));
    const hub = await Hub.start({ log: pino({ level: "silent" }), environment: {}, settings: {} });
    const stage = new HubStage(hub, dir, await makeAuthority(PROXY), options);
    stage.#trustOurProxy();
    for (let index = 0; index < options.clusters; index += 1) {
      stage.#enable(clusterName(index));
      if (index % 100 === 0) await new Promise(setImmediate);
    }
    const manager1 = await stage.startManager();
    await stage.untilQuiet();
    await manager1.stop();
    return stage;
  }

  get frontProxyCa(): string {
    return this.#proxy.cert;
  }

  /** The certificate with which the manager serves. */
  get serving(): { cert: string; key: string } {
    const { "tls.crt": cert = "", "tls.key": key = "" } = this.#secret();
    return { cert, key };
  }

  /** Starts the manager. It may not lead yet. */
  async startManager(): Promise<ManagerProcess> {
    const image = readImageConfig(await readFile(join(ROOT, "Dockerfile.manager"), "utf8"));
    const apiPort = await this.#ports.take();
    const heapMegabytes = (Number(HEAP_SHARE.exec(image.env["NODE_OPTIONS"] ?? "")?.[1]) / 100) * this.#options.memory;
    const nodeOptions = image.env["NODE_OPTIONS"]?.replace(
      HEAP_SHARE,
      `--max-old-space-size=${heapMegabytes.toFixed(0)}`,
    );
    const healthPort = await this.#ports.take();
    const env = {
      ...image.env,
      NODE_OPTIONS: nodeOptions,
      KUBECONFIG: await this.#writeKubeconfig(),
      POD_NAME: "kruise-health-manager-bench",
      POD_NAMESPACE: NAMESPACE,
      POD_IP: "127.0.0.1",
      API_PORT: String(apiPort),
      HEALTH_PORT: String(healthPort),
      AGENT_IMAGE: "kruise-health-agent:bench",
      // While something else is measured, simulated agents say nothing.
      STALE_AFTER_SECONDS: "7200",
    };
    const log = openSync(join(this.#dir, LOG), "a");
    const args = [...(this.#options.flags ?? []), join(this.#dir, "manager.mjs")];
    const startedMs = machineMs();
    const child = spawn(process.execPath, args, { env, cwd: this.#dir, stdio: ["ignore", log, log] });
    child.once("exit", (code) => this.#ended(child, code));
    await until(
      "the manager to be ready",
      async () => {
        const answer = await fetch(`http://127.0.0.1:${healthPort}/readyz`);
        return lookAt(answer.status === 200, await answer.text());
      },
      { limitMs: READY_MS, everyMs: LOOK_MS },
    );
    const ca = this.#secret()["ca.crt"] ?? "";
    const target = {
      port: apiPort,
      servername: `${ADDON_NAME}.${NAMESPACE}.svc`,
      ca,
      ...(await this.#proxyCertificate()),
    };
    return { pid: child.pid ?? Number.NaN, startedMs, target, stop: async () => this.#stop(child) };
  }

  async #proxyCertificate(): Promise<{ cert: string; key: string }> {
    return this.#proxy.issue({ cn: PROXY, client: true });
  }

  async close(): Promise<void> {
    await this.#hub.close();
    await rm(this.#dir, { recursive: true, force: true });
  }

  /** The hub's own front-proxy certificate stays with the hub: the bench plays one of its own. */
  #trustOurProxy(): void {
    const { registry } = this.#hub.server;
    const type = registry.type("", "configmaps");
    if (type === undefined) throw new Error("The hub knows no ConfigMaps");
    const key = { namespace: "kube-system", name: "extension-apiserver-authentication" };
    const change = (current: object): never => {
      const { data } = current as { data: object };
      return { ...current, data: { ...data, "requestheader-client-ca-file": this.#proxy.cert } } as never;
    };
    registry.update(type, key, change, { manager: "bench" });
  }

  #enable(cluster: string): void {
    this.#hub.join(cluster);
    const object = {
      apiVersion: "addon.open-cluster-management.io/v1alpha1",
      kind: "ManagedClusterAddOn",
      metadata: { name: ADDON_NAME, namespace: cluster },
      spec: {},
    };
    this.#hub.server.registry.create(object, { manager: "clusteradm" });
  }

  #secret(): Record<string, string> {
    const { storage } = this.#hub.server.registry;
    const secret = storage.get("secrets", NAMESPACE, SECRET) as { data?: Record<string, string> } | undefined;
    const decoded = Object.entries(secret?.data ?? {}).map(([name, text]): [string, string] => {
      return [name, Buffer.from(text, "base64").toString()];
    });
    return Object.fromEntries(decoded);
  }

  async #writeKubeconfig(): Promise<string> {
    const { url: server, ca, authentication } = this.#hub.server;
    const token = authentication.issueToken(serviceAccountUser(NAMESPACE, "kruise-health-manager"));
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        { name: "hub", cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") } },
      ],
      users: [{ name: "manager", user: { token } }],
      contexts: [{ name: "hub", context: { cluster: "hub", user: "manager" } }],
      "current-context": "hub",
    };
    const file = join(this.#dir, "kubeconfig");
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    return file;
  }

  /** Waits until the works of all clusters are written and no add-on is any more: a manager writes on each that reports arrive. */
  async untilQuiet(): Promise<void> {
    const { storage } = this.#hub.server.registry;
    let lastWriteMs = machineMs();
    const stop = storage.subscribe("managedclusteraddons.addon.open-cluster-management.io", () => {
      lastWriteMs = machineMs();
    });
    await until(
      "the manager to have prepared every cluster",
      () => {
        const works = storage.list(WORKS).length;
        const isDone = works >= this.#options.clusters && machineMs() - lastWriteMs > QUIET_MS;
        return lookAt(isDone, `${works} works`);
      },
      { limitMs: QUIET_LIMIT_MS, everyMs: QUIET_MS / 5 },
    );
    stop();
  }

  /** Nothing that waits for a manager can go on without it. */
  #ended(child: ChildProcess, code: number | null): void {
    if (this.#stopping.has(child)) return;
    const lastLine = readFileSync(join(this.#dir, LOG), "utf8").trimEnd().split("\n").at(-1);
    console.error(`The manager has ended with ${code}: ${lastLine}`);
    rmSync(this.#dir, { recursive: true, force: true });
    process.exit(1);
  }

  async #stop(child: ChildProcess): Promise<void> {
    this.#stopping.add(child);
    if (child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(timer);
  }
}
