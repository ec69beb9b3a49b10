// The doctor against the local fleet: healthy, and with one fault after another. Of each fault the right step is named,
// with what to type next.
import { partialDeepStrictEqual } from "node:assert";
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parseArguments } from "../../manager/doctor/arguments.ts";
import type { Result } from "../../manager/doctor/check.ts";
import { runDoctor } from "../../manager/doctor/run.ts";
import { writeStatus } from "./actors/conditions.ts";
import { ADDONS, WORKS } from "./actors/hub.ts";
import type { ApiObject } from "./apiserver/json.ts";
import { startFleet } from "./fleet.ts";
import type { LocalFleet } from "./fleet.ts";
import { conditions } from "./hub-views.ts";
import { strangersRequest } from "./strangers-request.ts";

const SOON = { timeout: 20_000, interval: 50 };
const AGENT_NAMESPACE = "open-cluster-management-agent-addon";
const log = pino({ level: process.env["FLEET_LOG"] ?? "silent" });

let fleet: LocalFleet;
let managedKubeconfig: string;

/** The manager's Deployment, as the chart makes it and its controller reports of it: here the manager is no pod. */
function managerDeployment(): ApiObject {
  const labels = { "app.kubernetes.io/name": "kruise-health", "app.kubernetes.io/component": "manager" };
  const containers = [{ name: "manager", image: "kruise-health-manager:local" }];
  const spec = { serviceAccountName: "kruise-health-manager", containers };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "kruise-health", namespace: "kruise-health", labels },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

beforeAll(async () => {
  fleet = await startFleet({ clusters: ["c1", "c2"], speed: 20, log });
  const { registry } = fleet.hub.server;
  const deployment = registry.create(managerDeployment(), { manager: "helm" });
  writeStatus(registry, deployment, "deployment-controller", { fields: { replicas: 1, readyReplicas: 1 } });
  fleet.enable("c1");
  const { server } = fleet.cluster("c1");
  const token = server.authentication.issueToken({ name: "admin", groups: ["system:masters"] });
  const ca = Buffer.from(server.ca).toString("base64");
  managedKubeconfig = join(fleet.files.directory, "c1.kubeconfig");
  const config = {
    clusters: [{ name: "c1", cluster: { server: server.url, "certificate-authority-data": ca } }],
    users: [{ name: "admin", user: { token } }],
    contexts: [{ name: "c1", context: { cluster: "c1", user: "admin" } }],
    "current-context": "c1",
  };
  await writeFile(managedKubeconfig, JSON.stringify(config));
  const settled = {
    Available: "True/ManagedClusterAddOnLeaseUpdated",
    Progressing: "False/Completed",
    Reporting: "True/ReportsArrive",
    KruiseReady: "True/Ready",
    WorkloadsHealthy: "True/AllHealthy",
  };
  await vi.waitFor(async () => partialDeepStrictEqual(await conditions(fleet.kube, "c1"), settled), SOON);
});
afterAll(async () => fleet.stop());

const HERE = { program: "doctor", defaultKubeconfig: undefined, pod: undefined, coloured: false };

/** Runs the doctor; gives every check by its name as "state: what it saw", and the code. */
async function doctor(...argv: string[]): Promise<{ code: number; results: Result[]; seen: Record<string, string> }> {
  const line = parseArguments(["--kubeconfig", fleet.files.kubeconfig, "-o", "json", ...argv]);
  if (line.do !== "check") throw new Error("a look was asked for");
  const { code, stdout } = await runDoctor(line.wanted, HERE);
  const results = JSON.parse(stdout) as Result[];
  return {
    code,
    results,
    seen: Object.fromEntries(results.map(({ check, state, saw }) => [check, `${state}: ${saw}`])),
  };
}

const both = () => ["--cluster", "c1", "--managed-kubeconfig", managedKubeconfig];
const next = ({ results }: { results: Result[] }, name: string) => results.find(({ check }) => check === name)?.next;

/** Makes the aggregation layer look at the API at once: by itself it does so every half minute. The leader undoes the change. */
function touchApiService(): void {
  const { registry } = fleet.hub.server;
  const type = registry.typeOf({ apiVersion: "apiregistration.k8s.io/v1", kind: "APIService" });
  const name = "v1alpha1.kruise-health.open-cluster-management.io";
  const touch = (current: ApiObject): ApiObject => ({
    ...current,
    spec: { ...(current.spec as object), versionPriority: 99 },
  });
  registry.update(type, { namespace: "", name }, touch, { manager: "test" });
}

/** The real command as a process. */
async function command(argv: string[], env: NodeJS.ProcessEnv = {}) {
  const root = join(import.meta.dirname, "../..");
  const child = spawn(process.execPath, ["--import", "tsx", "manager/doctor/main.ts", ...argv], {
    cwd: root,
    env: { ...env, HOME: fleet.files.directory },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const code = new Promise<number | null>((done) => child.once("close", done));
  const read = (stream: Readable) => text(stream);
  const [stdout, stderr] = await Promise.all([read(child.stdout), read(child.stderr)]);
  return { code: await code, stdout, stderr };
}

describe("a healthy fleet", () => {
  test("is ok step by step, and the command ends with 0", async () => {
    const { code, stdout, stderr } = await command(both(), { KUBECONFIG: fleet.files.kubeconfig });
    const bad = stdout.split("\n").filter((line) => /^(warning|failed|skipped)/.test(line));
    expect(bad).toEqual([]);
    expect(stdout).toMatch(/^HUB\nok +connection +Kubernetes v/);
    expect(stdout).toContain("\nCLUSTER c1, as the hub sees it\n");
    expect(stdout).toContain("\nCLUSTER c1 itself\n");
    expect(stderr).toMatch(/^\d+ checks: \d+ ok\n$/);
    expect(code).toBe(0);
  });

  test("a hub alone is looked at when no cluster is named; json gives each check in four words", async () => {
    const { code, results } = await doctor();
    expect(code).toBe(0);
    expect(results.map(({ check }) => check)).toEqual([
      "connection",
      "own rights",
      "OCM API",
      "ClusterManagementAddOn",
      "manager",
      "leader",
      "feedback API",
      "namespace deletion",
      "serving certificate",
      "manager's rights",
    ]);
    expect(Object.keys(results[0] ?? {})).toEqual(["check", "state", "saw", "next"]);
  });

  test("looking changes nothing", async () => {
    const { registry } = fleet.hub.server;
    const versions = () =>
      [ADDONS, WORKS].flatMap((type) => registry.storage.list(type)).map(({ metadata }) => metadata);
    const before = versions();
    await doctor(...both());
    expect(versions()).toEqual(before);
  });
});

describe("the command line", () => {
  test.each([
    [["--colour"], "Unknown option '--colour'"],
    [["c1"], "Unexpected argument 'c1'"],
    [["-o", "yaml"], "There is no output 'yaml': table or json is wanted"],
    [["--managed-kubeconfig", "f"], "--managed-kubeconfig and --managed-context want --cluster: whose are they?"],
  ])("ends with 2 and says what is wrong with %j", async (argv, sentence) => {
    const { code, stdout, stderr } = await command(argv);
    expect({ code, stdout, sentence: stderr.split("\n")[0] }).toEqual({ code: 2, stdout: "", sentence });
  });
});

describe("a fault", () => {
  test("in the kubeconfig ends the look there", async () => {
    const { code, stderr, stdout } = await command(["--kubeconfig", "gone.yaml"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/failed +connection +Cannot use kubeconfig .*gone\.yaml: it cannot be read \(ENOENT\)/);
    expect(stderr).toBe('10 checks: 1 failed, 9 skipped; begin with "connection"\n');
  });

  test("of a cluster that nobody knows, and of one without the add-on, is told with the way to enable it", async () => {
    const unknown = await doctor("--cluster", "c9");
    expect(unknown.seen).toMatchObject({
      ManagedCluster: 'failed: the hub knows no managed cluster "c9"',
      "add-on enabled": 'skipped: because of "ManagedCluster"',
      reports: 'skipped: because of "ManagedCluster"',
    });
    const without = await doctor("--cluster", "c2");
    expect(without.seen).toMatchObject({
      ManagedCluster: "ok: accepted, joined and available",
      "add-on enabled": "failed: the add-on is not enabled on this cluster",
      registration: 'skipped: because of "add-on enabled"',
    });
    expect(next(without, "add-on enabled")).toBe(
      `clusteradm addon enable --names kruise-health --clusters c2 --kubeconfig ${fleet.files.kubeconfig}`,
    );
    expect([unknown.code, without.code]).toEqual([1, 1]);
  });

  test("of a stranger's signing request is a warning beside good credentials", async () => {
    const { registry } = fleet.hub.server;
    const csr = strangersRequest();
    registry.create(csr, { manager: "user", user: { name: "mallory", groups: [] } });
    const look = await doctor("--cluster", "c1");
    expect(look.seen["signing requests"]).toBe(
      'warning: strange waits: not approved, because requester "mallory" is not the klusterlet of cluster "c1"',
    );
    expect(next(look, "signing requests")).toMatch(/ describe certificatesigningrequests strange$/);
    expect(look.code).toBe(0);
    registry.delete(registry.typeOf(csr), { namespace: "", name: "strange" });
  });

  test("of a manager that may not approve leaves the request waiting, and the rest waits for that", async () => {
    const heal = fleet.hub.server.faults.add({ matches: ({ path }) => path.endsWith("/approval"), status: 403 });
    fleet.enable("c2");
    await expect
      .poll(async () => (await doctor("--cluster", "c2")).seen, SOON)
      .toMatchObject({
        registration: expect.stringMatching(/^ok: driver csr, user /),
        "agent's rights on the hub": expect.stringMatching(/^ok/),
        "signing requests": expect.stringMatching(/^failed: addon-c2-.* waits: it is right, and the manager has not/),
        "agent's credentials": 'skipped: because of "signing requests"',
        reports: 'skipped: because of "signing requests"',
      });
    heal();
    fleet.disable("c2");
  });

  test("of a manifest that cannot be applied is named with the manifest", async () => {
    const { registry } = fleet.hub.server;
    const [work] = registry.storage.list(WORKS, "c1");
    if (!work) throw new Error("there is no work");
    const kept = work.status ?? {};
    const text = { reason: "AppliedManifestFailed", message: "quota exceeded" };
    const applied = { type: "Applied", status: "False" as const, ...text };
    const meta = { kind: "Deployment", namespace: "ns", name: "kruise-health-agent" };
    writeStatus(registry, work, "test", {
      fields: { resourceStatus: { manifests: [{ resourceMeta: meta, conditions: [applied] }] } },
      conditions: [{ ...applied, observedGeneration: work.metadata.generation ?? 0 }],
    });
    const look = await doctor("--cluster", "c1");
    expect(look.seen).toMatchObject({
      ManifestWork:
        "failed: addon-kruise-health-deploy-0 is not applied: Deployment ns/kruise-health-agent: quota exceeded",
      Progressing: 'skipped: because of "ManifestWork"',
    });
    expect(next(look, "ManifestWork")).toMatch(/ -n c1 get manifestworks addon-kruise-health-deploy-0 -o yaml$/);
    const target = { namespace: "c1", name: work.metadata.name };
    const restore = (current: ApiObject): ApiObject => ({ ...current, status: kept });
    registry.update(registry.typeOf(work), target, restore, { manager: "test", subresource: "status" });
    await expect.poll(() => conditions(fleet.kube, "c1"), SOON).toMatchObject({ Progressing: "False/Completed" });
  });

  test("of an agent that is gone is seen in its reports first, and in its Lease when that is old", async () => {
    await fleet.silence("c1");
    await expect
      .poll(async () => (await doctor(...both())).seen, SOON)
      .toMatchObject({
        "agent alive": expect.stringMatching(/^ok/),
        reports: expect.stringMatching(/^failed: Stale: the last came \d+s ago$/),
        OpenKruise: 'skipped: because of "reports"',
        "agent's Lease": expect.stringMatching(/^ok: renewed \d+s ago$/),
      });
    const { registry } = fleet.cluster("c1").server;
    const lease = registry.storage.get("leases.coordination.k8s.io", AGENT_NAMESPACE, "kruise-health");
    if (!lease) throw new Error("there is no Lease");
    const renewTime = `${new Date(Date.now() - 600_000).toISOString().slice(0, 23)}000Z`;
    const target = { namespace: AGENT_NAMESPACE, name: "kruise-health" };
    const age = (current: ApiObject): ApiObject => ({ ...current, spec: { ...(current.spec as object), renewTime } });
    registry.update(registry.typeOf(lease), target, age, { manager: "test" });
    await expect
      .poll(async () => (await doctor(...both())).seen, SOON)
      .toMatchObject({
        "agent alive": expect.stringMatching(/^failed: ManagedClusterAddOnLeaseUpdateStopped: /),
        "agent's Lease": "failed: renewed 10m ago: OCM calls the agent dead",
      });
    const look = await doctor(...both());
    expect(next(look, "reports")).toBe(
      `kubectl --kubeconfig ${managedKubeconfig} -n ${AGENT_NAMESPACE} describe deployment/kruise-health-agent`,
    );
    fleet.revive("c1");
    await expect.poll(async () => (await doctor(...both())).code, SOON).toBe(0);
  });

  test("of a manager that is gone is seen in the leader's Lease and in the API behind the hub", async () => {
    await fleet.hub.stopManager();
    touchApiService();
    await expect
      .poll(async () => (await doctor("--cluster", "c1")).seen, SOON)
      .toMatchObject({
        leader: "failed: no manager leads",
        "feedback API": expect.stringMatching(/^failed: APIService .* is not Available: FailedDiscoveryCheck: /),
        "namespace deletion": expect.stringMatching(/^failed: no namespace of this hub can be deleted to its end /),
        reports: 'skipped: because of "leader"',
      });
    await fleet.hub.startManager();
    await expect.poll(async () => (await doctor("--cluster", "c1")).code, SOON).toBe(0);
  });

  test("of a user without rights is told as that, and what he may not see is skipped", async () => {
    const token = fleet.hub.server.authentication.issueToken({ name: "guest", groups: ["system:authenticated"] });
    const file = join(fleet.files.directory, "guest.kubeconfig");
    const { server, ca } = { server: fleet.hub.server.url, ca: fleet.files.ca };
    const config = {
      clusters: [{ name: "hub", cluster: { server, "certificate-authority": ca } }],
      users: [{ name: "guest", user: { token } }],
      contexts: [{ name: "guest", context: { cluster: "hub", user: "guest" } }],
    };
    await writeFile(file, JSON.stringify(config));
    const look = await doctor("--kubeconfig", file, "--context", "guest");
    expect(look.seen).toMatchObject({
      connection: expect.stringMatching(/^ok/),
      "own rights": expect.stringMatching(/^failed: not allowed: get clustermanagementaddons\.addon.* kruise-health, /),
      ClusterManagementAddOn: 'skipped: because of "own rights"',
      manager: 'skipped: because of "own rights"',
    });
    expect(next(look, "own rights")).toBe(`kubectl --kubeconfig ${file} --context guest auth can-i --list`);
  });

  test("of a hub without the ClusterManagementAddOn is told with the way to install it", async () => {
    const { registry } = fleet.hub.server;
    const type = { apiVersion: "addon.open-cluster-management.io/v1alpha1", kind: "ClusterManagementAddOn" };
    registry.delete(registry.typeOf(type), { namespace: "", name: "kruise-health" });
    const look = await doctor("--cluster", "c1");
    expect(look.seen["ClusterManagementAddOn"]).toMatch(/^failed: there is no ClusterManagementAddOn kruise-health/);
    expect(next(look, "ClusterManagementAddOn")).toMatch(
      /^helm upgrade --install kruise-health charts\/kruise-health /,
    );
  });
});
