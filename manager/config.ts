// The manager's whole configuration: its environment, as the chart sets it.
import { z } from "zod";
import { LOG_LEVELS } from "../shared/runtime/log-levels.ts";

const seconds = z.coerce.number("wanted is a whole number of seconds, 1 or more").int().min(1);
const port = z.coerce.number().int().min(1).max(65535);

export const ManagerConfig = z
  .object({
    LOG_LEVEL: z.enum(LOG_LEVELS).default("info"),
    POD_NAME: z.string().min(1),
    POD_NAMESPACE: z.string().min(1),
    /** Address that the servers listen on. */
    POD_IP: z.string().default("0.0.0.0"),
    /** The feedback API: HTTPS, reached through the hub's kube-apiserver. */
    API_PORT: port.default(8443),
    /** Probes and metrics: HTTP. */
    HEALTH_PORT: port.default(8081),
    /** Service and APIService that lead to API_PORT. */
    SERVICE_NAME: z.string().default("kruise-health"),
    /** Secret with the serving certificate; made and renewed by the leader. */
    SERVING_SECRET: z.string().default("kruise-health-serving"),
    AGENT_IMAGE: z.string().min(1),
    AGENT_IMAGE_PULL_POLICY: z.enum(["Always", "IfNotPresent", "Never"]).default("IfNotPresent"),
    /** Longest time between two reports of an agent. */
    HEARTBEAT_SECONDS: seconds.default(30),
    /** Silence after which a cluster's rows and conditions turn Unknown. */
    STALE_AFTER_SECONDS: seconds.default(90),
    /** Time after its own start in which the manager calls no cluster silent. */
    SILENCE_GRACE_SECONDS: seconds.default(120),
    /** Kubeconfig of the hub; not set in a pod: the ServiceAccount is used. */
    KUBECONFIG: z.string().optional(),
    /** Set by the kubelet in a pod. */
    KUBERNETES_SERVICE_HOST: z.string().optional(),
    KUBERNETES_SERVICE_PORT: z.coerce.number().int().default(443),
  })
  .refine((config) => config.STALE_AFTER_SECONDS >= 2 * config.HEARTBEAT_SECONDS, {
    path: ["STALE_AFTER_SECONDS"],
    message: "must be at least 2 x HEARTBEAT_SECONDS, so that one lost report is not silence",
  });
export type ManagerConfig = Readonly<z.infer<typeof ManagerConfig>>;
