// The built images on the real stack: manager and agent run once from the images' own files, as the images' user, on a
// root that nobody can write to, and reports arrive. At the end the release runs what the other suites know.
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kube } from "../../shared/kube/types.ts";
import { RELEASE_VERSION } from "../../shared/version.ts";
import { percentile, printFigure } from "../bench/figure.ts";
import { ensureImages } from "../images/images.ts";
import type { BuiltImages } from "../images/images.ts";
import { IMAGE_NAMES } from "../licences/packages.ts";
import type { ImageName } from "../licences/packages.ts";
import { imagesFolder } from "./harness/addon.ts";
import { runOrThrow } from "./harness/commands.ts";
import { binary } from "./harness/context.ts";
import { met, unmet, until } from "./harness/polling.ts";
import { suiteStack } from "./harness/suite.ts";
import { publishImage } from "./kubelet/image.ts";
import { deployAddon, INSTALL_NAMESPACE, untilVerdict } from "./support/addon.ts";
import { runFromImage } from "./support/image-process.ts";
import { holdPod, managerPods } from "./support/manager.ts";
import type { ManagerPod } from "./support/manager.ts";
import { upgradeRelease } from "./support/release.ts";
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAMESPACE = "images-e2e";
const BUILT = "built";
const HEALTH_PORT = 8081;
const STARTS = 3;
/** Mode bits: runs as its owner or group, or anybody may write. */
const SET_ID_OR_WRITABLE = 0o6002;
const AGENTS = `/api/v1/namespaces/${INSTALL_NAMESPACE}/pods`;
const SOON = { limitMs: 60_000 };

const stack = suiteStack();
let hub: Kube;
let c1: Kube;
let images: BuiltImages;

beforeAll(async () => {
  hub = await stack.hub.admin();
  c1 = await stack.cluster("c1").admin();
  images = await ensureImages();
  for (const name of IMAGE_NAMES) {
    const { config, rootfs } = images[name];
    await publishImage(imagesFolder(stack), `kruise-health-${name}:${BUILT}`, config, rootfs);
  }
  await Promise.all([deployAddon(stack, hub, ["c1"]), createNamespace(c1, NAMESPACE)]);
  await upgradeRelease(stack, hub, [`image.tag=${BUILT}`, `agent.image.tag=${BUILT}`]);
  await untilRunning("agent", BUILT);
}, 300_000);

afterAll(async () => {
  await Promise.all([upgradeRelease(stack, hub), deleteNamespace(c1, NAMESPACE)]);
  await untilRunning("agent", "e2e");
  hub.close();
  c1.close();
});

async function podsOf(name: ImageName): Promise<ManagerPod[]> {
  if (name === "manager") return managerPods(hub);
  const query = { labelSelector: "app.kubernetes.io/name=kruise-health,app.kubernetes.io/component=agent" };
  return (await c1.request<{ items: ManagerPod[] }>({ method: "GET", path: AGENTS, query })).items;
}

/** The process of the only pod of that component, once it runs that image and is ready. */
async function untilRunning(name: ImageName, tag: string): Promise<number> {
  return until(
    `the ${name} to run from its image ${tag}`,
    async () => {
      const pods = await podsOf(name);
      const [pod] = pods;
      const [container] = (pod?.status.containerStatuses ?? []) as {
        image?: string;
        ready?: boolean;
        containerID?: string;
      }[];
      const isRunning = pods.length === 1 && container?.ready === true && container.image?.endsWith(`:${tag}`) === true;
      if (pod === undefined || !isRunning) return unmet(pods.map(({ status }) => status.containerStatuses));
      return met(pidOf(pod));
    },
    SOON,
  );
}

describe.each(IMAGE_NAMES)("the image of the %s", (name) => {
  test("runs as 65532 without any privilege, on a root of its own that is read-only", async () => {
    const pid = await untilRunning(name, BUILT);
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const field = (key: string): string => new RegExp(`^${key}:\\s+(.*)$`, "m").exec(status)?.[1] ?? "";
    expect([field("Uid"), field("Gid")]).toEqual(Array.from({ length: 2 }, () => "65532\t65532\t65532\t65532"));
    expect([field("CapPrm"), field("CapEff"), field("CapAmb"), field("NoNewPrivs")]).toEqual([
      ...Array(3).fill("0".repeat(16)),
      "1",
    ]);
    const mounts = readFileSync(`/proc/${pid}/mounts`, "utf8").split("\n");
    expect(mounts.find((line) => line.split(" ")[1] === "/")).toMatch(/^overlay \/ overlay ro,/);
    expect(readlinkSync(`/proc/${pid}/exe`)).toMatch(/\/merged\/nodejs\/bin\/node$/);
    expect(readdirSync(`/proc/${pid}/root/app`)).toContain(`${name}.js`);
  });

  test("holds Node, bundles and notices: no shell, no package manager, no sources, nothing that anybody may write", async () => {
    const files = await readdir(images[name].rootfs, { recursive: true });
    const unwanted =
      /(^|\/)(sh|bash|dash|busybox|npm|npx|node_modules|package\.json|\.npmrc|\.git|id_rsa)$|\.tsx?$|\.(key|pem)$/;
    expect(files.filter((file) => unwanted.test(file))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining([`app/${name}.js`, `app/${name}.NOTICES.txt`, "app/LICENSE"]));
    const found = await Promise.all(
      files.map(async (file) => ({ file, stats: await lstat(join(images[name].rootfs, file)) })),
    );
    const loose = found.filter(({ stats }) => !stats.isSymbolicLink() && (stats.mode & SET_ID_OR_WRITABLE) !== 0);
    expect(loose.map(({ file }) => file)).toEqual(["tmp"]);
    expect(found.filter(({ file, stats }) => file.startsWith("app") && stats.uid !== 0)).toEqual([]);
    const maps = files.filter((file) => file.endsWith(".map"));
    for (const map of maps)
      expect(readFileSync(join(images[name].rootfs, map), "utf8")).not.toContain('"sourcesContent"');
  });

  test("says what it is in its labels", () => {
    const { Labels: labels = {}, User: user } = images[name].config;
    const prefix = "org.opencontainers.image.";
    expect(user).toBe("65532:65532");
    expect(labels).toMatchObject({
      [`${prefix}title`]: `kruise-health-${name}`,
      [`${prefix}source`]: "https://github.com/open-cluster-management-io/kruise-health",
      [`${prefix}licenses`]: "Apache-2.0",
      [`${prefix}version`]: RELEASE_VERSION,
      [`${prefix}revision`]: "unknown",
      [`${prefix}base.name`]: "localhost/base",
    });
  });
});

test("a report of the agent's image arrives at the manager's, and a change of it after that", async () => {
  await Promise.all([untilRunning("manager", BUILT), untilRunning("agent", BUILT)]);
  const web = { namespace: NAMESPACE, name: "web" };
  await applyCloneSet(c1, { ...web, replicas: 2 });
  await untilVerdict(hub, "c1", `cloneset.${NAMESPACE}.web`, "Healthy/");
  await applyCloneSet(c1, { ...web, replicas: 2, image: "shop/app:2", partition: "100%" });
  await untilVerdict(hub, "c1", `cloneset.${NAMESPACE}.web`, "Suspended/PartitionHeld");
});

test("the workflows that release them are as GitHub wants them", async () => {
  const workflows = ["ci.yml", "release.yml"].map((name) => join(ROOT, ".github/workflows", name));
  // Without shellcheck, which not every machine has: what is found does not depend on the machine.
  const said = await runOrThrow(binary(stack.binaries, "actionlint"), ["-shellcheck=", "-pyflakes=", ...workflows]);
  expect(said).toBe("");
});

test("the bill of materials is printed as a release attaches it", async () => {
  const npm = ["run", "--silent", "sbom", "--", "agent", "--base", "localhost/base", "--node", process.version];
  const document = JSON.parse(await runOrThrow("npm", npm, { cwd: ROOT })) as {
    packages: { name: string; versionInfo: string }[];
  };
  const versions = new Map(document.packages.map(({ name, versionInfo }) => [name, versionInfo]));
  expect(versions.get("kruise-health-agent")).toBe(RELEASE_VERSION);
  expect(`v${versions.get("node") ?? ""}`).toBe(process.version);
  expect(versions.has("zod")).toBe(true);
});

test("the doctor starts from the manager's image", async () => {
  const { code, text } = await runFromImage(
    images.manager,
    ["/nodejs/bin/node", "/app/doctor.js", "--help"],
    stack.dir,
  );
  expect(text).toMatch(/doctor/);
  expect(code).toBe(0);
});

test("both are ready soon after their process has begun", async () => {
  const alone: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    alone.push((await runFromImage(images.agent, ["/nodejs/bin/node", "--eval", "0"], stack.dir)).ms);
  }
  for (const name of IMAGE_NAMES) {
    const times: number[] = [];
    for (let start = 0; start < STARTS; start += 1) times.push(await restart(name));
    printFigure(`image-start-${name}`, percentile(times, 0.5), "ms", percentile(alone, 0.5));
    expect(Math.max(...times)).toBeLessThan(20_000);
  }
});

/** Ends the process as a crash does and lets it begin again: from its beginning to the first yes of /readyz. */
async function restart(name: ImageName): Promise<number> {
  const kube = name === "manager" ? hub : c1;
  const pod = await onlyPod(name);
  const isReady = async (): Promise<boolean> =>
    fetch(`http://${pod.status.podIP ?? ""}:${HEALTH_PORT}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  const often = { ...SOON, everyMs: 5 };
  await holdPod(kube, pod, true);
  await until("its process to be gone", async () => ((await isReady()) ? unmet("it answers") : met(undefined)), often);
  await holdPod(kube, pod, false);
  await until("it to be ready again", async () => ((await isReady()) ? met(undefined) : unmet("not ready")), often);
  const readyMs = Date.now();
  return until(
    "the status to name the new process",
    async () => {
      const now = await onlyPod(name);
      return pidOf(now) === pidOf(pod) ? unmet(now.status) : met(readyMs - beganMs(pidOf(now)));
    },
    SOON,
  );
}

async function onlyPod(name: ImageName): Promise<ManagerPod> {
  const [pod, ...others] = await podsOf(name);
  if (pod === undefined || others.length > 0) throw new Error(`There is not just one pod of the ${name}`);
  return pod;
}

function pidOf({ status }: ManagerPod): number {
  const [container] = (status.containerStatuses ?? []) as { containerID?: string }[];
  return Number(container?.containerID?.split("-").at(-1));
}

/** When a process began, by the wall clock, to a hundredth of a second. */
function beganMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [upSeconds = ""] = readFileSync("/proc/uptime", "utf8").split(" ");
  // The 22nd field counts in hundredths of a second since the machine was started; the second may hold spaces.
  const began = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]) * 10;
  return Date.now() - Number(upSeconds) * 1000 + began;
}
