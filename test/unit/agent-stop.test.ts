// The agent's end as a process: it tells the hub what is left to tell, and goes in time whatever hangs.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createHub } from "node:https";
import type { Server } from "node:https";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Fleet } from "../../manager/fleet/fleet.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { API_VERSION, reportPath } from "../../shared/wire/group.ts";
import { installKruiseDefinitions } from "../fleet/actors/definitions.ts";
import { startApiServer } from "../fleet/apiserver/server.ts";
import type { ApiServer } from "../fleet/apiserver/server.ts";
import { makeAuthority } from "../support/certificates.ts";
import { readReportBody } from "../support/report-body.ts";
import { cloneSet, shop } from "../fleet/workloads.ts";

/** What an agent may take to stop; the kubelet gives it more. */
const STOP_MS = 5_000;
/** Pace that the hub asks for: a change waits for long, so that one is left when the agent stops. */
const PACE_MS = 60_000;

let dir: string;
let managed: ApiServer;
let hub: Server;
let fleet: Fleet;
let hangs: boolean;
let child: ChildProcess;
let port: number;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "kruise-health-stop-"));
  hangs = false;
  managed = await startApiServer({ name: "c1" });
  installKruiseDefinitions(managed.registry);
  managed.registry.create(shop(), { manager: "user" });
  await startHub();
  await startAgent();
});

afterEach(async () => {
  child.kill("SIGKILL");
  hub.closeAllConnections();
  hub.close();
  await managed.close();
  await rm(dir, { recursive: true });
});

/** A hub that takes in reports as the manager does, and says 404 to the rest. */
async function startHub(): Promise<void> {
  fleet = new Fleet({ clock: systemClock, epochMs: Date.now(), staleAfterMs: 90_000, heartbeatMs: PACE_MS });
  fleet.expect("c1");
  const authority = await makeAuthority("hub");
  hub = createHub(await authority.issue({ cn: "hub", ips: ["127.0.0.1"], server: true }), (request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      if (hangs) return;
      if (request.url !== reportPath("c1")) return void response.writeHead(404).end();
      const report = readReportBody(Buffer.concat(chunks));
      const status = { ...fleet.apply("c1", report), paceMs: PACE_MS };
      response.end(JSON.stringify({ apiVersion: API_VERSION, kind: "KruiseHealthReport", status }));
    })();
  }).listen(0, "127.0.0.1");
  await once(hub, "listening");
  await write("hub", `https://127.0.0.1:${(hub.address() as AddressInfo).port}`, authority.cert, "hub-token");
}

async function startAgent(): Promise<void> {
  const token = managed.authentication.issueToken({ name: "agent", groups: ["system:masters"] });
  await write("managed", managed.url, managed.ca, token);
  port = await freePort();
  const env = {
    CLUSTER_NAME: "c1",
    POD_NAME: "agent-1",
    POD_NAMESPACE: "default",
    POD_IP: "127.0.0.1",
    HEALTH_PORT: String(port),
    KUBECONFIG: join(dir, "managed"),
    HUB_KUBECONFIG: join(dir, "hub"),
  };
  child = spawn(process.execPath, [join(import.meta.dirname, "../../agent/main.ts")], { env, stdio: "ignore" });
  await expect.poll(() => fleet.cluster("c1")?.state, { timeout: 15_000 }).toBe("Fresh");
}

async function write(name: string, server: string, ca: string, token: string): Promise<void> {
  const cluster = { server, "certificate-authority-data": Buffer.from(ca).toString("base64") };
  const kubeconfig = {
    "current-context": "a",
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
    clusters: [{ name: "a", cluster }],
    users: [{ name: "a", user: { token } }],
  };
  await writeFile(join(dir, name), JSON.stringify(kubeconfig), { mode: 0o600 });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const free = (server.address() as AddressInfo).port;
  server.close();
  return free;
}

/** Creates a workload and waits until the agent knows it; the hub does not yet. */
async function leaveSomethingToTell(): Promise<void> {
  managed.registry.create(cloneSet({ name: "web", image: "web:1" }), { manager: "user" });
  const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  await expect.poll(metrics, { timeout: 5000 }).toContain("ocm_kruise_agent_records 1");
  expect(fleet.workloadCount("c1")).toBe(0);
}

async function stop(): Promise<{ code: unknown; tookMs: number }> {
  const startMs = performance.now();
  child.kill("SIGTERM");
  const [code] = (await once(child, "exit")) as [unknown];
  return { code, tookMs: performance.now() - startMs };
}

describe("an agent that is told to stop", () => {
  it("sends the last changes first, then goes", async () => {
    await leaveSomethingToTell();
    const { code, tookMs } = await stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(STOP_MS);
    expect(fleet.workload("c1", "cloneset.shop.web")?.record.n).toBe("web");
  }, 30_000);

  it("goes in time when the hub does not answer", async () => {
    await leaveSomethingToTell();
    hangs = true;
    const { code, tookMs } = await stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(STOP_MS);
  }, 30_000);
});
