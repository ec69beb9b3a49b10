// The objects that readers get, described once: TypeScript types, `kubectl explain` and the OpenAPI document come from here.
import * as z from "zod";
import { HEALTHS } from "../../shared/health/verdict.ts";
import { API_VERSION } from "../../shared/wire/group.ts";
import { ReceivedKindState } from "../../shared/wire/received.ts";
import { LeftOut } from "../../shared/wire/report.ts";

const date = z.string().meta({ format: "date-time" });
const count = z.int().nonnegative();
const health = z.enum(HEALTHS);

export const Metadata = z.object({
  name: z.string(),
  namespace: z.string().optional().describe("Cluster namespace: the name of the managed cluster"),
  uid: z.string(),
  resourceVersion: z.string(),
  creationTimestamp: date.describe("When the hub first heard of it in the life of this manager"),
  labels: z.record(z.string(), z.string()),
});
export type Metadata = z.infer<typeof Metadata>;

export const Condition = z.object({
  type: z.string(),
  status: z.enum(["True", "False", "Unknown"]),
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: date,
});

const Assessment = z.object({ health, reason: z.string(), message: z.string(), since: date });

export const Counts = z
  .object({
    wanted: count.describe("Replicas that the spec wants"),
    existing: count.describe("Pods that exist"),
    matched: count.describe("SidecarSet: pods that the selector matches"),
    ready: count,
    available: count,
    updated: count.describe("Pods of the update revision"),
    updatedAvailable: count.describe("Pods of the update revision that are available"),
    updatedReady: count.describe("SidecarSet: updated pods that are ready"),
    desired: count.describe(
      "Nodes, pods, images or namespaces that are wanted; of a budget: pods that must be available",
    ),
    current: count.describe("DaemonSet: pods that exist; of a budget: pods that are available"),
    misscheduled: count.describe("DaemonSet: pods on nodes that should have none"),
    active: count.describe("Jobs: what runs now"),
    succeeded: count.describe("Jobs and distributions: what succeeded"),
    failed: count.describe("Jobs and distributions: what failed"),
    completed: count.describe("ImageListPullJob: images that are done"),
    total: count.describe("Pods that a budget or a record of pods covers"),
    allowedUnavailable: count.describe("PodUnavailableBudget: pods that may be unavailable now"),
  })
  .partial()
  // Counters of a newer agent have its own names.
  .catchall(count);

const Rollout = z
  .object({
    strategy: z.string(),
    podUpdatePolicy: z.string(),
    partition: z.string().describe("As written in the spec: a number or a percentage"),
    podsKeptOld: count.describe("The partition resolved to a number of pods"),
    updateTarget: count.describe("Pods that are to be updated now"),
    paused: z.boolean(),
    currentRevision: z.string(),
    updateRevision: z.string(),
    step: count.describe("Rollout: the current step, from 1"),
    steps: count.describe("Rollout: number of steps"),
    stepState: z.string().describe("Rollout: state of the current step"),
  })
  .partial();

export const Source = z.object({
  type: z.string().describe("The tool"),
  name: z.string().describe("What of that tool delivers it; empty when the object does not tell"),
  qualifier: z.string().optional().describe("The namespace of what is named"),
});

const Cause = z.object({
  reason: z.string(),
  message: z.string(),
  pods: count.describe("Pods that it was seen on, of those that were looked at; 0: it is the workload's own"),
});

const Subset = z.object({
  name: z.string(),
  pods: count.optional(),
  ready: count.optional(),
  partition: z.int().optional(),
  unschedulable: z.boolean().optional(),
});

const Period = z.object({
  health,
  reason: z.string(),
  since: date.describe("When it began, or what is folded into it did: turns of two, other reasons of its health"),
  until: date.describe("When another one followed"),
  times: count.optional().describe("How often it was so, in turns with a neighbour; absent: once"),
});

export const KruiseWorkload = z
  .object({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("KruiseWorkload"),
    metadata: Metadata,
    workload: z
      .object({
        apiVersion: z.string(),
        kind: z.string(),
        namespace: z.string().optional(),
        name: z.string(),
        uidPrefix: z.string().describe("First eight digits of the uid on the managed cluster"),
        generation: z.int(),
        parent: z.object({ kind: z.string(), name: z.string() }).optional().describe("The controlling owner"),
      })
      .describe("The OpenKruise object on the managed cluster"),
    status: z.object({
      health: health.describe("What is known now; Unknown while the cluster does not report"),
      reason: z.string().describe("Why, as one word: see the reasons in the documentation"),
      message: z.string().describe("Why, as a sentence"),
      since: date.describe("Since when it has this health and reason"),
      stale: z.boolean().describe("True while the cluster does not report"),
      lastKnown: Assessment.optional().describe("What the last report said, while the cluster does not report"),
      lastProgressTime: date.optional(),
      observedGeneration: z.int().optional(),
      counts: Counts,
      rollout: Rollout.optional(),
      images: z.array(z.object({ container: z.string(), image: z.string() })).optional(),
      templateHash: z.string().optional(),
      subsets: z.array(Subset).optional().describe("UnitedDeployment and WorkloadSpread: their subsets"),
      subsetsLeftOut: count.optional(),
      lastScheduleTime: date.optional().describe("AdvancedCronJob: its last start"),
      source: Source.optional().describe("What delivers the object to its cluster"),
      otherSources: z.array(Source).optional().describe("What delivers it besides"),
      notes: z.array(z.string()).optional().describe("Findings that change no verdict"),
      causes: z.array(Cause).optional().describe("What a look at its pods and events showed, the commonest first"),
      limits: z.string().optional().describe("What was cut from the report to keep it small"),
      history: z.array(Period).optional().describe("Healths and reasons before this one, newest first: the last five"),
      conditions: z.array(Condition),
    }),
  })
  .describe("Health of one OpenKruise workload on one managed cluster");
export type KruiseWorkload = z.infer<typeof KruiseWorkload>;

export const ByHealth = z.object({
  Healthy: count,
  Progressing: count,
  Suspended: count,
  Degraded: count,
  Unknown: count,
});

export const KruiseCluster = z
  .object({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("KruiseCluster"),
    metadata: Metadata,
    status: z.object({
      state: z
        .enum(["Fresh", "Stale", "Missing"])
        .describe("Fresh: reports; Stale: fell silent; Missing: never reported"),
      lastReportTime: date.optional(),
      workloads: ByHealth.describe("Workloads by health; all Unknown while the cluster does not report"),
      lastKnownWorkloads: ByHealth.optional().describe("What the last report said, while the cluster does not report"),
      kruise: z
        .object({
          health,
          reason: z.string(),
          message: z.string(),
          version: z.string().optional(),
          notes: z.array(z.string()).optional(),
        })
        .optional()
        .describe("The OpenKruise installation"),
      agent: z
        .object({ version: z.string(), ruleSet: z.string(), instance: z.string() })
        .optional()
        .describe("The agent that reports"),
      duplicateAgent: z.string().optional().describe("Another agent that reports for this cluster and is not heard"),
      kinds: z.array(ReceivedKindState).describe("OpenKruise kinds and whether the agent can read them"),
      leftOut: LeftOut.optional().describe("What the agent was told not to watch: it is in no row and in no number"),
      truncated: count.describe("Workloads that are counted but have no row, to keep reports small"),
      history: z
        .array(Period.extend({ type: z.string().describe("Condition"), health: health.optional() }))
        .optional()
        .describe(
          "Before this: the last five of KruiseReady, and of Reporting since the manager started; newest first",
        ),
      conditions: z.array(Condition),
    }),
  })
  .describe("What one managed cluster reports of OpenKruise");
export type KruiseCluster = z.infer<typeof KruiseCluster>;
