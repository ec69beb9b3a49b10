// The agent's whole configuration: its environment, as the manager's Deployment sets it.
import { z } from "zod";
import { AgentSettings } from "../shared/wire/agent-settings.ts";

export const AgentConfig = AgentSettings.extend({
  /** Name of the managed cluster: its namespace on the hub. */
  CLUSTER_NAME: z.string().min(1),
  POD_NAME: z.string().min(1),
  POD_NAMESPACE: z.string().min(1),
  /** Address that the probe and metrics server listens on. */
  POD_IP: z.string().default("0.0.0.0"),
  HEALTH_PORT: z.coerce.number().int().min(1).max(65535).default(8081),
  /** The kubeconfig that OCM keeps in Secret kruise-health-hub-kubeconfig, mounted as a directory. */
  HUB_KUBECONFIG: z.string().default("/var/run/kruise-health/hub/kubeconfig"),
  /** Kubeconfig of the managed cluster; not set in a pod: the ServiceAccount is used. */
  KUBECONFIG: z.string().optional(),
  /** Set by the kubelet in a pod. */
  KUBERNETES_SERVICE_HOST: z.string().optional(),
  KUBERNETES_SERVICE_PORT: z.coerce.number().int().default(443),
});
export type AgentConfig = Readonly<z.infer<typeof AgentConfig>>;
