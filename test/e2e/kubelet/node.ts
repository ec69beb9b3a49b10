// The Node object of a process kubelet, and its signs of life.
import { serverSideApply } from "../../../shared/kube/apply.ts";
import { renewLease } from "../../../shared/kube/lease.ts";
import type { Kube, KubeObject, Resource } from "../../../shared/kube/types.ts";
import { rfc3339Seconds, systemClock } from "../../../shared/runtime/clock.ts";
import type { Log } from "../../../shared/runtime/log.ts";
import { sleep } from "../../../shared/runtime/sleep.ts";

const NODES: Resource = { group: "", version: "v1", plural: "nodes" };
const FIELD_MANAGER = "process-kubelet";

/** Label and taint key of the node: pods come here that select the one and tolerate the other. */
const KUBELET_KEY = "kruise-health.test/kubelet";
/** For an AddOnDeploymentConfig's nodePlacement, or a pod's spec. */
export const kubeletPlacement = {
  nodeSelector: { [KUBELET_KEY]: "process" },
  tolerations: [{ key: KUBELET_KEY, operator: "Exists", effect: "NoSchedule" }],
};

const LEASE_SECONDS = 40;
const LEASE_EVERY_MS = 10_000;
const STATUS_EVERY_MS = 60_000;
const RETRY_MS = 1000;

/** Makes the node known and ready. */
export async function registerNode(kube: Kube, name: string): Promise<void> {
  const labels = { [KUBELET_KEY]: "process", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" };
  const spec = { taints: [{ key: KUBELET_KEY, value: "process", effect: "NoSchedule" }] };
  await serverSideApply(kube, NODES, nodeObject({ metadata: { name, labels }, spec }), {
    fieldManager: FIELD_MANAGER,
    force: true,
  });
  await writeStatus(kube, name);
  await renew(kube, name);
}

/** Keeps the node ready until the signal aborts. */
export async function keepNodeAlive(options: {
  kube: Kube;
  name: string;
  log: Log;
  signal: AbortSignal;
}): Promise<void> {
  const { kube, name, log, signal } = options;
  let statusMs = performance.now();
  let pauseMs = LEASE_EVERY_MS;
  while (!signal.aborted) {
    await sleep(pauseMs, signal);
    try {
      await renew(kube, name);
      if (performance.now() - statusMs > STATUS_EVERY_MS) {
        await writeStatus(kube, name);
        statusMs = performance.now();
      }
      pauseMs = LEASE_EVERY_MS;
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error, node: name }, "node not renewed");
      pauseMs = RETRY_MS;
    }
  }
}

async function renew(kube: Kube, name: string): Promise<void> {
  const lease = { namespace: "kube-node-lease", name, holder: name, durationSeconds: LEASE_SECONDS };
  await renewLease(kube, { ...lease, clock: systemClock });
}

async function writeStatus(kube: Kube, name: string): Promise<void> {
  const now = rfc3339Seconds(Date.now());
  const resources = { cpu: "8", memory: "16Gi", pods: "100", "ephemeral-storage": "100Gi" };
  const status = {
    addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
    capacity: resources,
    allocatable: resources,
    conditions: [
      {
        type: "Ready",
        status: "True",
        reason: "KubeletReady",
        message: "the process kubelet runs",
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      },
    ],
    nodeInfo: {
      architecture: "amd64",
      operatingSystem: "linux",
      osImage: "processes",
      kernelVersion: "",
      machineID: name,
      systemUUID: name,
      bootID: name,
      containerRuntimeVersion: "process://1",
      kubeletVersion: "v1.35.4",
      kubeProxyVersion: "",
    },
  };
  const options = { fieldManager: FIELD_MANAGER, force: true, subresource: "status" };
  await serverSideApply(kube, NODES, nodeObject({ metadata: { name }, status }), options);
}

function nodeObject(rest: { metadata: KubeObject["metadata"] } & Record<string, unknown>): KubeObject {
  return { apiVersion: "v1", kind: "Node", ...rest };
}
