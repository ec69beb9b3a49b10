// The managed side of Open Cluster Management: registration agent and work agent, as processes that come back when
// they end, and the steps of joining the hub.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isNotFound } from "../../../shared/kube/errors.ts";
import type { Condition, Kube, KubeObject } from "../../../shared/kube/types.ts";
import { binary } from "./context.ts";
import type { StackContext } from "./context.ts";
import type { ControlPlane } from "./control-plane.ts";
import { readManifests } from "./files.ts";
import type { Manifest } from "./files.ts";
import { API_MODULE, namespace } from "./ocm-hub.ts";
import { lookAt, unmet, until } from "./polling.ts";
import { moduleFolder } from "./tools.ts";

const AGENT_NAMESPACE = "open-cluster-management-agent";
const ADDON_NAMESPACE = "open-cluster-management-agent-addon";

const MANAGED_CLUSTERS = "/apis/cluster.open-cluster-management.io/v1/managedclusters";
const JOIN_LIMIT_MS = 90_000;
const CRD_FILES = [
  "work/v1/0000_01_work.open-cluster-management.io_appliedmanifestworks.crd.yaml",
  "cluster/v1alpha1/0000_02_clusters.open-cluster-management.io_clusterclaims.crd.yaml",
];

/** What has to be in a managed cluster before its agents start. */
export async function managedClusterObjects(): Promise<Manifest[]> {
  const folder = await moduleFolder("ocm", API_MODULE);
  return [
    ...(await readManifests(...CRD_FILES.map((file) => join(folder, file)))),
    namespace(AGENT_NAMESPACE),
    namespace(ADDON_NAMESPACE),
  ];
}

/** Starts both agents of one cluster; the work agent as soon as registration has got its kubeconfig for the hub. */
export async function startOcmAgents(
  context: StackContext,
  plane: ControlPlane,
  bootstrapKubeconfig: string,
): Promise<void> {
  const hubDir = join(plane.dir, "hub-kubeconfig");
  const hubKubeconfig = join(hubDir, "kubeconfig");
  const shared = async (): Promise<string[]> => [
    `--kubeconfig=${plane.kubeconfig}`,
    `--spoke-cluster-name=${plane.name}`,
    `--agent-id=${plane.name}-agent`,
    "--disable-leader-election",
    `--namespace=${AGENT_NAMESPACE}`,
    `--listen=127.0.0.1:${await context.ports.take()}`,
  ];
  context.processes.start({
    name: `${plane.name}/registration-agent`,
    command: binary(context.binaries, "registration"),
    args: [
      "agent",
      ...(await shared()),
      `--bootstrap-kubeconfig=${bootstrapKubeconfig}`,
      `--hub-kubeconfig-dir=${hubDir}`,
    ],
    restart: true,
  });
  await until(
    `the hub to accept ${plane.name} (${hubKubeconfig})`,
    async () => lookAt((await stat(hubKubeconfig)).isFile(), "no file"),
    { limitMs: JOIN_LIMIT_MS, signal: context.processes.failure },
  );
  context.processes.start({
    name: `${plane.name}/work-agent`,
    command: binary(context.binaries, "work"),
    args: [
      "agent",
      ...(await shared()),
      "--workload-source-driver=kube",
      `--workload-source-config=${hubKubeconfig}`,
      `--status-sync-interval=${context.workStatusSyncSeconds}s`,
      `--terminate-on-files=${hubKubeconfig}`,
    ],
    restart: true,
  });
}

/**
 * Waits until the hub sees the cluster as available, and puts it into the default cluster set as OCM's webhook would.
 * OCM's agent makes its ManagedCluster only until it has its certificate: on a busy machine the certificate may come
 * first (seen with 1.2.1), and then an administrator has to make it.
 */
export async function awaitManagedCluster(context: StackContext, hub: Kube, name: string): Promise<void> {
  const path = `${MANAGED_CLUSTERS}/${name}`;
  await until(
    `ManagedCluster ${name} to be Available`,
    async () => {
      const conditions = (await findManagedCluster(hub, name))?.status?.conditions;
      if (conditions === undefined) return unmet("no conditions");
      const isTrue = (type: string): boolean => conditions.some((item) => item.type === type && item.status === "True");
      return lookAt(isTrue("ManagedClusterConditionAvailable") && isTrue("ManagedClusterJoined"), conditions);
    },
    { limitMs: JOIN_LIMIT_MS, signal: context.processes.failure },
  );
  await hub.request({
    method: "PATCH",
    path,
    contentType: "application/merge-patch+json",
    body: { metadata: { labels: { "cluster.open-cluster-management.io/clusterset": "default" } } },
  });
}

type ManagedCluster = KubeObject & { status?: { conditions?: Condition[] } };

async function findManagedCluster(hub: Kube, name: string): Promise<ManagedCluster | undefined> {
  try {
    return await hub.request<ManagedCluster>({ method: "GET", path: `${MANAGED_CLUSTERS}/${name}` });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const body = {
    apiVersion: "cluster.open-cluster-management.io/v1",
    kind: "ManagedCluster",
    metadata: { name },
    spec: { hubAcceptsClient: true },
  };
  await hub.request({ method: "POST", path: MANAGED_CLUSTERS, body });
  return undefined;
}
