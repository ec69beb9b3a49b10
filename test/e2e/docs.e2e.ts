// The documents on real components: their commands are typed into a shell as they stand, their charts' values are taken by
// the real Helm, and what GitOps tools would compare does not differ.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { documentedCommands } from "../docs/commands.ts";
import { runOf } from "../docs/commands-run.ts";
import type { Run } from "../docs/commands-run.ts";
import type { World } from "../docs/commands-rows.ts";
import { ELSEWHERE } from "../docs/commands-elsewhere.ts";
import { ADDON_MANAGER_NAMESPACE as NAMESPACE } from "./harness/addon.ts";
import { binary } from "./harness/context.ts";
import { met, unmet, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { deployAddon, untilConditions, untilGone, untilVerdict, workloadsPath } from "./support/addon.ts";
import { configPath, nameConfigs } from "./support/configs.ts";
import { CART, CLUSTER_OBJECTS, SHOP, guideObjects } from "./support/guide-objects.ts";
import { typeLine } from "./support/shell-line.ts";

const ROOT = join(import.meta.dirname, "../..");
const CHART = join(ROOT, "charts/kruise-health");
const API_SERVICE = "apiservice/v1alpha1.kruise-health.open-cluster-management.io";
const OWN_CONFIG = "docs-e2e";
const SERVING = `/api/v1/namespaces/${NAMESPACE}/secrets/kruise-health-serving`;
const stack = suiteStack();
const world: World = {
  c1Kubeconfig: stack.cluster("c1").kubeconfig,
  pod: "",
  revision: "",
  folder: mkdtempSync(join(tmpdir(), "kruise-health-docs-")),
  proxy: "",
};
let hub: Kube;
let c1: Kube;
let proxy: ChildProcess | undefined;

beforeAll(async () => {
  hub = await stack.hub.admin();
  c1 = await stack.cluster("c1").admin();
  await deployAddon(stack, hub, ["c1"]);
  await output(stack.kubectlWithInput("c1", JSON.stringify(guideObjects()), "create", "-f", "-"));
  world.proxy = await startProxy();
  await writeConfigFile();
  const { status } = await untilVerdict(hub, "c1", `cloneset.${SHOP}.${CART}`, "Healthy/AllAvailable");
  world.revision = (status as unknown as { rollout: { updateRevision: string } }).rollout.updateRevision;
  const pods = await output(stack.kubectl("c1", "get", "pods", "-n", SHOP, "-l", `app=${CART}`, "-o", "name"));
  world.pod = pods.split("\n")[0]?.replace("pod/", "") ?? "";
});

afterAll(async () => {
  proxy?.kill();
  rmSync(world.folder, { recursive: true });
  await nameConfigs(hub, "c1");
  await untilConditions(hub, "c1", { Progressing: "False/Completed", Reporting: "True/" });
  for (const made of [
    `addondeploymentconfig/${OWN_CONFIG} -n ${NAMESPACE}`,
    "clusterrolebinding/health",
    "rolebinding/health -n c1",
    `secret/registry -n ${NAMESPACE}`,
  ])
    await stack.kubectl("hub", "delete", ...made.split(" "));
  await stack.kubectl("c1", "delete", ...CLUSTER_OBJECTS);
  await c1.request({ method: "DELETE", path: `/api/v1/namespaces/${SHOP}` });
  await untilGone(hub, `${workloadsPath("c1")}/cloneset.${SHOP}.${CART}`);
  hub.close();
  c1.close();
});

/** `kubectl proxy` to the hub; gives its address. */
async function startProxy(): Promise<string> {
  const env = { ...stack.data.env, KUBECONFIG: stack.hub.kubeconfig };
  let said = "";
  proxy = spawn(binary(stack.binaries, "kubectl"), ["proxy", "--port=0"], { env });
  proxy.stdout?.setEncoding("utf8").on("data", (text: string) => (said += text));
  return until(
    "kubectl proxy to listen",
    () => {
      const address = /127\.0\.0\.1:\d+/.exec(said)?.[0];
      return address === undefined ? unmet(said) : met(`http://${address}`);
    },
    { limitMs: 10_000 },
  );
}

/** A config of c1's own that says what the default says. */
async function writeConfigFile(): Promise<void> {
  const { spec, apiVersion, kind } = await hub.request<KubeObject & { spec: object }>({
    method: "GET",
    path: configPath(`${NAMESPACE}/kruise-health`),
  });
  const config = { apiVersion, kind, metadata: { name: OWN_CONFIG, namespace: NAMESPACE }, spec };
  writeFileSync(join(world.folder, "config.yaml"), JSON.stringify(config));
}

/** Each command once for the hub and once for a cluster, however many pages have it. */
function plannedRuns(): Run[] {
  const runs = documentedCommands()
    .filter(({ text }) => ELSEWHERE[text] === undefined)
    .flatMap((command) => runOf(command, world) ?? []);
  return [...new Map(runs.map((run) => [`${run.on} ${run.command}`, run])).values()];
}

const AS_TOLD = { code: 0, trouble: "", printed: undefined };

/** Types the command, now that the world is known. */
async function outcomeOf({ page, command }: Run): Promise<object> {
  const run = runOf({ page, text: command, line: 0 }, world);
  if (run === undefined) throw new Error(`${command} has no plan`);
  const { code, stdout, stderr } = await typeLine(stack, run);
  const trouble = code === 0 ? "" : `${run.line}: ${stderr || stdout}`;
  return { code, trouble, printed: run.prints?.test(stdout) === false ? stdout : undefined };
}

describe("a command of the documents that only reads is as told:", () => {
  const reading = plannedRuns().filter(({ changes }) => !changes);
  test.concurrent.each(reading.map((run) => [run.page, run.command, run] as const))("%s: %s", async (_, __, run) => {
    expect(await outcomeOf(run)).toEqual(AS_TOLD);
  });
});

describe("a command of the documents that changes something is as told:", () => {
  const changing = plannedRuns().filter(({ changes }) => changes);
  test.each(changing.map((run) => [run.page, run.command, run] as const))("%s: %s", async (_, __, run) => {
    expect(await outcomeOf(run)).toEqual(AS_TOLD);
  });

  test("a serving certificate that was deleted is made anew by the leader", async () => {
    const made = async () => met(await hub.request<KubeObject>({ method: "GET", path: SERVING }));
    const { metadata } = await until("the Secret to be back", made, { limitMs: 20_000 });
    expect(metadata.name).toBe("kruise-health-serving");
    await output(stack.kubectl("hub", "wait", "--for=condition=Available", API_SERVICE, "--timeout=30s"));
  });
});

/** The YAML documents of a page's blocks. */
function yamlOn(page: string): Record<string, unknown>[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
  return blocks.flatMap((block) =>
    parseAllDocuments(block).map((document) => document.toJS() as Record<string, unknown>),
  );
}

/** Renders the chart as Argo CD does, without a hub. */
async function render(values: unknown): Promise<string> {
  const file = join(world.folder, `values-${Math.random().toString(36).slice(2)}.json`);
  writeFileSync(file, JSON.stringify(values).replaceAll("sha256:...", `sha256:${"0".repeat(64)}`));
  const args = ["template", "kruise-health", CHART, "--namespace", NAMESPACE, "--kube-version", "1.35.0"];
  return output(stack.helm(...args, "--values", file));
}

describe("values on a page", () => {
  const known = Object.keys(parse(readFileSync(join(CHART, "values.yaml"), "utf8")) as object);
  const isOfChart = (values: object): boolean => Object.keys(values).every((key) => known.includes(key));
  const ofChart = globSync("docs/using/*.md", { cwd: ROOT }).flatMap((page) =>
    yamlOn(page)
      .filter(isOfChart)
      .map((values) => [page, Object.keys(values).join(), values] as const),
  );
  test.each(ofChart)("%s: the chart takes %s", async (_, __, values) => {
    expect(await render(values)).toContain("kind: ClusterManagementAddOn");
  });

  test("docs/using/gitops.md: rendered twice it is the same twice", async () => {
    const objects = yamlOn("docs/using/gitops.md") as {
      kind: string;
      spec: { source?: { helm: { valuesObject: object } }; values?: object };
    }[];
    const given = objects.flatMap(({ spec }) => spec.source?.helm.valuesObject ?? spec.values ?? []);
    expect(given).toHaveLength(2);
    for (const values of given) expect(await render(values)).toBe(await render(values));
  });
});

test("what the chart renders does not differ from what the hub holds, by server-side apply", async () => {
  const rendered = await render(JSON.parse(readFileSync(join(stack.dir, "addon-values.json"), "utf8")));
  // The harness turns the Service into one that leads to a process of this machine.
  const objects = parseAllDocuments(rendered).flatMap((document): object[] => {
    const object = document.toJS() as { kind: string } | null;
    return object === null || object.kind === "Service" ? [] : [object];
  });
  const file = join(world.folder, "rendered.json");
  writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  const flags = "--server-side --force-conflicts --field-manager=gitops";
  const line = `kubectl diff ${flags} -f '${file}'`;
  expect(await typeLine(stack, { line, on: "hub", isEndless: false })).toEqual({ code: 0, stdout: "", stderr: "" });
});
