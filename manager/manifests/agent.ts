// The agent as it is applied to a managed cluster. Pure, and the same bytes for the same input: anything else would make
// OCM apply it again and again. No Lease (applying it would rewrite its times) and no Secret (OCM makes it).
import type { V1Container, V1Deployment, V1EnvVar, V1Namespace, V1Probe } from "@kubernetes/client-node";
import type { KubeObject } from "../../shared/kube/types.ts";
import { ORPHAN_ANNOTATION } from "../ocm/types.ts";
import { AGENT_LABELS, AGENT_NAME, AGENT_SELECTOR, renderAgentRbac } from "./agent-rbac.ts";
import { renderProxyCa } from "./proxy.ts";
import { literal, settingsEnvironment } from "./settings.ts";
import { CONTAINER_NAME } from "./wishes.ts";
import type { Wishes } from "./wishes.ts";

/** Secret that the klusterlet fills with the agent's kubeconfig for the hub. */
const HUB_KUBECONFIG_SECRET = "kruise-health-hub-kubeconfig";
const HUB_KUBECONFIG_DIRECTORY = "/var/run/kruise-health/hub";
const HEALTH_PORT = 8081;

/** The way of reports past the hub's kube-apiserver. */
export interface DirectWay {
  url: string;
  /** Authorities (PEM) by which the agent knows the server there; undefined: they are not known yet. */
  ca: string | undefined;
}

export interface AgentInput extends Wishes {
  cluster: string;
  namespace: string;
  imagePullPolicy: string;
  /** Undefined: reports go through kube-apiserver. */
  direct?: DirectWay | undefined;
}

/** Renders all objects of the agent, in the order in which they are applied. */
export function renderAgent(input: AgentInput): KubeObject[] {
  const ca = renderProxyCa(input.namespace, input.proxy);
  const objects = [
    renderNamespace(input.namespace),
    ...renderAgentRbac(input.namespace, input.settings),
    ...(ca ? [ca.configMap] : []),
    renderDeployment(input, ca),
  ];
  return objects as KubeObject[];
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
      annotations: { [ORPHAN_ANNOTATION]: "" },
    },
  };
}

type ProxyCa = ReturnType<typeof renderProxyCa>;

function renderDeployment(input: AgentInput, ca: ProxyCa): V1Deployment {
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
        metadata: { labels: AGENT_LABELS, ...(ca && { annotations: ca.annotations }) },
        spec: {
          serviceAccountName: AGENT_NAME,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          // The image is built for amd64 and arm64, so no architecture is asked for; of operating systems there is one.
          affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: ON_LINUX } },
          containers: [renderContainer(input, ca)],
          volumes: [
            { name: "hub-kubeconfig", secret: { secretName: HUB_KUBECONFIG_SECRET } },
            ...(ca ? [ca.volume] : []),
          ],
          ...(nodeSelector && Object.keys(nodeSelector).length > 0 ? { nodeSelector } : {}),
          ...(tolerations && tolerations.length > 0 ? { tolerations } : {}),
        },
      },
    },
  } satisfies V1Deployment;
}

const ON_LINUX = {
  nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/os", operator: "In", values: ["linux"] }] }],
};

function renderContainer(input: AgentInput, ca: ProxyCa): V1Container {
  return {
    name: CONTAINER_NAME,
    image: input.image,
    imagePullPolicy: input.imagePullPolicy,
    env: renderEnvironment(input),
    ports: [{ name: "health", containerPort: HEALTH_PORT, protocol: "TCP" }],
    // A first list of a large cluster may take minutes; alive is answered long before ready.
    startupProbe: probe("/livez", { periodSeconds: 2, failureThreshold: 30 }),
    livenessProbe: probe("/livez", { periodSeconds: 20, failureThreshold: 3 }),
    readinessProbe: probe("/readyz", { periodSeconds: 5, failureThreshold: 2 }),
    resources: input.resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [
      { name: "hub-kubeconfig", mountPath: HUB_KUBECONFIG_DIRECTORY, readOnly: true },
      ...(ca ? [ca.mount] : []),
    ],
  };
}

function renderEnvironment({ cluster, settings, proxy, direct }: AgentInput): V1EnvVar[] {
  return [
    { name: "CLUSTER_NAME", value: cluster },
    fromField("POD_NAME", "metadata.name"),
    fromField("POD_NAMESPACE", "metadata.namespace"),
    fromField("POD_IP", "status.podIP"),
    ...(direct ? [{ name: "FEEDBACK_URL", value: direct.url }] : []),
    ...(direct?.ca === undefined ? [] : [{ name: "FEEDBACK_CA", value: literal(direct.ca) }]),
    ...proxy.environment,
    ...settingsEnvironment(settings),
  ];
}

function fromField(name: string, fieldPath: string): V1EnvVar {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

function probe(path: string, times: { periodSeconds: number; failureThreshold: number }): V1Probe {
  return { httpGet: { path, port: "health" }, timeoutSeconds: 5, ...times };
}
