// The agent's whole configuration: its environment, as the manager's Deployment sets it.
import * as z from "zod";
import { isReachable, NOT_REACHABLE } from "../shared/runtime/config.ts";
import { NOT_A_PROXY, parseProxyUrl } from "../shared/kube/proxy.ts";
import { AgentSettings } from "../shared/wire/agent-settings.ts";
import { Authorities, FeedbackUrl } from "../shared/wire/feedback.ts";

export const AgentConfig = AgentSettings.extend({
  CLUSTER_NAME: z.string().min(1).describe("Name of the managed cluster: its namespace on the hub"),
  POD_NAME: z.string().min(1).describe("Name of this pod: who it is in leases and reports"),
  POD_NAMESPACE: z.string().min(1).describe("Namespace of this pod"),
  POD_IP: z.string().default("0.0.0.0").describe("Address that the probe and metrics server listens on"),
  HEALTH_PORT: z.coerce.number().int().min(1).max(65535).default(8081).describe("Port of probes and metrics, HTTP"),
  HUB_KUBECONFIG: z
    .string()
    .default("/var/run/kruise-health/hub/kubeconfig")
    .describe("The kubeconfig that OCM keeps in Secret kruise-health-hub-kubeconfig, mounted as a directory"),
  FEEDBACK_URL: FeedbackUrl.optional().describe(
    "Where reports go, as who the hub kubeconfig says; not set: to the hub's kube-apiserver, which passes them on",
  ),
  FEEDBACK_CA: Authorities.optional().describe("Certificate authorities (PEM) by which FEEDBACK_URL is known"),
  HTTPS_PROXY: z
    .string()
    .refine((text) => parseProxyUrl(text) !== undefined, NOT_A_PROXY)
    .optional()
    .describe("Proxy towards the hub, unless the hub kubeconfig names one; the managed cluster is never reached by it"),
  NO_PROXY: z
    .string()
    .optional()
    .describe("Servers to reach without HTTPS_PROXY, with commas: `host`, `.domain`, address, CIDR range, `*`"),
  PROXY_CA_FILE: z
    .string()
    .optional()
    .describe("Certificate authorities (PEM) of the proxy, and of what it shows in the hub's place"),
  KUBECONFIG: z
    .string()
    .optional()
    .describe("Kubeconfig of the managed cluster; not set in a pod: the ServiceAccount is used"),
  KUBERNETES_SERVICE_HOST: z.string().optional().describe("Set by the kubelet in a pod"),
  KUBERNETES_SERVICE_PORT: z.coerce.number().int().default(443).describe("Set by the kubelet in a pod"),
}).refine(isReachable, NOT_REACHABLE);
export type AgentConfig = Readonly<z.infer<typeof AgentConfig>>;
