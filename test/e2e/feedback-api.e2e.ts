// The feedback API as kubectl and the hub's kube-apiserver see it: thousands of rows of three clusters, posted by the test in
// their agents' names.
import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aRecord } from "../../manager/fleet/report.fixture.ts";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import type { WorkloadRecord } from "../../shared/kruise/record.ts";
import { API_VERSION, GROUP } from "../../shared/wire/group.ts";
import { binary } from "./harness/context.ts";
import { lookAt, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { askHub } from "./support/ask-hub.ts";
import { PostedCluster } from "./support/posted-cluster.ts";

const ROOT = `/apis/${API_VERSION}`;
const stack = suiteStack();
const SHOP = { ns: "shop", v: "v1alpha1" };
/** On every cluster. */
const broken = aRecord({ ...SHOP, n: "broken", h: "Degraded", r: "UpdateStalled", m: "no progress", u: "11111111" });
const log = aRecord({ k: "SidecarSet", ns: "", n: "log", h: "Progressing", r: "Updating", u: "22222222" });
const many = (count: number): WorkloadRecord[] =>
  Array.from({ length: count }, (_, index) => aRecord({ ...SHOP, n: `w${String(index).padStart(4, "0")}` }));
let hub: Kube;
let one: PostedCluster;
let clusters: PostedCluster[] = [];
let silent: PostedCluster;

beforeAll(async () => {
  hub = await stack.hub.admin();
  clusters = ["api-1", "api-2", "api-3"].map((name) => new PostedCluster(hub, name));
  [one] = clusters as [PostedCluster];
  silent = new PostedCluster(hub, "api-silent");
  await Promise.all([...clusters, silent].map((cluster) => cluster.join()));
  // The first of a report are a snapshot, the others a delta.
  for (const cluster of clusters) {
    await cluster.report([broken, log, ...many(900)]);
    await cluster.change(many(1101).slice(900));
  }
});

afterAll(async () => {
  await Promise.all([...clusters, silent].map((cluster) => cluster.leave()));
  hub.close();
});

async function kubectl(...args: string[]): Promise<string> {
  return output(stack.kubectl("hub", ...args));
}

async function refusal(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await stack.kubectl("hub", ...args);
  expect(code, stdout).not.toBe(0);
  return stderr.trim();
}

const lines = (text: string): string[] => text.trim().split("\n");
const names = (text: string): string[] => lines(text).map((line) => line.split("/").at(-1) ?? "");

describe("kubectl knows the resources", () => {
  test("by discovery", async () => {
    const resources = await kubectl("api-resources", `--api-group=${GROUP}`, "-o", "wide", "--no-headers");
    expect(lines(resources).map((line) => line.replaceAll(/ +/g, " ").trim())).toEqual([
      `kruiseclusters kcl ${API_VERSION} true KruiseCluster get,list,watch kruise-health`,
      `kruisefleetworkloads kfw ${API_VERSION} false KruiseFleetWorkload get,list,watch kruise-health`,
      `kruisehealthreports ${API_VERSION} true KruiseHealthReport create`,
      `kruiseworkloads kwl ${API_VERSION} true KruiseWorkload get,list,watch kruise-health`,
    ]);
    expect(JSON.parse(await kubectl("get", "--raw", `/apis/${GROUP}`)).kind).toBe("APIGroup");
    expect(JSON.parse(await kubectl("get", "--raw", ROOT)).resources).toHaveLength(4);
  });

  test.each([
    ["kwl", /KIND: +KruiseWorkload\n.*FIELDS:\n.*status\t<Object>/s],
    ["kwl.status", /conditions\t<\[\]Object>.*counts\t<Object>.*health\t<string>.*\n *enum: Healthy, /s],
    ["kwl.status.counts.ready", /Pods that are ready/],
    ["kwl.status.rollout.partition", /As written in the spec: a number or a percentage/],
    ["kcl", /What one managed cluster reports of OpenKruise/],
    ["kfw.status", /The worst of the clusters that report/],
  ])("explain %s", async (field, wanted) => {
    expect(await kubectl("explain", field)).toMatch(wanted);
  });

  test.each(["kwl", "kcl", "kfw"])("explain %s --recursive", async (field) => {
    const text = await kubectl("explain", field, "--recursive");
    expect(text).toMatch(/ {2}status\t.*\n(.*\n)*? {4}conditions\t<\[\]Object>/);
  });

  test("and the hub's whole OpenAPI v2 has them, in both of its formats", async () => {
    const name = "io.open-cluster-management.kruise-health.v1alpha1.KruiseWorkload";
    // kube-apiserver asks for it when the API is registered, and once a minute.
    await until(
      "the hub's OpenAPI v2 to have our definitions",
      async () => {
        const { definitions } = JSON.parse(await kubectl("get", "--raw", "/openapi/v2"));
        return lookAt(name in definitions, Object.keys(definitions).length);
      },
      { limitMs: 70_000, everyMs: 1000 },
    );
    const old = ["--output", "plaintext-openapiv2"];
    expect(await kubectl("explain", "kwl.status.health", ...old)).toContain("What is known now");
    expect(await kubectl("explain", "deployment.spec.paused", ...old)).toContain("paused");
  });
});

describe("kubectl get", () => {
  test("shows tables, plain and wide, of one cluster and of all", async () => {
    const [head, ...rows] = lines(
      await kubectl("get", "kwl", "-n", "api-1", "--field-selector", "reason=UpdateStalled"),
    );
    expect(head).toMatch(/^NAME +KIND +WORKLOAD +HEALTH +REASON +READY +UPDATED +SINCE$/);
    expect(rows).toEqual([
      expect.stringMatching(
        /^cloneset\.shop\.broken +CloneSet +shop\/broken +Degraded +UpdateStalled +5\/5 +5\/5 +\d+\w+$/,
      ),
    ]);
    const wide = await kubectl("get", "kwl", "-A", "-o", "wide", "--field-selector", "health=Degraded,cluster=api-2");
    expect(wide).toMatch(/^NAMESPACE +NAME .* PARTITION +REVISION +IMAGES +MESSAGE\napi-2 +cloneset.* no progress\n$/);
    expect(await kubectl("get", "kcl", "-A")).toMatch(
      /^api-3 +api-3 +Fresh +1\.8\.0 +1101 +1 +0 +1 +0 +\d+s +0\.1\.0$/m,
    );
    expect(await kubectl("get", "kfw", "sidecarset.log")).toMatch(/^sidecarset\.log +Progressing +3\/3 /m);
  });

  test("gives objects as YAML, names, columns and sorted", async () => {
    const row = ["get", "kwl", "-n", "api-1", "--field-selector", "metadata.name=sidecarset.log"];
    expect(await kubectl(...row, "-o", "yaml")).toMatch(/- apiVersion: kruise-health.*\n +kind: KruiseWorkload\n/);
    expect(await kubectl(...row, "-o", "name")).toBe(`kruiseworkload.${GROUP}/sidecarset.log\n`);
    const columns = "custom-columns=H:.status.health,C:.metadata.namespace";
    expect(lines(await kubectl(...row, "-o", columns, "--no-headers"))).toEqual(["Progressing   api-1"]);
    const sorted = await kubectl("get", "kcl", "-A", "--sort-by=.status.workloads.Healthy", "-o", "name");
    expect(names(sorted).slice(-3).toSorted()).toEqual(["api-1", "api-2", "api-3"]);
  });

  test.each([
    ["--field-selector", "health=Degraded", 1],
    ["--field-selector", "reason!=AllAvailable", 2],
    ["--field-selector", "kind=SidecarSet,health=Progressing", 1],
    ["--field-selector", "cluster=api-2", 0],
    ["--field-selector", "workloadNamespace=shop", 1102],
    ["-l", `${GROUP}/kind in (SidecarSet,DaemonSet)`, 1],
    ["-l", `!${GROUP}/namespace`, 1],
  ])("selects by %s %s", async (flag, selector, count) => {
    const text = await kubectl("get", "kwl", "-n", "api-1", flag, selector, "-o", "name");
    expect(text === "" ? 0 : names(text).length).toBe(count);
  });

  test("refuses a field that cannot be selected, with a sentence", async () => {
    expect(await refusal("get", "kwl", "-A", "--field-selector", "colour=red")).toContain(
      'field "colour" cannot be selected; wanted is one of metadata.name, ',
    );
  });

  test("pages through all rows, and they are those of one whole list", async () => {
    const all = ["get", "kwl", "-A", "-o", "name"];
    const paged = await stack.kubectl("hub", ...all, "--chunk-size=200", "-v=6");
    expect(paged.stderr.match(/[?&]continue=/g)?.length).toBeGreaterThan(15);
    expect(paged.stdout).toBe(await kubectl(...all, "--chunk-size=0"));
    expect(names(paged.stdout)).toEqual(expect.arrayContaining(one.rows));
    expect(names(await kubectl("get", "kwl", "-n", "api-3"))).toHaveLength(1104);
  });

  test("warns while clusters have not reported", async () => {
    const { stderr } = await stack.kubectl("hub", "get", "kcl", "-A");
    expect(stderr).toMatch(/^Warning: (\d+) of (\d+) clusters have reported/);
    expect((await stack.kubectl("hub", "get", "kcl", "-n", "api-1")).stderr).toBe("");
  });
});

describe("kubectl beside get", () => {
  test("follows a change with get -w, --watch-only, a name, and wait", async () => {
    const name = "cloneset.shop.turning";
    const turning = (fields: Partial<WorkloadRecord>) => aRecord({ ...SHOP, n: "turning", u: "33333333", ...fields });
    await one.change([turning({})]);
    const own = ["get", "kwl", "-n", "api-1"];
    const watches = [
      follow(...own, "-w", "--output-watch-events", "--field-selector", "kind=CloneSet,metadata.name=" + name),
      follow(...own, "--watch-only", "--output-watch-events"),
      follow(...own, name, "-w", "-o", "custom-columns=H:.status.health", "--no-headers"),
    ];
    await until(
      "all to show it",
      () =>
        lookAt(
          watches.every(({ isOpen }) => isOpen()),
          "not yet",
        ),
      { limitMs: 20_000 },
    );
    const waits = [
      stack.kubectl("hub", "wait", "-n", "api-1", `kwl/${name}`, "--for=condition=Degraded", "--timeout=20s"),
      stack.kubectl("hub", "wait", "-n", "api-1", `kwl/${name}`, "--for=jsonpath={.status.reason}=Unavailable"),
    ];
    await one.change([turning({ h: "Degraded", r: "Unavailable", m: "no pod" })]);
    expect((await Promise.all(waits)).map(({ code, stderr }) => `${code}${stderr}`)).toEqual(["0", "0"]);
    await one.change([turning({})]);
    await one.change([], [turning({})]);
    const gone = await stack.kubectl("hub", "wait", "-n", "api-1", `kwl/${name}`, "--for=delete", "--timeout=20s");
    expect(`${gone.code}${gone.stderr}`).toBe("0");
    const [all, only, named] = await Promise.all(watches.map((watch) => watch.untilTold(3)));
    const events = (text = "") =>
      lines(text).flatMap(
        (line) => /^(\w+) +cloneset\.shop\.turning .* (Healthy|Degraded) /.exec(line)?.slice(1, 3).join(" ") ?? [],
      );
    const turns = ["MODIFIED Degraded", "MODIFIED Healthy", "DELETED Healthy"];
    expect(events(all)).toEqual(["ADDED Healthy", ...turns]);
    expect(events(only)).toEqual(turns);
    expect(lines(named ?? "")).toEqual(["Healthy", "Degraded", "Healthy", "Healthy"]);
  });

  test("describes an object and knows who may read", async () => {
    const described = await kubectl("describe", "kwl", "-n", "api-1", "cloneset.shop.broken");
    expect(described).toMatch(/Kind: +KruiseWorkload\n(.*\n)*Status:\n(.*\n)* +Health: +Degraded\n/);
    expect(await kubectl("auth", "can-i", "watch", "kwl", "-n", "api-1")).toBe("yes\n");
    const stranger = await stack.kubectl("hub", "auth", "can-i", "list", "kwl", "-A", "--as=nobody");
    expect(stranger.stdout).toBe("no\n");
  });

  test.each([
    [["delete", "kwl", "-n", "api-1", "cloneset.shop.broken"], "MethodNotAllowed", "does not allow DELETE"],
    [["label", "kwl", "-n", "api-1", "cloneset.shop.broken", "a=b"], "MethodNotAllowed", "does not allow PATCH"],
    [["get", "kwl", "-A", "--as=nobody"], "Forbidden", 'User "nobody" cannot list resource "kruiseworkloads"'],
    [["get", "kwl", "-n", "api-1", "cloneset.shop.none"], "NotFound", '"cloneset.shop.none" not found'],
    [["get", "--raw", `${ROOT}/kruisecolours`], "NotFound", "could not find the requested resource"],
  ])("%j is refused: %s", async (args, reason, sentence) => {
    const text = await refusal(...args);
    expect(text).toContain(`Error from server (${reason})`);
    expect(text).toContain(sentence);
  });

  test.each([
    ["KruiseWorkload", "MethodNotAllowed"],
    ["KruiseHealthReport", "Forbidden"],
  ])("create of a %s is refused: %s", async (kind, reason) => {
    const object = JSON.stringify({ apiVersion: API_VERSION, kind, metadata: { name: "x", namespace: "api-1" } });
    const created = await stack.kubectlWithInput("hub", object, "create", "--validate=false", "-f", "-");
    expect(created.stderr).toContain(`Error from server (${reason})`);
  });
});

/** A kubectl that goes on; ended once it has told enough. */
function follow(...args: string[]): { isOpen: () => boolean; untilTold: (changes: number) => Promise<string> } {
  const env = { ...stack.data.env, KUBECONFIG: stack.hub.kubeconfig };
  const child = spawn(binary(stack.binaries, "kubectl"), [...args, "-v=6"], { env, timeout: 60_000 });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (piece: string) => (said[name] += piece));
  }
  const opened = () => /watch=true.*200 OK|watch=true.*status="200/.test(said.stderr);
  const count = () => said.stdout.split("\n").filter((line) => line !== "" && !line.startsWith("EVENT")).length;
  return {
    isOpen: opened,
    untilTold: async (changes) => {
      await until(
        `${args.join(" ")} to tell`,
        () => lookAt(count() >= changes + Number(!args.includes("--watch-only")), said),
        {
          limitMs: 20_000,
        },
      );
      child.kill();
      return said.stdout;
    },
  };
}

describe("what a list or a watch is asked for together", () => {
  /** What a client reads of a refusal: not its sentence. */
  interface Refusal extends KubeObject {
    reason?: string;
    code?: number;
    details?: { kind?: string; causes?: { reason: string; field: string }[] };
  }
  const read = async (path: string) => {
    const { code, text } = await askHub(stack.hub, path);
    if (code === 200) return { code };
    const { reason, details } = JSON.parse(text) as Refusal;
    return {
      code,
      reason,
      kind: details?.kind,
      causes: details?.causes?.map(({ reason: why, field }) => `${field}: ${why}`),
    };
  };

  test.each([
    "resourceVersionMatch=Exact",
    "resourceVersionMatch=NotOlderThan",
    "resourceVersionMatch=Newer&resourceVersion=1",
    "resourceVersionMatch=Exact&resourceVersion=0",
    "resourceVersionMatch=NotOlderThan&resourceVersion=0",
    "sendInitialEvents=true",
    "sendInitialEvents=false",
    "limit=many",
    "resourceVersion=0&limit=1",
    "watch=true&sendInitialEvents=true&timeoutSeconds=1",
    "watch=true&sendInitialEvents=true&resourceVersionMatch=Exact&timeoutSeconds=1",
    "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1",
    "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1",
    "watch=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1",
    "watch=&timeoutSeconds=1",
    "watch=1&timeoutSeconds=soon",
    "labelSelector=a%20b",
    "fieldSelector=a",
    "fieldSelector=colour%3Dred",
  ])("is answered as kube-apiserver answers it: %s", async (query) => {
    const [ours, theirs] = await Promise.all([
      read(`${ROOT}/namespaces/api-1/kruiseclusters?${query}`),
      read(`/api/v1/namespaces/api-1/configmaps?${query}`),
    ]);
    expect(ours).toEqual(theirs);
  });
});
