// The manager's whole configuration: its environment, as the chart sets it.
import * as z from "zod";
import { isReachable, NOT_REACHABLE } from "../shared/runtime/config.ts";
import { LOG_LEVELS } from "../shared/runtime/log-levels.ts";
import { Authorities, FeedbackUrl } from "../shared/wire/feedback.ts";
import { ADDON_VERSIONS } from "./ocm/addon-api.ts";

/** The Lease by which the replicas agree who leads, in the manager's namespace. */
export const LEADER_LEASE = "kruise-health-manager";

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
    FEEDBACK_MODE: z
      .enum(["aggregated", "direct", "both"])
      .default("aggregated")
      .describe(
        "Ways to the feedback API. aggregated: the hub's kube-apiserver; direct: FEEDBACK_URL, and no APIService; both: agents report to FEEDBACK_URL, readers choose",
      ),
    FEEDBACK_URL: FeedbackUrl.optional().describe(
      "Where agents, and readers, reach API_PORT past kube-apiserver: `https://HOST:PORT`. Its host is one more name of the manager's own certificate",
    ),
    FEEDBACK_CA: Authorities.optional().describe(
      "Certificate authorities (PEM) by which agents know FEEDBACK_URL; not set: ca.crt of SERVING_SECRET",
    ),
    SERVICE_NAME: z.string().default("kruise-health").describe("Service and APIService that lead to API_PORT"),
    SERVICE_PORT: port.default(443).describe("Port of that Service: what the APIService names"),
    DEPLOYMENT_NAME: z
      .string()
      .optional()
      .describe(
        "Deployment of the manager: when it, SERVICE_NAME or POD_NAMESPACE is deleted, or it is scaled to 0, the APIService goes; not set: it stays",
      ),
    OWNER_CLUSTER_ROLE: z
      .string()
      .optional()
      .describe("ClusterRole that owns the APIService, the serving Secret and the leader's Lease; not set: no owner"),
    SERVING_SECRET: z
      .string()
      .default("kruise-health-serving")
      .describe("Secret with the serving certificate: tls.crt, tls.key, ca.crt"),
    CERTIFICATE_MODE: z
      .enum(["own", "existing"])
      .default("own")
      .describe("own: the leader makes and renews that Secret; existing: somebody else does, and it is only read"),
    ADDON_API_VERSION: z
      .enum(["auto", ...ADDON_VERSIONS])
      .default("auto")
      .describe("Version of OCM's add-on API to speak; auto: the first of v1alpha1, v1beta1 that the hub can serve"),
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
    WORKLOAD_SERIES_MAX: z.coerce
      .number("wanted is a whole number, 0 or more")
      .int()
      .min(0)
      .max(100_000)
      .default(0)
      .describe("Workloads that are Degraded or Unknown and get a metric of their own, at most; 0: none"),
    DASHBOARD_ENABLED: z.enum(["true", "false"]).default("true").describe("Whether the page is served"),
    DASHBOARD_DIR: z
      .string()
      .optional()
      .describe("Folder of the page's files; not set: `dashboard` beside the program"),
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
  .refine(({ FEEDBACK_MODE: mode, FEEDBACK_URL: url }) => mode === "aggregated" || url !== undefined, {
    path: ["FEEDBACK_URL"],
    message: "is wanted when FEEDBACK_MODE is direct or both",
    when: () => true,
  })
  .refine(({ FEEDBACK_MODE: mode, FEEDBACK_URL: url }) => mode !== "aggregated" || url === undefined, {
    path: ["FEEDBACK_URL"],
    message: "would do nothing: FEEDBACK_MODE must be direct or both for it",
    when: () => true,
  })
  .refine(isReachable, NOT_REACHABLE);
export type ManagerConfig = Readonly<z.infer<typeof ManagerConfig>>;
