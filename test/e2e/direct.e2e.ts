// The ways past the hub's kube-apiserver, on the real thing: agents report to the manager with the certificates that OCM gave
// them, readers come with kubectl, a ServiceAccount's token or a client certificate. At the end the hub is as it was.
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildKube } from "../../shared/kube/connection.ts";
import { elsewhereSource, kubeconfigSource } from "../../shared/kube/credentials.ts";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { GROUP, reportPath, VERSION } from "../../shared/wire/group.ts";
import { aReport } from "../../manager/fleet/report.fixture.ts";
import { makeRequest } from "../support/certificate-requests.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { run } from "./harness/commands.ts";
import type { CommandResult } from "./harness/commands.ts";
import { binary } from "./harness/context.ts";
import { met, unmet, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { ADDON, deployAddon, INSTALL_NAMESPACE, untilConditions, untilGone, untilVerdict } from "./support/addon.ts";
import { MANAGER, readRequests } from "./support/audit.ts";
import { variableOf, worksOf } from "./support/configs.ts";
import { leaseHolder, managerPods, scaleManager } from "./support/manager.ts";
import { upgradeRelease } from "./support/release.ts";
import { caOf } from "./support/replica.ts";
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";

const NAMESPACE = "direct-e2e";
const WEB = `cloneset.${NAMESPACE}.web`;
const API_SERVICE = `/apis/apiregistration.k8s.io/v1/apiservices/${VERSION}.${GROUP}`;
const REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const RBAC = "rbac.authorization.k8s.io";
const READER = "open-cluster-management:kruise-health:reader";
const AGENT_OF_C1 = `system:open-cluster-management:cluster:c1:addon:${ADDON}:agent:${ADDON}`;
const API_PORT = 8443;
const SOON = { limitMs: 45_000 };

const stack = suiteStack();
let hub: Kube;
let c1: Kube;
/** What stands for a load balancer: its address stays, whichever manager there is. */
let balancer: TcpProxy;
let url: string;
let folder: string;
let mode = "aggregated";
/** A ServiceAccount that may read cluster c1, and a person who may read cluster c2, as kubectl's flags. */
let board: string[];
let ann: string[];

beforeAll(async () => {
  hub = await stack.hub.admin();
  c1 = await stack.cluster("c1").admin();
  folder = await mkdtemp(join(tmpdir(), "kruise-health-direct-"));
  balancer = await startTcpProxy(async () => ({ host: await addressOfManager(), port: API_PORT }));
  url = `https://127.0.0.1:${balancer.port}`;
  const ready = [
    deployAddon(stack, hub, ["c1", "c2"]),
    createNamespace(hub, NAMESPACE),
    createNamespace(c1, NAMESPACE),
  ];
  await Promise.all(ready);
  await applyCloneSet(c1, { namespace: NAMESPACE, name: "web", replicas: 1 });
  [board, ann] = await Promise.all([openBoard(), introduceAnn()]);
});

afterAll(async () => {
  if (mode !== "aggregated") await change("aggregated");
  const bindings = ["c1", "c2"].map((cluster) =>
    hub.request({ method: "DELETE", path: `/apis/${RBAC}/v1/namespaces/${cluster}/rolebindings/${NAMESPACE}` }),
  );
  await Promise.all([...bindings, deleteNamespace(hub, NAMESPACE), deleteNamespace(c1, NAMESPACE)]);
  balancer.close();
  await rm(folder, { recursive: true });
  hub.close();
  c1.close();
});

async function addressOfManager(): Promise<string> {
  const [pods, holder] = await Promise.all([managerPods(hub), leaseHolder(hub)]);
  const pod = pods.find(({ metadata }) => metadata.name === holder) ?? pods[0];
  return pod?.status.podIP ?? "";
}

/** Upgrades the release, and waits until the new manager has told all agents of the way. */
async function change(next: "aggregated" | "direct" | "both"): Promise<void> {
  mode = next;
  const further = next === "aggregated" ? [] : [`feedback.direct.url=${url}`];
  await upgradeRelease(stack, hub, [`feedback.mode=${next}`, ...further]);
  for (const cluster of ["c1", "c2"]) {
    await until(
      `the agent of ${cluster} to be told of mode ${next}`,
      async () => {
        const told = variableOf(await worksOf(hub, cluster), "FEEDBACK_URL");
        return told === (next === "aggregated" ? undefined : url) ? met(told) : unmet(told ?? "nothing");
      },
      SOON,
    );
    await untilConditions(hub, cluster, {
      ManifestApplied: "True/",
      Progressing: "False/Completed",
      Reporting: "True/",
    });
  }
}

async function grant(cluster: string, subject: object): Promise<void> {
  const binding = {
    apiVersion: `${RBAC}/v1`,
    kind: "RoleBinding",
    metadata: { name: NAMESPACE, namespace: cluster },
    roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: READER },
    subjects: [subject],
  };
  await hub.request({ method: "POST", path: `/apis/${RBAC}/v1/namespaces/${cluster}/rolebindings`, body: binding });
}

async function openBoard(): Promise<string[]> {
  await output(stack.kubectl("hub", "create", "serviceaccount", "board", "-n", NAMESPACE));
  await grant("c1", { kind: "ServiceAccount", namespace: NAMESPACE, name: "board" });
  const token = await output(stack.kubectl("hub", "create", "token", "board", "-n", NAMESPACE));
  return ["--token", token.trim()];
}

/** A client certificate of the hub, by a signing request as anybody makes it. */
async function introduceAnn(): Promise<string[]> {
  const { request, key } = await makeRequest({ cn: "direct-ann", organizations: ["direct-team"] });
  const name = NAMESPACE;
  const spec = {
    request: Buffer.from(request).toString("base64"),
    signerName: "kubernetes.io/kube-apiserver-client",
    usages: ["digital signature", "key encipherment", "client auth"],
  };
  const body = { apiVersion: "certificates.k8s.io/v1", kind: "CertificateSigningRequest", metadata: { name }, spec };
  await hub.request({ method: "POST", path: REQUESTS, body });
  await output(stack.kubectl("hub", "certificate", "approve", name));
  const cert = await until(
    "the certificate of ann",
    async () => {
      const { status } = await hub.request<{ status?: { certificate?: string } }>({
        method: "GET",
        path: `${REQUESTS}/${name}`,
      });
      return status?.certificate === undefined ? unmet(status) : met(status.certificate);
    },
    SOON,
  );
  await hub.request({ method: "DELETE", path: `${REQUESTS}/${name}` });
  await grant("c2", { apiGroup: RBAC, kind: "Group", name: "direct-team" });
  const [certFile, keyFile] = [join(folder, "ann.crt"), join(folder, "ann.key")];
  await writeFile(certFile, Buffer.from(cert, "base64"));
  await writeFile(keyFile, key);
  return ["--client-certificate", certFile, "--client-key", keyFile];
}

/** kubectl at the balancer's address, with nothing of the hub's own kubeconfig. */
async function kubectl(who: string[], ...args: string[]): Promise<CommandResult> {
  const ca = join(folder, "ca.crt");
  await writeFile(ca, await caOf(hub));
  const flags = ["--server", url, "--certificate-authority", ca, ...who];
  const env = { ...stack.data.env, KUBECONFIG: "/dev/null" };
  return run(binary(stack.binaries, "kubectl"), [...flags, ...args], { env });
}

async function untilRead(who: string[], args: string[], wanted: string): Promise<void> {
  await until(
    `kubectl ${args.join(" ")} to show ${wanted}`,
    async () => {
      const { stdout, stderr } = await kubectl(who, ...args);
      return stdout.includes(wanted) ? met(stdout) : unmet(stderr || stdout);
    },
    SOON,
  );
}

async function expectForbidden(who: string[], ...args: string[]): Promise<void> {
  const { code, stderr } = await kubectl(who, ...args);
  expect([code, stderr], args.join(" ")).toEqual([1, expect.stringContaining("(Forbidden)")]);
}

/** What agents have sent through kube-apiserver since then: from its audit log. */
async function reportsThroughHub(sinceMs: number): Promise<number> {
  const requests = await readRequests(stack.hub, AGENT_OF_C1);
  return requests.filter(({ resource, atMs }) => resource === "kruisehealthreports" && atMs >= sinceMs).length;
}

/** The files that OCM made for the agent of c1, used at the balancer's address. */
async function beAgentOfC1(): Promise<Kube> {
  const secret = await c1.request<KubeObject & { data: Record<string, string> }>({
    method: "GET",
    path: `/api/v1/namespaces/${INSTALL_NAMESPACE}/secrets/kruise-health-hub-kubeconfig`,
  });
  for (const [name, content] of Object.entries(secret.data)) {
    await writeFile(join(folder, name), Buffer.from(content, "base64"));
  }
  const source = kubeconfigSource(join(folder, "kubeconfig"));
  const address = { server: url, ca: await caOf(hub), origin: "the suite" };
  return buildKube({
    source: elsewhereSource(source, address),
    log: pino({ level: "silent" }),
    userAgent: "e2e",
  });
}

async function logsBelow(...parts: string[]): Promise<string> {
  const below = join(stack.logsDir, "pods", ...parts);
  const files = await readdir(below, { recursive: true });
  const texts = files.map((file) => readFile(join(below, file), "utf8").catch(() => ""));
  return (await Promise.all(texts)).join("\n");
}

test("both: agents report past kube-apiserver with OCM's certificates, readers take either way", async () => {
  await change("both");
  await untilVerdict(hub, "c1", WEB, "Healthy/AllAvailable");
  const sinceMs = Date.now();
  await applyCloneSet(c1, { namespace: NAMESPACE, name: "web", replicas: 2 });
  await until(
    "the change to be on the hub",
    async () => {
      const { status } = await untilVerdict(hub, "c1", WEB, "Healthy/AllAvailable");
      return status.message.startsWith("2 of 2") ? met(status) : unmet(status);
    },
    SOON,
  );
  expect(await reportsThroughHub(sinceMs)).toBe(0);
  await untilRead(board, ["get", "kruiseworkloads", "-n", "c1"], "web");

  const agent = await beAgentOfC1();
  const recall = { method: "POST", body: aReport([], { form: "recall" }) } as const;
  await expect(agent.request({ ...recall, path: reportPath("c1") })).resolves.toMatchObject({ status: {} });
  await expect(agent.request({ ...recall, path: reportPath("c2") })).rejects.toMatchObject({ status: 403 });
  agent.close();
});

test("direct: no APIService; kubectl reads with a token or a certificate what RBAC gives, and no more", async () => {
  await change("direct");
  await untilGone(hub, API_SERVICE);
  await untilRead(board, ["get", "kwl", "-n", "c1"], "web");
  await untilRead(ann, ["get", "kcl", "-n", "c2"], "c2");
  const wide = await output(kubectl(board, "get", "kwl", WEB, "-n", "c1", "-o", "wide"));
  expect(wide).toContain("AllAvailable");
  await Promise.all([
    expectForbidden(board, "get", "kwl", "-A"),
    expectForbidden(board, "get", "kcl", "-n", "c2"),
    expectForbidden(ann, "get", "kwl", "-n", "c1"),
    expectForbidden(ann, "get", "kfw"),
  ]);
  const forged = await kubectl(["--token", "made-up"], "get", "--raw", `/apis/${GROUP}/${VERSION}/kruiseworkloads`);
  expect(forged.stderr).toMatch(/Unauthorized|must be logged in/);
  await output(kubectl(board, "wait", "-n", "c1", `kwl/${WEB}`, "--for=condition=Healthy", "--timeout=20s"));
  await untilConditions(hub, "c1", { WorkloadsHealthy: "True/", KruiseReady: "True/", Reporting: "True/" });

  const reviews = (await readRequests(stack.hub, MANAGER)).filter(({ resource }) => resource === "tokenreviews");
  expect(new Set(reviews.map(({ verb, code }) => `${verb} ${code}`))).toEqual(new Set(["create 201"]));
  const [, token = ""] = board;
  const logs = await logsBelow("hub");
  expect(logs.length).toBeGreaterThan(1000);
  expect(logs).not.toContain(token);
});

test("direct: without any manager the hub deletes namespaces as if the add-on were not there", async () => {
  await scaleManager(hub, 0);
  await createNamespace(hub, `${NAMESPACE}-gone`);
  await deleteNamespace(hub, `${NAMESPACE}-gone`);
  await untilGone(hub, `/api/v1/namespaces/${NAMESPACE}-gone`, 20_000);
  await scaleManager(hub, 1);
});

test("aggregated again: the APIService is back, and agents report through kube-apiserver", async () => {
  await change("aggregated");
  const sinceMs = Date.now();
  await untilVerdict(hub, "c1", WEB, "Healthy/AllAvailable");
  await expect.poll(() => reportsThroughHub(sinceMs), { timeout: 20_000, interval: 200 }).toBeGreaterThan(0);
  expect(await output(stack.kubectl("hub", "get", "kwl", WEB, "-n", "c1"))).toContain("web");
});
