// Installs the add-on on a running stack as a user does: with Helm, from the chart in this repository. The images are
// the bundles of this checkout, run by a process kubelet on the hub and on every managed cluster.
import { join } from "node:path";
import { pino } from "pino";
import { collectionPath, objectPath } from "../../../shared/kube/paths.ts";
import { mergePatch } from "../../../shared/kube/apply.ts";
import { ApiError, isNotFound } from "../../../shared/kube/errors.ts";
import type { Condition, Kube, KubeObject, Resource } from "../../../shared/kube/types.ts";
import { watch } from "../../../shared/kube/watch.ts";
import { sleep } from "../../../shared/runtime/sleep.ts";
import { GROUP, VERSION } from "../../../shared/wire/group.ts";
import { buildBundles } from "../../build.ts";
import { loadImage } from "../kubelet/image.ts";
import type { Image } from "../kubelet/image.ts";
import { startKubelet } from "../kubelet/kubelet.ts";
import type { Kubelet } from "../kubelet/kubelet.ts";
import { kubeletPlacement } from "../kubelet/node.ts";
import { writeText } from "./files.ts";
import { lookAt, met, unmet, until } from "./polling.ts";
import type { RunningStack } from "./stack.ts";

export interface AddonOptions {
  heartbeatSeconds?: number;
  staleAfterSeconds?: number;
  silenceGraceSeconds?: number;
  /** Further values of the chart. */
  values?: Record<string, unknown>;
  log?: (line: string) => void;
}

export interface InstalledAddon {
  namespace: string;
  /** One for "hub" and one for each managed cluster. */
  kubelets: Record<string, Kubelet>;
  /** Stops the pods' processes; the objects stay. */
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, "../../..");
const RELEASE = "kruise-health";
export const ADDON_MANAGER_NAMESPACE = "open-cluster-management-kruise-health";
/** The Service becomes an ExternalName, which translates no ports: it has to carry the pod's own. */
const API_PORT = 8443;

const PODS: Resource = { group: "", version: "v1", plural: "pods" };
const SERVICES: Resource = { group: "", version: "v1", plural: "services" };
const API_SERVICES: Resource = { group: "apiregistration.k8s.io", version: "v1", plural: "apiservices" };

/** Builds, installs, and returns when the hub's kube-apiserver calls the feedback API available. */
export async function installAddon(stack: RunningStack, options: AddonOptions = {}): Promise<InstalledAddon> {
  const { log = console.log } = options;
  // Each stack keeps bundles of its own, so that a build elsewhere does not change what its pods restart with.
  const bundleDir = join(stack.dir, "bundles");
  await buildBundles(bundleDir);
  const kubelets = await startKubelets(stack, bundleDir);
  const hub = await stack.hub.admin();
  const stopping = new AbortController();
  const running: Promise<void>[] = [];
  const stop = async (): Promise<void> => {
    stopping.abort(new Error("The add-on's harness was stopped"));
    await Promise.allSettled([...running, ...Object.values(kubelets).map((kubelet) => kubelet.stop())]);
    hub.close();
  };
  stack.onStop(stop);
  await helmInstall(stack, options);
  log("the chart is installed");
  const redirecting = redirectService(hub, stopping.signal);
  running.push(redirecting);
  // Only a failure of the redirection ends it before the signal.
  await Promise.race([awaitApi(hub, kubelets["hub"]), redirecting]);
  log("the feedback API is available");
  return { namespace: ADDON_MANAGER_NAMESPACE, kubelets, stop };
}

async function startKubelets(stack: RunningStack, bundleDir: string): Promise<Record<string, Kubelet>> {
  const image = (name: string): [string, Image] => [
    `kruise-health-${name}:e2e`,
    loadImage(join(ROOT, `Dockerfile.${name}`), bundleDir),
  ];
  const images = Object.fromEntries([image("manager"), image("agent")]);
  const planes = [stack.hub, ...Object.values(stack.clusters)];
  const started = planes.map(async ({ name, kubeconfig }): Promise<[string, Kubelet]> => {
    const kubelet = await startKubelet({
      kubeconfig,
      nodeName: `${name}-processes`,
      images,
      imagesFolder: imagesFolder(stack),
      folder: join(stack.dir, "kubelet", name),
      logsFolder: join(stack.logsDir, "pods", name),
      log: pino({ level: "info" }, pino.destination({ dest: join(stack.logsDir, `${name}-process-kubelet.log`) })),
    });
    return [name, kubelet];
  });
  return Object.fromEntries(await Promise.all(started));
}

/** Where suites make further images known to all kubelets of a stack. */
export function imagesFolder({ dir }: { dir: string }): string {
  return join(dir, "images");
}

const RETRY_MS = 250;

async function helmInstall(stack: RunningStack, options: AddonOptions): Promise<void> {
  // The grace is long enough for agents that have waited longer and longer while a manager was away.
  const { heartbeatSeconds = 2, staleAfterSeconds = 6, silenceGraceSeconds = 20, values = {} } = options;
  const file = await writeText(
    join(stack.dir, "addon-values.json"),
    JSON.stringify({
      image: { repository: "kruise-health-manager", tag: "e2e", pullPolicy: "IfNotPresent" },
      agent: { image: { repository: "kruise-health-agent", tag: "e2e", pullPolicy: "IfNotPresent" } },
      service: { port: API_PORT },
      // The Service leads to one pod here (redirectService), whichever leads.
      replicas: 1,
      logLevel: "debug",
      heartbeatSeconds,
      staleAfterSeconds,
      silenceGraceSeconds,
      ...kubeletPlacement,
      ...values,
    }),
  );
  const chart = join(ROOT, "charts/kruise-health");
  const where = ["--namespace", ADDON_MANAGER_NAMESPACE, "--create-namespace"];
  const { code, stdout, stderr } = await stack.helm("install", RELEASE, chart, ...where, "--values", file);
  if (code !== 0) throw new Error(`helm install ended with ${code}: ${stderr || stdout}`);
}

interface Pod extends KubeObject {
  status?: { podIP?: string; conditions?: Condition[] };
}

interface Service extends KubeObject {
  spec?: { type?: string; externalName?: string };
}

/**
 * Keeps the manager's Service pointing at a ready manager pod, the same one as long as it is ready: kube-apiserver takes no
 * endpoints on loopback, but it dials whatever name an ExternalName has, and an address is a name to it. Ends with the signal.
 */
async function redirectService(hub: Kube, signal: AbortSignal): Promise<void> {
  const pods = new Map<string, Pod>();
  const namespace = ADDON_MANAGER_NAMESPACE;
  const redirect = async (): Promise<void> => {
    const addresses = [...pods.values()].filter(isReady).flatMap(({ status }) => status?.podIP ?? []);
    await pointService(hub, addresses, signal);
  };
  const followPods = async (): Promise<void> => {
    const decode = (raw: unknown): Pod => raw as Pod;
    const labelSelector = "app.kubernetes.io/name=kruise-health,app.kubernetes.io/component=manager";
    for await (const event of watch(hub, { resource: PODS, namespace, labelSelector, signal, decode })) {
      if (event.type === "Init") pods.clear();
      if (event.type === "Apply" || event.type === "InitApply") pods.set(event.object.metadata.name, event.object);
      if (event.type === "Delete") pods.delete(event.object.metadata.name);
      await redirect();
    }
  };
  // Helm makes it a ClusterIP again when the chart is upgraded.
  const followService = async (): Promise<void> => {
    const decode = (raw: unknown): Service => raw as Service;
    const fieldSelector = `metadata.name=${RELEASE}`;
    for await (const event of watch(hub, { resource: SERVICES, namespace, fieldSelector, signal, decode })) {
      if (event.type === "Apply" && event.object.spec?.type !== "ExternalName") await redirect();
    }
  };
  await Promise.all([followPods(), followService()]);
}

function isReady({ metadata, status }: Pod): boolean {
  const ready = status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") === true;
  return ready && metadata.deletionTimestamp === undefined;
}

/** Tries until it is done: suites take the hub's API server away. */
async function pointService(hub: Kube, addresses: string[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await isPointed(hub, addresses))) await sleep(RETRY_MS, signal);
}

async function isPointed(hub: Kube, addresses: string[]): Promise<boolean> {
  const [address] = addresses;
  if (address === undefined) return true;
  const target = { namespace: ADDON_MANAGER_NAMESPACE, name: RELEASE };
  try {
    const { spec } = await hub.request<Service>({ method: "GET", path: objectPath(SERVICES, target) });
    if (spec?.type === "ExternalName" && addresses.includes(spec.externalName ?? "")) return true;
    await mergePatch(hub, SERVICES, target, {
      spec: { type: "ExternalName", externalName: address, clusterIP: null, clusterIPs: null, selector: null },
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Not found: the chart was uninstalled.
    return isNotFound(error);
  }
  return true;
}

async function awaitApi(hub: Kube, kubelet: Kubelet | undefined): Promise<void> {
  const path = objectPath(API_SERVICES, { name: `${VERSION}.${GROUP}` });
  const managerLog = (): string => {
    const pod = kubelet?.pods()[0];
    return pod === undefined ? "no manager pod has started" : (kubelet?.logOf(pod).slice(-2000) ?? "");
  };
  await until(
    "the feedback API to be Available",
    async () => {
      try {
        const service = await hub.request<{ status?: { conditions?: Condition[] } }>({ method: "GET", path });
        const available = service.status?.conditions?.find(({ type }) => type === "Available");
        return lookAt(
          available?.status === "True",
          `${available?.message ?? "no condition"}; manager: ${managerLog()}`,
        );
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        return unmet(`${error.message}; manager: ${managerLog()}`);
      }
    },
    { limitMs: 60_000 },
  );
  // Discovery of a new group reaches every client a moment later.
  await until(
    "the feedback API to answer",
    async () =>
      met(
        await hub.request({
          method: "GET",
          path: collectionPath({ group: GROUP, version: VERSION, plural: "kruiseworkloads" }),
        }),
      ),
    { limitMs: 30_000 },
  );
}
