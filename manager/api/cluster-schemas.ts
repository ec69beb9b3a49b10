// KruiseCluster as readers get it, described once, as in schemas.ts.
import * as z from "zod";
import { ReceivedKindState } from "../../shared/wire/received.ts";
import { LeftOut } from "../../shared/wire/report.ts";
import {
  apiVersion,
  ByHealth,
  Condition,
  count,
  date,
  health,
  kindOf,
  message,
  Metadata,
  Period,
  reason,
} from "./schemas.ts";

const Kruise = z.object({
  health: health.describe("Health of the installation"),
  reason,
  message,
  version: z.string().optional().describe("Version, as far as it can be told"),
  notes: z.array(z.string()).optional().describe("Findings that change no verdict"),
});

const Agent = z.object({
  version: z.string().describe("Version of the agent"),
  ruleSet: z.string().describe("Version of its health rules: it changes when a verdict can change"),
  instance: z.string().describe("Name of its pod"),
});

const KindState = ReceivedKindState.extend({
  state: ReceivedKindState.shape.state.describe("Watching, or why the kind cannot be read now"),
});

const ConditionPeriod = Period.extend({
  type: z.string().describe("Condition"),
  health: health.optional().describe("Of KruiseReady: the health that it had"),
});

const ClusterStatus = z.object({
  state: z.enum(["Fresh", "Stale", "Missing"]).describe("Fresh: reports; Stale: fell silent; Missing: never reported"),
  lastReportTime: date.optional().describe("When the last report came"),
  workloads: ByHealth.describe("Workloads by health; all Unknown while the cluster does not report"),
  lastKnownWorkloads: ByHealth.optional().describe("What the last report said, while the cluster does not report"),
  kruise: Kruise.optional().describe("The OpenKruise installation"),
  agent: Agent.optional().describe("The agent that reports"),
  duplicateAgent: z.string().optional().describe("Another agent that reports for this cluster and is not heard"),
  kinds: z.array(KindState).describe("OpenKruise kinds and whether the agent can read them"),
  leftOut: LeftOut.optional().describe("What the agent was told not to watch: it is in no row and in no number"),
  truncated: count.describe("Workloads that are counted but have no row, to keep reports small"),
  history: z
    .array(ConditionPeriod)
    .optional()
    .describe("Before this: the last five of KruiseReady, and of Reporting since the manager started; newest first"),
  conditions: z.array(Condition).describe("Reporting, KruiseReady, WorkloadsHealthy and Degraded"),
});

export const KruiseCluster = z
  .object({
    apiVersion,
    kind: kindOf("KruiseCluster"),
    metadata: Metadata,
    status: ClusterStatus.describe("What is known of it"),
  })
  .describe("What one managed cluster reports of OpenKruise");
export type KruiseCluster = z.infer<typeof KruiseCluster>;
