// The agent as it is applied to a managed cluster. Pure, and the same bytes for the same input: anything else would make
// OCM apply it again and again. No Lease (applying it would rewrite its times) and no Secret (OCM makes it).
import type { V1Container, V1Deployment, V1EnvVar, V1Namespace, V1Probe } from "@kubernetes/client-node";
import type { AgentSettings } from "../../shared/wire/agent-settings.ts";
import type { AddOnDeploymentConfigSpec } from "../ocm/types.ts";
import { AGENT_LABELS, AGENT_NAME, AGENT_SELECTOR, renderAgentRbac } from "./agent-rbac.ts";
import { settingsEnvironment } from "./settings.ts";

/** Secret that the klusterlet fills with the agent's kubeconfig for the hub. */
const HUB_KUBECONFIG_SECRET = "kruise-health-hub-kubeconfig";
const HUB_KUBECONFIG_DIRECTORY = "/var/run/kruise-health/hub";
const HEALTH_PORT = 8081;

export interface AgentInput {
  cluster: string;
  namespace: string;
  image: string;
  imagePullPolicy: string;
  settings: AgentSettings;
  nodePlacement?: AddOnDeploymentConfigSpec["nodePlacement"];
  registries?: AddOnDeploymentConfigSpec["registries"];
}

/** Renders all objects of the agent, in the order in which they are applied. */
export function renderAgent(input: AgentInput): object[] {
  return [
    renderNamespace(input.namespace),
    ...renderAgentRbac(input.namespace, input.settings),
    renderDeployment(input),
  ];
}

/** Where an image comes from once the mirrors are applied: the last one that matches wins, each seeing the original. */
export function mirrorImage(image: string, registries: NonNullable<AgentInput["registries"]>): string {
  return registries.reduce((current, { source, mirror }) => {
    const to = mirror.replace(/\/+$/, "");
    const from = (source ?? "").replace(/\/+$/, "");
    if (from === "") return `${to}/${image.slice(image.lastIndexOf("/") + 1)}`;
    return image.startsWith(from) ? `${to}${image.slice(from.length)}` : current;
  }, image);
}

// The klusterlet makes the agent's Secret here but never the namespace itself. Other add-ons may live in it, so it stays
// when this one goes. The label brings OCM's image pull secret.
function renderNamespace(namespace: string): V1Namespace {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: namespace,
      labels: { "addon.open-cluster-management.io/namespace": "true" },
      annotations: { "addon.open-cluster-management.io/deletion-orphan": "" },
    },
  };
}

function renderDeployment(input: AgentInput): V1Deployment {
  const { nodeSelector, tolerations } = input.nodePlacement ?? {};
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: AGENT_NAME, namespace: input.namespace, labels: AGENT_LABELS },
    spec: {
      replicas: 1,
      selector: { matchLabels: AGENT_SELECTOR },
      // Two agents of one cluster report against each other: the old one goes before the new one comes.
      strategy: { type: "Recreate" },
      template: {
        metadata: { labels: AGENT_LABELS },
        spec: {
          serviceAccountName: AGENT_NAME,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [renderContainer(input)],
          volumes: [{ name: "hub-kubeconfig", secret: { secretName: HUB_KUBECONFIG_SECRET } }],
          ...(nodeSelector && Object.keys(nodeSelector).length > 0 ? { nodeSelector } : {}),
          ...(tolerations && tolerations.length > 0 ? { tolerations } : {}),
        },
      },
    },
  } satisfies V1Deployment;
}

function renderContainer(input: AgentInput): V1Container {
  return {
    name: "agent",
    image: mirrorImage(input.image, input.registries ?? []),
    imagePullPolicy: input.imagePullPolicy,
    env: renderEnvironment(input),
    ports: [{ name: "health", containerPort: HEALTH_PORT, protocol: "TCP" }],
    // A first list of a large cluster may take minutes; alive is answered long before ready.
    startupProbe: probe("/livez", { periodSeconds: 2, failureThreshold: 30 }),
    livenessProbe: probe("/livez", { periodSeconds: 20, failureThreshold: 3 }),
    readinessProbe: probe("/readyz", { periodSeconds: 5, failureThreshold: 2 }),
    resources: { requests: { cpu: "20m", memory: "96Mi" }, limits: { memory: "256Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [{ name: "hub-kubeconfig", mountPath: HUB_KUBECONFIG_DIRECTORY, readOnly: true }],
  };
}

function renderEnvironment({ cluster, settings }: AgentInput): V1EnvVar[] {
  return [
    { name: "CLUSTER_NAME", value: cluster },
    fromField("POD_NAME", "metadata.name"),
    fromField("POD_NAMESPACE", "metadata.namespace"),
    fromField("POD_IP", "status.podIP"),
    ...settingsEnvironment(settings),
  ];
}

function fromField(name: string, fieldPath: string): V1EnvVar {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

function probe(path: string, times: { periodSeconds: number; failureThreshold: number }): V1Probe {
  return { httpGet: { path, port: "health" }, timeoutSeconds: 5, ...times };
}
