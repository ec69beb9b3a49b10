// OpenKruise in a managed cluster: its own manifests, with the manager as a process of this machine. Its Deployment
// stays as it is and kwok "runs" the pods, so that it looks installed to whoever reads the cluster; the pods do nothing.
import { join } from "node:path";
import type { Condition, Kube, KubeObject } from "../../../shared/kube/types.ts";
import { runOrThrow } from "./commands.ts";
import { applyAll, binary } from "./context.ts";
import type { StackContext } from "./context.ts";
import type { ControlPlane } from "./control-plane.ts";
import { parseManifests } from "./files.ts";
import type { Manifest } from "./files.ts";
import { FAKE_NODE_LABEL } from "./nodes.ts";
import { lookAt, until } from "./polling.ts";
import { moduleFolder } from "./tools.ts";

const MODULE = "github.com/openkruise/kruise";
const KRUISE_NAMESPACE = "kruise-system";
const KRUISE_IMAGE = "openkruise/kruise-manager:v1.8.3";
const READY_LIMIT_MS = 120_000;
const FEATURE_GATES = "ImagePullJobGate=true,ResourceDistributionGate=true,PodUnavailableBudgetUpdateGate=true";

/** Kruise's manifests, rendered once for all clusters of a stack. */
export async function renderKruise({ binaries, env }: StackContext): Promise<Manifest[]> {
  const folder = await moduleFolder("kruise", MODULE);
  const args = ["kustomize", join(folder, "config/default")];
  return parseManifests(await runOrThrow(binary(binaries, "kubectl"), args, { env }));
}

/** Installs Kruise in a cluster and starts its manager. `awaitKruise` waits for it. */
export async function startKruise(
  context: StackContext,
  plane: ControlPlane,
  rendered: Manifest[],
): Promise<{ healthUrl: string }> {
  const [webhookPort, metricsPort, healthPort, pprofPort] = [
    await context.ports.take(),
    await context.ports.take(),
    await context.ports.take(),
    await context.ports.take(),
  ];
  await applyAll(context, {
    kubeconfig: plane.kubeconfig,
    name: `${plane.name}-kruise`,
    objects: rendered.map((object) => adapt(object, `https://127.0.0.1:${webhookPort}`)),
  });
  context.processes.start({
    name: `${plane.name}/kruise-manager`,
    command: binary(context.binaries, "kruise"),
    env: {
      WEBHOOK_HOST: "127.0.0.1",
      WEBHOOK_PORT: String(webhookPort),
      WEBHOOK_CERT_DIR: join(plane.dir, "kruise-webhook"),
      POD_NAMESPACE: KRUISE_NAMESPACE,
    },
    args: [
      `--kubeconfig=${plane.kubeconfig}`,
      "--enable-leader-election=true",
      `--leader-election-namespace=${KRUISE_NAMESPACE}`,
      `--metrics-addr=127.0.0.1:${metricsPort}`,
      `--health-probe-addr=127.0.0.1:${healthPort}`,
      `--pprof-addr=127.0.0.1:${pprofPort}`,
      `--feature-gates=${FEATURE_GATES}`,
      "--v=2",
    ],
  });
  return { healthUrl: `http://127.0.0.1:${healthPort}/readyz` };
}

/** Waits until the manager serves its webhooks and leads, and its Deployment is Available on kwok's nodes. */
export async function awaitKruise(
  context: StackContext,
  { name, kube, healthUrl }: { name: string; kube: Kube; healthUrl: string },
): Promise<void> {
  const options = { limitMs: READY_LIMIT_MS, signal: context.processes.failure };
  await until(
    `${name}/kruise-manager to be ready`,
    async () => {
      const response = await fetch(healthUrl);
      return lookAt(response.ok, await response.text());
    },
    options,
  );
  await until(
    `${name}/kruise-manager to lead`,
    async () => {
      const lease = await kube.request<KubeObject & { spec?: { holderIdentity?: string } }>({
        method: "GET",
        path: `/apis/coordination.k8s.io/v1/namespaces/${KRUISE_NAMESPACE}/leases/kruise-manager`,
      });
      return lookAt(Boolean(lease.spec?.holderIdentity), lease.spec);
    },
    options,
  );
  await until(
    `Deployment kruise-controller-manager of ${name} to be Available`,
    async () => {
      const { status } = await kube.request<KubeObject & { status?: { conditions?: Condition[] } }>({
        method: "GET",
        path: `/apis/apps/v1/namespaces/${KRUISE_NAMESPACE}/deployments/kruise-controller-manager`,
      });
      const available = status?.conditions?.find((condition) => condition.type === "Available");
      return lookAt(available?.status === "True", status);
    },
    options,
  );
}

/**
 * What differs from an installation with a network: webhooks are reached by URL from the first moment (the manager
 * writes the same URLs later; until then kube-apiserver would wait for a Service that nothing routes), images have a
 * release's names, and pods stay on kwok's nodes.
 */
function adapt(object: Manifest, webhookUrl: string): Manifest {
  const copy = structuredClone(object);
  visit(copy, (node) => {
    if ("clientConfig" in node && isRecord(node["clientConfig"])) byUrl(node["clientConfig"], webhookUrl);
    if (node["image"] === "controller:latest") node["image"] = KRUISE_IMAGE;
    if ("containers" in node && "serviceAccountName" in node) node["nodeSelector"] = FAKE_NODE_LABEL;
  });
  return copy;
}

function byUrl(clientConfig: Record<string, unknown>, webhookUrl: string): void {
  const service = clientConfig["service"];
  if (!isRecord(service)) return;
  delete clientConfig["service"];
  clientConfig["url"] = `${webhookUrl}${String(service["path"])}`;
}

function visit(value: unknown, change: (node: Record<string, unknown>) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, change);
  } else if (isRecord(value)) {
    change(value);
    for (const item of Object.values(value)) visit(item, change);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
