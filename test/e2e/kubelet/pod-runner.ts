// Runs one pod: its volumes, its containers, its status, and its end.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isConflict, isNotFound } from "../../../shared/kube/errors.ts";
import { objectPath } from "../../../shared/kube/paths.ts";
import type { Kube } from "../../../shared/kube/types.ts";
import { rfc3339Seconds } from "../../../shared/runtime/clock.ts";
import type { Log } from "../../../shared/runtime/log.ts";
import { runContainer } from "./container-runner.ts";
import { resolveEnv } from "./env.ts";
import { findPublished } from "./image.ts";
import type { Image } from "./image.ts";
import { NotReadyError } from "./material.ts";
import { openSources } from "./pod-sources.ts";
import { PODS } from "./pod.ts";
import type { Container, Pod } from "./pod.ts";
import { planSandbox } from "./plan-sandbox.ts";
import type { Sandbox } from "./sandbox.ts";
import { buildStatusWriter } from "./status-writer.ts";
import { buildVolumeSet } from "./volume-set.ts";

export interface PodContext {
  kube: Kube;
  log: Log;
  images: Record<string, Image>;
  /** Folder where tests make further images known. */
  imagesFolder: string;
  apiServer: { host: string; port: number };
  nodeBinary: string;
  /** Folder of this pod alone. */
  folder: string;
  /** Gives the log file of a container. */
  logFile: (container: string) => string;
  podIP: string;
  restartBaseMs: number;
  restartMaxMs: number;
}

export interface RunningPod {
  readonly podIP: string;
  /** Ends its processes at once, as a crash does. */
  kill(): void;
  /** Ends its processes and keeps them from starting, until told otherwise. */
  hold(isHeld: boolean): void;
  /** Ends the pod and tells the API server, so that the object goes. */
  terminate(graceMs: number): Promise<void>;
  /** Ends the pod without telling anybody. */
  abandon(): Promise<void>;
}

/** Starts a pod. */
export async function runPod(pod: Pod, context: PodContext): Promise<RunningPod> {
  const { kube, log, podIP, folder } = context;
  const { name, namespace, uid } = pod.metadata;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const stopping = new AbortController();
  const volumes = buildVolumeSet(pod, podIP, join(folder, "volumes"));
  const sources = openSources({
    kube,
    pod,
    log,
    signal: stopping.signal,
    onChange: () => void volumes.refresh(sources.material).catch((error: unknown) => logMissing(log, error)),
  });
  const writer = buildStatusWriter({ kube, log, pod, podIP, startTime: rfc3339Seconds(Date.now()) });

  const prepare = async (container: Container): Promise<Sandbox> => {
    refuseUnknown(pod);
    const image = context.images[container.image] ?? findPublished(context.imagesFolder, container.image);
    if (image === undefined) {
      const known = Object.keys(context.images).join(", ");
      throw new NotReadyError(
        "ErrImagePull",
        `image "${container.image}" is not known to this kubelet: wanted is one of ${known}`,
      );
    }
    await volumes.refresh(sources.material);
    const env = resolveEnv(container, { pod, podIP, image, apiServer: context.apiServer, material: sources.material });
    const root = join(folder, `root-${container.name}`);
    await mkdir(root, { recursive: true });
    return planSandbox({ container, image, env, root, nodeBinary: context.nodeBinary, volumeFolder: volumes.folderOf });
  };

  const containers = pod.spec.containers.map((container) =>
    runContainer({
      pod,
      container,
      podIP,
      logFile: context.logFile(container.name),
      restartBaseMs: context.restartBaseMs,
      restartMaxMs: context.restartMaxMs,
      prepare: () => prepare(container),
      onChange: (view) => writer.write(view),
    }),
  );

  const abandon = async (graceMs: number): Promise<void> => {
    await Promise.all(containers.map((container) => container.stop(graceMs)));
    stopping.abort(new Error(`Pod ${namespace}/${name} was stopped`));
    await sources.done;
    await volumes.settled();
    await writer.settled();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    podIP,
    kill: () => {
      for (const container of containers) container.kill();
    },
    hold: (isHeld) => {
      for (const container of containers) container.hold(isHeld);
    },
    terminate: async (graceMs) => {
      await abandon(graceMs);
      await removeObject(kube, pod);
      log.info({ pod: `${namespace}/${name}`, uid }, "pod removed");
    },
    abandon: () => abandon(1000),
  };
}

/** Says what this kubelet cannot do before anything runs without it. */
function refuseUnknown({ spec }: Pod): void {
  const refuse = (what: string): never => {
    throw new NotReadyError("CreateContainerConfigError", `this kubelet knows no ${what}`);
  };
  if (spec.initContainers.length > 0) refuse("init containers");
  for (const container of spec.containers) {
    if (container.volumeMounts.some(({ subPath }) => subPath !== undefined)) refuse("subPath mounts");
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
    if (probes.some((probe) => probe !== undefined && probe.httpGet === undefined)) refuse("probes but httpGet");
  }
}

async function removeObject(kube: Kube, { metadata }: Pod): Promise<void> {
  const { name, namespace, uid } = metadata;
  try {
    await kube.request({
      method: "DELETE",
      path: objectPath(PODS, { namespace, name }),
      body: { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0, preconditions: { uid } },
    });
  } catch (error) {
    // Gone already, or another pod of that name has come: both are what was wanted.
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

function logMissing(log: Log, error: unknown): void {
  if (error instanceof NotReadyError) log.debug({ reason: error.message }, "volumes not complete");
  else log.error({ err: error }, "volumes not written");
}
