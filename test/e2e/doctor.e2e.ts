// The doctor on real components: a healthy cluster is ok step by step, and of a real fault it names the step and a
// command that, typed as it stands, puts it right. The Events of the add-on tell the same story afterwards.
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isNotFound } from "../../shared/kube/errors.ts";
import type { Kube } from "../../shared/kube/types.ts";
import { ADDON_MANAGER_NAMESPACE } from "./harness/addon.ts";
import { run } from "./harness/commands.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { ADDON, addonPath, enableAddon, INSTALL_NAMESPACE, untilGone } from "./support/addon.ts";

const ROOT = join(import.meta.dirname, "../..");
const stack = suiteStack();
const managed = stack.cluster("c1").kubeconfig;
const DEPLOYMENT = "deployment/kruise-health";
const C1 = ["--cluster", "c1", "--managed-kubeconfig", managed];
let hub: Kube;
let hadC3: boolean;

interface Step {
  check: string;
  state: string;
  saw: string;
  next: string | null;
}

beforeAll(async () => {
  hub = await stack.hub.admin();
  hadC3 = await isEnabled("c3");
  await enableAddon(stack, hub, ["c1"]);
});

afterAll(async () => {
  if (!hadC3) {
    await stack.clusteradm("addon", "disable", "--names", ADDON, "--clusters", "c3");
    await untilGone(hub, addonPath("c3"));
  }
  hub.close();
});

async function isEnabled(cluster: string): Promise<boolean> {
  try {
    await hub.request({ method: "GET", path: addonPath(cluster) });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** What a person's shell has: the programs, and nothing of this process. */
function env(): Record<string, string> {
  const folders = new Set(Object.values(stack.binaries).map((file) => dirname(file)));
  const path = [...folders, dirname(process.execPath), process.env["PATH"] ?? ""].join(":");
  return { ...stack.data.env, PATH: path, HOME: stack.dir };
}

/** Runs the doctor as it is in the manager's image: the bundle. */
async function doctor(...args: string[]) {
  const bundle = join(stack.dir, "bundles/doctor.js");
  return run(process.execPath, [bundle, "--kubeconfig", stack.hub.kubeconfig, ...args], { env: env(), cwd: ROOT });
}

async function steps(...args: string[]): Promise<Step[]> {
  return JSON.parse((await doctor(...args, "-o", "json")).stdout) as Step[];
}

/** Waits until the doctor sees a step so. */
async function untilStep(name: string, wanted: RegExp, ...args: string[]): Promise<Step> {
  return until(
    `the doctor to say ${String(wanted)} of "${name}"`,
    async () => {
      const step = (await steps(...args)).find(({ check }) => check === name);
      const seen = `${step?.state}: ${step?.saw}`;
      return step && wanted.test(seen) ? met(step) : unmet(seen);
    },
    { limitMs: 60_000 },
  );
}

/** Waits until nothing has failed, and gives what is not ok. */
async function untilFine(...args: string[]): Promise<Step[]> {
  return until(
    "the doctor to find nothing failed",
    async () => {
      const bad = (await steps(...args)).filter(({ state }) => state !== "ok");
      return bad.some(({ state }) => state !== "warning") ? unmet(bad) : met(bad);
    },
    { limitMs: 90_000 },
  );
}

/** Types what a step proposes into a shell. */
async function type({ next }: Step): Promise<string> {
  return output(run("sh", ["-c", next ?? "false"], { env: env(), cwd: ROOT }));
}

describe("on a healthy cluster", () => {
  test("every step is ok, and the command ends with 0", async () => {
    expect(await untilFine(...C1)).toEqual([]);
    const { code, stdout, stderr } = await doctor(...C1);
    expect(stdout.split("\n").filter((line) => /^(warning|failed|skipped)/.test(line))).toEqual([]);
    expect(stderr).toMatch(/^30 checks: 30 ok\n$/);
    expect(code).toBe(0);
  });

  test("npm runs the same from the source, and finds the kubeconfig as kubectl does", async () => {
    const command = ["run", "-s", "doctor", "--", "--cluster", "c1"];
    const { code, stdout } = await run("npm", command, {
      env: { ...env(), KUBECONFIG: stack.hub.kubeconfig },
      cwd: ROOT,
    });
    expect(stdout).toContain("CLUSTER c1, as the hub sees it");
    expect(code, stdout).toBe(0);
  });
});

describe("a fault is named with a command that puts it right:", () => {
  test("an add-on that is not enabled", async () => {
    await stack.clusteradm("addon", "disable", "--names", ADDON, "--clusters", "c3");
    await untilGone(hub, addonPath("c3"));
    const { code } = await doctor("--cluster", "c3");
    expect(code).toBe(1);
    const step = await untilStep(
      "add-on enabled",
      /^failed: the add-on is not enabled on this cluster$/,
      "--cluster",
      "c3",
    );
    expect(await type(step)).toContain("kruise-health add-on");
    // There is no OpenKruise on this cluster: that is no failure of the add-on. The klusterlet looks at the agent's Lease
    // every half minute only, which is not waited for.
    const wanted = [
      "OpenKruise: warning: NotInstalled",
      "workloads: warning: NotInstalled",
      "OpenKruise on the cluster: warning: no API group of OpenKruise is served",
    ];
    const look = ["--cluster", "c3", "--managed-kubeconfig", stack.cluster("c3").kubeconfig];
    await until(
      "the doctor to find c3 fine but for OpenKruise",
      async () => {
        const bad = (await steps(...look)).filter(({ check, state }) => state !== "ok" && check !== "agent alive");
        const seen = bad.map(({ check, state, saw }) => `${check}: ${state}: ${saw.split(":")[0]}`);
        return lookAt(isDeepStrictEqual(seen, wanted), seen);
      },
      { limitMs: 60_000 },
    );
  });

  test("an agent that somebody has stopped, and the add-on's Events tell of it", async () => {
    await output(
      stack.kubectl("c1", "-n", INSTALL_NAMESPACE, "scale", "deployment/kruise-health-agent", "--replicas=0"),
    );
    await untilStep("reports", /^failed: Stale: the last came \d+s ago$/, ...C1);
    const step = await untilStep("agent", /^failed: Deployment .*kruise-health-agent is scaled to 0/, ...C1);
    await type(step);
    expect(await untilFine(...C1)).toEqual([]);
    const shown = await until(
      "the Events of the add-on to tell of its silence and of its return",
      async () => {
        const text = await output(stack.kubectl("hub", "describe", "managedclusteraddon", "-n", "c1", ADDON));
        const events = text.slice(text.lastIndexOf("\nEvents:"));
        const isTold = /Warning +ReportStale .*Reporting=False/.test(events) && /Normal +ReportsArrive /.test(events);
        return isTold ? met(events) : unmet(events);
      },
      { limitMs: 20_000 },
    );
    expect(shown).toContain("kruise-health-manager");
  });

  test("a manager that is scaled to zero", async () => {
    await output(stack.kubectl("hub", "-n", ADDON_MANAGER_NAMESPACE, "scale", DEPLOYMENT, "--replicas=0"));
    const step = await untilStep("manager", /^failed: Deployment .*kruise-health is scaled to 0: nothing runs$/, ...C1);
    const others = await steps(...C1);
    expect(others.find(({ check }) => check === "reports")?.saw).toBe('because of "manager"');
    await type(step);
    expect(await untilFine(...C1)).toEqual([]);
    // It proposes two, which is what the chart installs when nobody says otherwise; here it was one.
    await output(stack.kubectl("hub", "-n", ADDON_MANAGER_NAMESPACE, "scale", DEPLOYMENT, "--replicas=1"));
    await output(stack.kubectl("hub", "-n", ADDON_MANAGER_NAMESPACE, "rollout", "status", DEPLOYMENT, "--timeout=60s"));
    expect(await untilFine(...C1)).toEqual([]);
  });
});
