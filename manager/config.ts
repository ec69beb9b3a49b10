// The manager's whole configuration: its environment, as the chart sets it.
import * as z from "zod";
import { isReachable, NOT_REACHABLE } from "../shared/runtime/config.ts";
import { LOG_LEVELS } from "../shared/runtime/log-levels.ts";

const seconds = z.coerce.number("wanted is a whole number of seconds, 1 or more").int().min(1);
const Times = z.object({ STALE_AFTER_SECONDS: z.number(), HEARTBEAT_SECONDS: z.number() });
const port = z.coerce.number().int().min(1).max(65535);

export const ManagerConfig = z
  .object({
    LOG_LEVEL: z.enum(LOG_LEVELS).default("info").describe("Least severity that is logged"),
    POD_NAME: z.string().min(1).describe("Name of this pod: who it is in leases and reports"),
    POD_NAMESPACE: z.string().min(1).describe("Namespace of this pod"),
    POD_IP: z.string().default("0.0.0.0").describe("Address that the servers listen on"),
    API_PORT: port.default(8443).describe("The feedback API: HTTPS, reached through the hub's kube-apiserver"),
    HEALTH_PORT: port.default(8081).describe("Probes and metrics: HTTP"),
    SERVICE_NAME: z.string().default("kruise-health").describe("Service and APIService that lead to API_PORT"),
    SERVICE_PORT: port.default(443).describe("Port of that Service: what the APIService names"),
    APISERVICE_OWNER: z
      .string()
      .optional()
      .describe("ClusterRole that shall own the APIService, so that both are removed together; not set: no owner"),
    SERVING_SECRET: z
      .string()
      .default("kruise-health-serving")
      .describe("Secret with the serving certificate; made and renewed by the leader"),
    AGENT_IMAGE: z.string().min(1).describe("Image of the agent that the manager deploys"),
    AGENT_IMAGE_PULL_POLICY: z
      .enum(["Always", "IfNotPresent", "Never"])
      .default("IfNotPresent")
      .describe("Pull policy of that image"),
    HEARTBEAT_SECONDS: seconds.default(30).describe("Longest time between two reports of an agent"),
    STALE_AFTER_SECONDS: seconds
      .default(90)
      .describe("Silence after which a cluster's rows and conditions turn Unknown"),
    SILENCE_GRACE_SECONDS: seconds
      .default(120)
      .describe("Time after its own start in which the manager calls no cluster silent"),
    KUBECONFIG: z.string().optional().describe("Kubeconfig of the hub; not set in a pod: the ServiceAccount is used"),
    KUBERNETES_SERVICE_HOST: z.string().optional().describe("Set by the kubelet in a pod"),
    KUBERNETES_SERVICE_PORT: z.coerce.number().int().default(443).describe("Set by the kubelet in a pod"),
  })
  .refine((config) => config.STALE_AFTER_SECONDS >= 2 * config.HEARTBEAT_SECONDS, {
    path: ["STALE_AFTER_SECONDS"],
    message: "must be at least 2 x HEARTBEAT_SECONDS, so that one lost report is not silence",
    // Told beside the mistakes of other settings, when both numbers are numbers.
    when: ({ value }) => Times.safeParse(value).success,
  })
  .refine(isReachable, NOT_REACHABLE);
export type ManagerConfig = Readonly<z.infer<typeof ManagerConfig>>;
