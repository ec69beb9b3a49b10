// The agent behind a proxy: its config names one, and all that it tells the hub goes through it.
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Kube } from "../../shared/kube/types.ts";
import { makeAuthority } from "../support/certificates.ts";
import { startConnectProxy } from "../support/connect-proxy.ts";
import type { ConnectProxy } from "../support/connect-proxy.ts";
import { suiteStack } from "./harness/suite.ts";
import { enableAddon, untilConditions, untilVerdict, workloadsPath } from "./support/addon.ts";
import type { Workload } from "./support/addon.ts";
import { nameConfigs, untilComplete, variableOf, writeConfig } from "./support/configs.ts";
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";

const NAMESPACE = "proxy-e2e";
const CONFIG = `${NAMESPACE}/proxied`;
const WEB = `cloneset.${NAMESPACE}.web`;
const PASSWORD = "pass-word-of-the-proxy";
const stack = suiteStack();
let hub: Kube;
let c1: Kube;
let proxy: ConnectProxy;

beforeAll(async () => {
  hub = await stack.hub.admin();
  c1 = await stack.cluster("c1").admin();
  const authority = await makeAuthority("proxy-ca");
  proxy = await startConnectProxy(await authority.issue({ cn: "proxy", ips: ["127.0.0.1"], server: true }));
  await Promise.all([enableAddon(stack, hub, ["c1"]), createNamespace(hub, NAMESPACE), createNamespace(c1, NAMESPACE)]);
  await writeConfig(hub, CONFIG, {
    proxyConfig: {
      httpsProxy: `https://agent:${PASSWORD}@127.0.0.1:${proxy.port}`,
      noProxy: "10.0.0.0/8,.cluster.local",
      caBundle: Buffer.from(authority.cert).toString("base64"),
    },
  });
});

afterAll(async () => {
  await nameConfigs(hub, "c1");
  await untilConditions(hub, "c1", { Progressing: "False/Completed", Reporting: "True/" });
  await Promise.all([deleteNamespace(hub, NAMESPACE), deleteNamespace(c1, NAMESPACE)]);
  await proxy.close();
  hub.close();
  c1.close();
});

/** Everything that the agents of c1 have logged. */
async function agentLog(): Promise<string> {
  const folder = join(stack.logsDir, "pods", "c1");
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.includes("kruise-health-agent"));
  const texts = files.map((file) => readFile(join(folder, file), "utf8").catch(() => ""));
  return (await Promise.all(texts)).join("\n");
}

test("21: the agent reports through the proxy that its config names", async () => {
  await nameConfigs(hub, "c1", CONFIG);
  const { works } = await untilComplete(hub, "c1", CONFIG);
  expect(variableOf(works, "NO_PROXY")).toBe("10.0.0.0/8,.cluster.local");
  await expect.poll(() => proxy.asked.length, { timeout: 30_000 }).toBeGreaterThan(0);
  await applyCloneSet(c1, { namespace: NAMESPACE, name: "web", replicas: 1 });
  await untilVerdict(hub, "c1", WEB, "Healthy/AllAvailable");
  await untilConditions(hub, "c1", { Reporting: "True/", WorkloadsHealthy: "True/" });

  // Of the cluster's own API server the proxy has heard nothing.
  expect(new Set(proxy.asked)).toEqual(new Set([`127.0.0.1:${stack.hub.port}`]));
  const identity = Buffer.from(`agent:${PASSWORD}`).toString("base64");
  expect(new Set(proxy.authorizations)).toEqual(new Set([`Basic ${identity}`]));

  // A proxy that lets nobody through is named in the log, and what happened meanwhile is told once it does again.
  proxy.answer = 503;
  proxy.cut();
  await applyCloneSet(c1, { namespace: NAMESPACE, name: "web", replicas: 1, nodeSelector: { no: "node" } });
  const sentence = `proxy ${proxy.url} does not connect to 127.0.0.1:${stack.hub.port}: 503 Service Unavailable`;
  await expect.poll(agentLog, { timeout: 30_000, interval: 200 }).toContain(sentence);
  const row = await hub.request<Workload>({ method: "GET", path: `${workloadsPath("c1")}/${WEB}` });
  expect(row.status.health).not.toBe("Progressing");
  proxy.answer = 200;
  await untilVerdict(hub, "c1", WEB, "Progressing/");
  const log = await agentLog();
  expect(log).not.toContain(PASSWORD);
  expect(log).not.toContain(identity);
});
