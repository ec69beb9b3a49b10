// The hub side of Open Cluster Management: its CRDs, the conversion webhook between the two versions of the add-on
// API, and its controllers, all from the published module.
import { join } from "node:path";
import { applyAll, binary } from "./context.ts";
import type { StackContext } from "./context.ts";
import { getText } from "./control-plane.ts";
import type { ControlPlane } from "./control-plane.ts";
import { readManifests, writeKeyPair } from "./files.ts";
import type { Manifest } from "./files.ts";
import { met, until } from "./polling.ts";
import { moduleFolder } from "./tools.ts";

export const API_MODULE = "open-cluster-management.io/api";
const HUB_NAMESPACE = "open-cluster-management-hub";
/** The user whose first certificate requests the hub approves by itself. */
const BOOTSTRAP_USER = "bootstrap";
const READY_LIMIT_MS = 60_000;

const CRD_FILES = [
  "cluster/v1/0000_00_clusters.open-cluster-management.io_managedclusters.crd.yaml",
  "cluster/v1beta2/0000_00_clusters.open-cluster-management.io_managedclustersets.crd.yaml",
  "cluster/v1beta2/0000_01_clusters.open-cluster-management.io_managedclustersetbindings.crd.yaml",
  "cluster/v1beta1/0000_02_clusters.open-cluster-management.io_placements.crd.yaml",
  "cluster/v1beta1/0000_03_clusters.open-cluster-management.io_placementdecisions.crd.yaml",
  "cluster/v1alpha1/0000_05_clusters.open-cluster-management.io_addonplacementscores.crd.yaml",
  "work/v1/0000_00_work.open-cluster-management.io_manifestworks.crd.yaml",
  "work/v1alpha1/0000_00_work.open-cluster-management.io_manifestworkreplicasets.crd.yaml",
  "addon/v1beta1/0000_00_addon.open-cluster-management.io_clustermanagementaddons.crd.yaml",
  "addon/v1beta1/0000_01_addon.open-cluster-management.io_managedclusteraddons.crd.yaml",
  "addon/v1beta1/0000_02_addon.open-cluster-management.io_addondeploymentconfigs.crd.yaml",
  "addon/v1alpha1/0000_03_addon.open-cluster-management.io_addontemplates.crd.yaml",
];
const CONVERTED = [
  "clustermanagementaddons.addon.open-cluster-management.io",
  "managedclusteraddons.addon.open-cluster-management.io",
];

export interface OcmHub {
  /** Kubeconfig with which a cluster asks to join. */
  bootstrapKubeconfig: string;
}

export async function startOcmHub(context: StackContext, hub: ControlPlane): Promise<OcmHub> {
  const webhookPort = await context.ports.take();
  const crds = await hubCrds(hub.ca, `https://127.0.0.1:${webhookPort}/convert`);
  const [bootstrapKubeconfig] = await Promise.all([
    hub.identity(join(hub.dir, "bootstrap.kubeconfig"), { cn: BOOTSTRAP_USER }),
    startWebhookServer(context, hub, webhookPort),
    applyAll(context, {
      kubeconfig: hub.kubeconfig,
      name: "hub-ocm",
      objects: [...crds, namespace(HUB_NAMESPACE), ...bootstrapRole()],
    }),
  ]);
  await startControllers(context, hub);
  return { bootstrapKubeconfig };
}

async function hubCrds(ca: string, conversionUrl: string): Promise<Manifest[]> {
  const folder = await moduleFolder("ocm", API_MODULE);
  const crds = await readManifests(...CRD_FILES.map((file) => join(folder, file)));
  const conversion = {
    strategy: "Webhook",
    webhook: {
      conversionReviewVersions: ["v1"],
      clientConfig: { url: conversionUrl, caBundle: Buffer.from(ca).toString("base64") },
    },
  };
  return crds.map((crd) =>
    CONVERTED.includes(crd.metadata.name) ? { ...crd, spec: { ...(crd["spec"] as object), conversion } } : crd,
  );
}

async function startWebhookServer(context: StackContext, hub: ControlPlane, port: number): Promise<void> {
  const certdir = join(hub.dir, "addon-webhook");
  await writeKeyPair(
    join(certdir, "tls"),
    await hub.authority.issue({ cn: "addon-webhook", server: true, dns: ["localhost"], ips: ["127.0.0.1"] }),
  );
  context.processes.start({
    name: "hub/addon-webhook",
    command: binary(context.binaries, "conversion"),
    args: [`--port=${port}`, `--certdir=${certdir}`],
    env: { KUBECONFIG: hub.kubeconfig },
  });
  await until("OCM's conversion webhook to answer", async () => met(await getText(`https://127.0.0.1:${port}/`, hub)), {
    limitMs: READY_LIMIT_MS,
    signal: context.processes.failure,
  });
}

async function startControllers(context: StackContext, hub: ControlPlane): Promise<void> {
  const controllers: { program: string; args: string[] }[] = [
    {
      program: "registration",
      args: [
        "controller",
        "--enabled-registration-drivers=csr",
        "--feature-gates=ManagedClusterAutoApproval=true",
        `--auto-approved-csr-users=${BOOTSTRAP_USER}`,
      ],
    },
    { program: "addon", args: ["manager"] },
    { program: "placement", args: ["controller"] },
    { program: "work", args: ["manager"] },
  ];
  for (const { program, args } of controllers) {
    context.processes.start({
      name: `hub/${program}-controller`,
      command: binary(context.binaries, program),
      args: [
        ...args,
        `--kubeconfig=${hub.kubeconfig}`,
        `--namespace=${HUB_NAMESPACE}`,
        "--disable-leader-election",
        `--listen=127.0.0.1:${await context.ports.take()}`,
      ],
    });
  }
}

export function namespace(name: string, annotations: Record<string, string> = {}): Manifest {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, annotations } };
}

function bootstrapRole(): Manifest[] {
  const name = "open-cluster-management:bootstrap";
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const rule = (apiGroup: string, resource: string, verbs: string[]): object => ({
    apiGroups: [apiGroup],
    resources: [resource],
    verbs,
  });
  return [
    {
      apiVersion,
      kind: "ClusterRole",
      metadata: { name },
      rules: [
        rule("certificates.k8s.io", "certificatesigningrequests", ["create", "get", "list", "watch"]),
        rule("cluster.open-cluster-management.io", "managedclusters", ["create", "get", "list", "watch"]),
        rule("cluster.open-cluster-management.io", "managedclustersets/join", ["create"]),
      ],
    },
    {
      apiVersion,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: BOOTSTRAP_USER }],
    },
  ];
}
