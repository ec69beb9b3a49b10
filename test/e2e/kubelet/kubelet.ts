// A small kubelet that runs the pods of known images as processes of this machine: no containers, no image registry.
// It owns one Node of one cluster. What it does not do: resource limits, init containers, exec and lifecycle hooks,
// subPath and host mounts, events. runAsNonRoot is not checked; the image's user is taken when we are root.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildKube } from "../../../shared/kube/connection.ts";
import { kubeconfigSource } from "../../../shared/kube/credentials.ts";
import type { Kube } from "../../../shared/kube/types.ts";
import { watch } from "../../../shared/kube/watch.ts";
import type { Log } from "../../../shared/runtime/log.ts";
import type { Image } from "./image.ts";
import { claimAddresses } from "./network.ts";
import { keepNodeAlive, registerNode } from "./node.ts";
import { PODS, parsePod } from "./pod.ts";
import type { Pod } from "./pod.ts";
import { runPod } from "./pod-runner.ts";
import type { RunningPod } from "./pod-runner.ts";

export interface KubeletOptions {
  /** Kubeconfig of an administrator of the cluster. */
  kubeconfig: string;
  nodeName: string;
  /** What can be run, by image name as pods write it. */
  images: Record<string, Image>;
  /** Where tests make further images known while it runs. */
  imagesFolder?: string;
  /** Folder for volumes and roots. */
  folder: string;
  /** Folder for what containers write: NAMESPACE_POD_CONTAINER.log. */
  logsFolder: string;
  log: Log;
  /** The Node program for pods; this process's own when not given. */
  nodeBinary?: string;
  /** First and longest pause between restarts, in milliseconds; 1 s and 10 s when not given (kubelets: 10 s, 300 s). */
  restartBaseMs?: number;
  restartMaxMs?: number;
}

/** One pod as tests see it. */
interface PodHandle {
  namespace: string;
  name: string;
  uid: string;
  podIP: string;
}

export interface Kubelet {
  readonly nodeName: string;
  /** The pods that run now. */
  pods(): PodHandle[];
  /** What a pod's containers have written, over all restarts. */
  logOf(pod: Pick<PodHandle, "namespace" | "name">): string;
  /** Kills a pod's processes at once, as a crash does; they are restarted as the pod's policy says. */
  kill(pod: Pick<PodHandle, "namespace" | "name">): void;
  /** Stops every process and leaves the API server's objects as they are. */
  stop(): Promise<void>;
}

/** An annotation that a test sets to "true": the pod's processes end at once and stay away until it is gone. */
export const HOLD_ANNOTATION = "kruise-health.test/hold";

interface Entry {
  pod: Pod;
  running: Promise<RunningPod>;
  podIP: string;
  terminating: boolean;
  held: boolean;
}

/** Registers the node and begins to run what is bound to it. */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { nodeName, log, folder } = options;
  const source = kubeconfigSource(options.kubeconfig);
  const kube = await buildKube({ source, log, userAgent: "process-kubelet" });
  const apiServer = addressOf((await source.load()).server);
  const stopping = new AbortController();
  const entries = new Map<string, Entry>();
  const addresses = await claimAddresses();
  mkdirSync(options.logsFolder, { recursive: true });
  const logFile = (pod: Pod["metadata"], container: string): string =>
    join(options.logsFolder, `${pod.namespace}_${pod.name}_${container}.log`);

  const start = (pod: Pod): void => {
    const { uid } = pod.metadata;
    const podIP = addresses.take();
    const running = runPod(pod, {
      kube,
      log,
      podIP,
      apiServer,
      images: options.images,
      imagesFolder: options.imagesFolder ?? join(folder, "images"),
      nodeBinary: options.nodeBinary ?? process.execPath,
      folder: join(folder, "pods", uid),
      logFile: (container) => logFile(pod.metadata, container),
      restartBaseMs: options.restartBaseMs ?? 1000,
      restartMaxMs: options.restartMaxMs ?? 10_000,
    });
    entries.set(uid, { pod, running, podIP, terminating: false, held: false });
    log.info({ pod: `${pod.metadata.namespace}/${pod.metadata.name}`, podIP }, "pod started");
  };
  const terminate = (entry: Entry, graceMs: number): void => {
    if (entry.terminating) return;
    entry.terminating = true;
    const { uid, name, namespace } = entry.pod.metadata;
    const ended = entry.running.then((pod) => pod.terminate(graceMs));
    void ended
      .catch((error: unknown) => log.error({ err: error, pod: `${namespace}/${name}` }, "pod not ended"))
      .finally(() => {
        entries.delete(uid);
        addresses.give(entry.podIP);
      });
  };
  const take = (pod: Pod): void => {
    const entry = entries.get(pod.metadata.uid);
    const isDeleted = pod.metadata.deletionTimestamp !== undefined;
    const isOver = pod.status.phase === "Succeeded" || pod.status.phase === "Failed";
    if (isDeleted && entry !== undefined) terminate(entry, (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000);
    if (entry !== undefined) holdIfAsked(entry, pod);
    if (entry === undefined && (isDeleted || !isOver)) {
      start(pod);
      if (isDeleted) take(pod);
    }
  };

  await registerNode(kube, nodeName);
  const running = [
    keepNodeAlive({ kube, name: nodeName, log, signal: stopping.signal }),
    followPods({ kube, nodeName, log, signal: stopping.signal }, entries, { take, terminate }),
  ];
  return {
    nodeName,
    pods: () => [...entries.values()].filter(({ terminating }) => !terminating).map(handle),
    logOf: ({ namespace, name }) => {
      const entry = find(entries, namespace, name);
      const files = entry.pod.spec.containers.map((container) => logFile(entry.pod.metadata, container.name));
      return files.map((file) => (existsSync(file) ? readFileSync(file, "utf8") : "")).join("");
    },
    kill: ({ namespace, name }) => {
      const entry = find(entries, namespace, name);
      const container = entry.pod.spec.containers[0]?.name ?? "";
      appendFileSync(logFile(entry.pod.metadata, container), "--- killed by the test ---\n");
      void entry.running.then((pod) => pod.kill());
    },
    stop: async () => {
      stopping.abort(new Error("The process kubelet was stopped"));
      await Promise.allSettled(running);
      await Promise.allSettled([...entries.values()].map(async (entry) => (await entry.running).abandon()));
      addresses.release();
      kube.close();
    },
  };
}

function holdIfAsked(entry: Entry, { metadata }: Pod): void {
  const isHeld = metadata.annotations[HOLD_ANNOTATION] === "true";
  if (isHeld === entry.held) return;
  entry.held = isHeld;
  void entry.running.then((pod) => pod.hold(isHeld));
}

interface PodEffects {
  take: (pod: Pod) => void;
  terminate: (entry: Entry, graceMs: number) => void;
}

async function followPods(
  { kube, nodeName, log, signal }: { kube: Kube; nodeName: string; log: Log; signal: AbortSignal },
  entries: Map<string, Entry>,
  { take, terminate }: PodEffects,
): Promise<void> {
  const fieldSelector = `spec.nodeName=${nodeName}`;
  const listed = new Set<string>();
  for await (const event of watch(kube, { resource: PODS, fieldSelector, signal, log, decode: parsePod })) {
    if (event.type === "Init") listed.clear();
    if (event.type === "InitApply") listed.add(event.object.metadata.uid);
    if (event.type === "InitApply" || event.type === "Apply") take(event.object);
    // The object went without asking us: nothing is left to wait for.
    if (event.type === "Delete") drop(entries, event.object.metadata.uid, terminate);
    if (event.type === "InitDone") {
      for (const uid of entries.keys().filter((known) => !listed.has(known))) drop(entries, uid, terminate);
    }
    if (event.type === "Trouble") log.warn({ err: event.error }, "pods not watched");
  }
}

function drop(entries: Map<string, Entry>, uid: string, terminate: PodEffects["terminate"]): void {
  const entry = entries.get(uid);
  if (entry !== undefined) terminate(entry, 0);
}

function find(entries: Map<string, Entry>, namespace: string, name: string): Entry {
  const entry = [...entries.values()].find(
    ({ pod }) => pod.metadata.namespace === namespace && pod.metadata.name === name,
  );
  if (entry === undefined) throw new Error(`Cannot find pod ${namespace}/${name}: it does not run on this kubelet`);
  return entry;
}

function handle({ pod, podIP }: Entry): PodHandle {
  const { namespace, name, uid } = pod.metadata;
  return { namespace, name, uid, podIP };
}

function addressOf(server: string): { host: string; port: number } {
  const { hostname, port } = new URL(server);
  return { host: hostname, port: port === "" ? 443 : Number(port) };
}
