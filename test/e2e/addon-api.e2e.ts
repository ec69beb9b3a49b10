// Both versions of OCM's add-on API on the real hub, where OCM's webhook converts between them: they tell the same facts,
// the manager works through either, and v1alpha1, in which the hub stores the objects, needs no webhook at all.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { ADDON_APIS, ADDON_VERSIONS } from "../../manager/ocm/addon-api.ts";
import type { AddonVersion } from "../../manager/ocm/addon-api.ts";
import { ADDON_MANAGER_NAMESPACE } from "./harness/addon.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { ADDON, addonPath, enableAddon, INSTALL_NAMESPACE, untilConditions, untilGone } from "./support/addon.ts";
import { configPath, nameConfigs, patch, TYPE, untilComplete, writeConfig } from "./support/configs.ts";

const GROUP = "/apis/addon.open-cluster-management.io";
const KEY = "default/addon-api-e2e";
const DEFAULT_KEY = `${ADDON_MANAGER_NAMESPACE}/${ADDON}`;
const SENTINEL = "__reserved_no_default__";
const MANAGER = ["-n", ADDON_MANAGER_NAMESPACE, `deployment/${ADDON}`];
const DEFINITION = `clustermanagementaddons/${ADDON}`;
const WORK = `/apis/work.open-cluster-management.io/v1/namespaces/c1/manifestworks/addon-${ADDON}-deploy-0`;
/** A status that two writers turn to and fro changes every few milliseconds: this long without a change is the end of it. */
const STILL_MS = 2_000;

const stack = suiteStack();
let hub: Kube;

beforeAll(async () => {
  hub = await stack.hub.admin();
  await enableAddon(stack, hub, ["c1", "c2"]);
  await writeConfig(hub, KEY, levels("info"));
  await nameConfigs(hub, "c1", KEY);
  await untilComplete(hub, "c1", KEY);
});

afterAll(async () => {
  await nameConfigs(hub, "c1");
  await untilComplete(hub, "c1", DEFAULT_KEY);
  await hub.request({ method: "DELETE", path: configPath(KEY) });
  hub.close();
});

function levels(value: string): object {
  return { customizedVariables: [{ name: "LOG_LEVEL", value }] };
}

type Shown = KubeObject & { spec: { supportedConfigs: object[] }; status?: object };

async function read(version: AddonVersion, path: string): Promise<Shown> {
  return hub.request<Shown>({ method: "GET", path: `${GROUP}/${version}/${path}` });
}

function addonOf(cluster: string): string {
  return `namespaces/${cluster}/managedclusteraddons/${ADDON}`;
}

/** Changes the config of c1, and waits until OCM says that its agent runs with it. */
async function rollOut(logLevel: string): Promise<void> {
  await writeConfig(hub, KEY, levels(logLevel));
  await untilComplete(hub, "c1", KEY);
}

/** The versions of everything that OCM and the manager write, once nothing has changed for a while. */
async function untilStill(): Promise<void> {
  const paths = [DEFINITION, addonOf("c1"), addonOf("c2")];
  let last = "";
  let sinceMs = 0;
  await until(
    "the add-on's objects to stand still",
    async () => {
      const objects = await Promise.all(paths.map(async (path) => read("v1alpha1", path)));
      const now = objects.map(({ metadata }) => metadata.resourceVersion).join();
      if (now !== last) sinceMs = performance.now();
      last = now;
      return lookAt(performance.now() - sinceMs > STILL_MS, now);
    },
    { limitMs: 30_000 },
  );
}

/** Changes the manager's setting, and waits until it has taken c1's work over in the version that it speaks then. */
async function speak(setting: AddonVersion | "auto", spoken: AddonVersion): Promise<void> {
  await output(stack.kubectl("hub", "set", "env", ...MANAGER, `ADDON_API_VERSION=${setting}`));
  await output(stack.kubectl("hub", "rollout", "status", ...MANAGER, "--timeout=60s"));
  await until(
    `the manager to own its work in ${spoken}`,
    async () => {
      const { metadata } = await hub.request<KubeObject>({ method: "GET", path: WORK });
      const owners = metadata.ownerReferences?.map(({ apiVersion }) => apiVersion);
      return lookAt(owners?.join() === `${TYPE.group}/${spoken}`, owners);
    },
    { limitMs: 60_000 },
  );
}

/** Everything that readers of the add-on's state look at, as text. */
async function shown(): Promise<string> {
  const paths = ADDON_VERSIONS.flatMap((version) =>
    ["c1", "c2"].map((cluster) => [version, addonOf(cluster)] as const),
  );
  const addons = await Promise.all(paths.map(async ([version, path]) => read(version, path)));
  const definitions = await Promise.all(ADDON_VERSIONS.map(async (version) => read(version, DEFINITION)));
  const statuses = definitions.map(({ status = {} }) => status);
  const work = await hub.request<KubeObject>({ method: "GET", path: WORK });
  return JSON.stringify([addons, statuses, work]);
}

/** The klusterlet's driver as each version stores it. */
async function drivers(cluster: string): Promise<(string | undefined)[]> {
  return Promise.all(
    ADDON_VERSIONS.map(async (version) => {
      return ADDON_APIS[version].decodeAddon(await read(version, addonOf(cluster))).status.kubeClientDriver;
    }),
  );
}

/** Facts are the same whatever the version; only that one differs. */
async function facts(path: string, kind: "decodeAddon" | "decodeDefinition"): Promise<object[]> {
  return until(
    "both versions of one and the same state",
    async () => {
      const both = await Promise.all(
        ADDON_VERSIONS.map(async (version) => ADDON_APIS[version][kind](await read(version, path))),
      );
      const versions = both.map(({ metadata }) => metadata.resourceVersion);
      if (new Set(versions).size > 1) return unmet(versions);
      return met(both.map(({ apiVersion: _version, ...rest }) => rest));
    },
    { limitMs: 20_000 },
  );
}

describe("the add-on API in its two versions", () => {
  test("34: tells the same facts through both, of an add-on that clusteradm made in v1alpha1", async () => {
    for (const cluster of ["c1", "c2"]) {
      const [old, recent] = await facts(addonOf(cluster), "decodeAddon");
      expect(recent).toEqual(old);
      expect(recent).toMatchObject({ spec: {}, status: { kubeClientDriver: "csr", namespace: INSTALL_NAMESPACE } });
    }
    const [old, recent] = await facts(DEFINITION, "decodeDefinition");
    expect(recent).toEqual(old);
  });

  test("34: needs no conversion webhook: a config is rolled out while that is down", async () => {
    const webhook = stack.component("hub/addon-webhook");
    await webhook.stop();
    try {
      await expect(read("v1beta1", addonOf("c1"))).rejects.toThrow("conversion webhook");
      await rollOut("debug");
    } finally {
      await webhook.start();
    }
    await until("v1beta1 to be back", async () => met(await read("v1beta1", addonOf("c1"))), { limitMs: 30_000 });
  });

  test("34: serves the manager in v1beta1: it registers, deploys and rolls out, keeps the driver, and is still", async () => {
    const generation = async () => (await hub.request<KubeObject>({ method: "GET", path: WORK })).metadata.generation;
    const before = await generation();
    const { spec } = await read("v1alpha1", DEFINITION);
    await speak("v1beta1", "v1beta1");
    try {
      // A type without a default: in v1beta1 the sentinel stands for the config that there is not.
      const supportedConfigs = [...spec.supportedConfigs, { group: "", resource: "configmaps" }];
      await patch(hub, `${GROUP}/v1alpha1/${DEFINITION}`, { spec: { supportedConfigs } });
      expect(JSON.stringify(await read("v1beta1", DEFINITION))).toContain(SENTINEL);
      expect(await generation()).toBe(before);
      await output(stack.clusteradm("addon", "disable", "--names", ADDON, "--clusters", "c2"));
      await untilGone(hub, addonPath("c2"));
      await output(stack.clusteradm("addon", "enable", "--names", ADDON, "--clusters", "c2"));
      await rollOut("warn");
      // Available follows at the klusterlet's next tick and is none of the manager's; that the agent reports shows its identity.
      await untilConditions(hub, "c2", {
        RegistrationApplied: "True/SetPermissionApplied",
        ManifestApplied: "True/AddonManifestApplied",
        Progressing: "False/Completed",
        Reporting: "True/",
      });
      expect(await driversDuringRepair("c2")).toEqual(["csr"]);
      await untilStill();
      expect(await drivers("c2")).toEqual(["csr", "csr"]);
      expect(await shown()).not.toContain(SENTINEL);
      const [old, recent] = await facts(addonOf("c2"), "decodeAddon");
      expect(recent).toEqual(old);
    } finally {
      await patch(hub, `${GROUP}/v1alpha1/${DEFINITION}`, { spec: { supportedConfigs: spec.supportedConfigs } });
      await speak("auto", "v1alpha1");
    }
    expect(await generation()).toBe((before ?? 0) + 1);
    await untilStill();
    await rollOut("info");
  });
});

/**
 * Changes the registered user behind the manager's back and waits until it has written its own again. Answers which drivers
 * there were meanwhile, in any state of the object.
 */
async function driversDuringRepair(cluster: string): Promise<string[]> {
  const drivers = new Set<string>();
  const users: string[] = [];
  const stop = new AbortController();
  const { metadata } = await read("v1alpha1", addonOf(cluster));
  const lines = hub.open({
    method: "GET",
    path: addonPath(cluster).replace(/\/[^/]+$/, ""),
    query: { watch: true, fieldSelector: `metadata.name=${ADDON}`, resourceVersion: metadata.resourceVersion },
    signal: stop.signal,
  });
  const reading = (async () => {
    for await (const line of lines) {
      const { status } = ADDON_APIS.v1alpha1.decodeAddon((JSON.parse(line) as { object: unknown }).object);
      drivers.add(status.kubeClientDriver ?? "none");
      users.push(status.registrations?.[0]?.subject?.user ?? "none");
    }
  })().catch((cause: unknown) => stop.signal.aborted || users.push(`the watch ended: ${String(cause)}`));
  const somebody = { type: "kubeClient", kubeClient: { driver: "csr", subject: { user: "somebody", groups: ["x"] } } };
  await patch(hub, `${GROUP}/v1beta1/${addonOf(cluster)}/status`, { status: { registrations: [somebody] } });
  await until(
    "the agent's user to be restored",
    () => lookAt(users.includes("somebody") && users.at(-1)?.endsWith(`:agent:${ADDON}`) === true, users),
    { limitMs: 20_000 },
  );
  stop.abort();
  await reading;
  return [...drivers];
}
