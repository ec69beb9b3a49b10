// KruiseFleetWorkload as readers get it, described once, as in schemas.ts.
import * as z from "zod";
import { HEALTHS } from "../../shared/health/verdict.ts";
import { API_VERSION } from "../../shared/wire/group.ts";
import { ByHealth, Condition, Counts, Metadata, Source } from "./schemas.ts";

const date = z.string().meta({ format: "date-time" });
const count = z.int().nonnegative();
const health = z.enum(HEALTHS);
const Clusters = z.object({ count, names: z.array(z.string()).describe("The first of them: not all are named") });

const Progress = z.object({
  reached: count.describe("Updated pods, of those that may be updated now"),
  target: count.describe("Pods that may be updated now: all but what partitions and pauses hold"),
  updated: count.describe("Updated pods, of all that are wanted"),
  wanted: count,
  held: count.describe("Pods that a pause or a partition keeps at the old revision"),
  clusters: z
    .object({
      atTarget: count.describe("Clusters on which nothing is left to do"),
      moving: count,
      held: count.describe("Clusters that wait for a person"),
      stuck: count.describe("Clusters on which the rollout does not get on"),
    })
    .describe("How the rollout stands, by clusters"),
});

const Partitions = z.object({
  values: z.array(
    z.object({
      partition: z.string().describe("As written in the spec: a number or a percentage; 0 where there is none"),
      paused: z.boolean(),
      clusters: Clusters,
    }),
  ),
  valuesLeftOut: count.optional(),
  podsKeptOld: count.describe("Pods that the partitions keep at the old revision, over all clusters"),
  differ: z.boolean().describe("True when the clusters do not all have the same, as in a canary by cluster"),
});

const Wave = z.object({
  version: count.describe("The image set: index in status.versions"),
  clusters: z.array(z.string()).describe("The first clusters in it, the first one first: not all are named"),
  firstTime: date.describe("Last change of the verdict of the cluster that has been as it is for the longest time"),
  lastTime: date.describe("The same of the cluster that changed last"),
});

export const KruiseFleetWorkload = z
  .object({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("KruiseFleetWorkload"),
    metadata: Metadata,
    workload: z
      .object({ group: z.string(), kind: z.string(), namespace: z.string().optional(), name: z.string() })
      .describe("The OpenKruise object, in whatever version each managed cluster has it"),
    status: z.object({
      health: health.describe("The worst of the clusters that report; Unknown when none does"),
      reason: z.string().describe("The most common reason of that health"),
      message: z.string().describe("Why, as a sentence"),
      since: date.describe("Last change of the health"),
      byHealth: ByHealth.describe("Clusters by health; those that do not report are Unknown"),
      reasons: z
        .array(z.object({ health, reason: z.string(), clusters: Clusters }))
        .describe("Reasons, the worst health first, with the clusters that are longest in it; none for Healthy"),
      reporting: z
        .object({
          fresh: count.describe("Clusters that report"),
          stale: count.describe("Clusters that had it when they fell silent"),
          missing: count.describe("Clusters that are to have it and never reported: 0, as nobody tells what is to be"),
          oldestReportTime: date.optional().describe("Last report of the cluster that is silent for the longest time"),
        })
        .describe("From how many clusters all this is known"),
      counts: Counts.describe("Sums over the clusters that report"),
      progress: Progress.optional().describe("The rollout over the clusters that report"),
      partitions: Partitions.optional().describe("What holds the rollout, by clusters"),
      versions: z
        .array(
          z.object({ images: z.array(z.object({ container: z.string(), image: z.string() })), clusters: Clusters }),
        )
        .optional()
        .describe("Image sets that clusters want, the most common first"),
      versionsLeftOut: count.optional(),
      waves: z.array(Wave).optional().describe("The image sets in the order in which clusters came to them"),
      templates: z
        .array(z.object({ hash: z.string(), clusters: Clusters }))
        .optional()
        .describe("Hashes of the pod template: more than one means that clusters do not want the same"),
      templatesLeftOut: count.optional(),
      sources: z
        .array(z.object({ ...Source.shape, clusters: Clusters }))
        .optional()
        .describe("What delivers it: several of one type may mean that different workloads share a name"),
      sourcesLeftOut: count.optional(),
      jobs: z
        .object({ completed: count, of: count, failed: Clusters })
        .optional()
        .describe("Kinds that end: on how many clusters they are done"),
      lastScheduleTime: z
        .object({ earliest: date, latest: date })
        .optional()
        .describe("AdvancedCronJob: the clusters' last starts"),
      children: z
        .array(z.object({ kind: z.string(), count }))
        .optional()
        .describe("Records on all clusters whose controlling owner this is, by kind: they have no row of their own"),
      conditions: z.array(Condition).describe("Healthy, Degraded and Reporting"),
    }),
  })
  .describe("Health of one OpenKruise workload over all managed clusters that have it");
export type KruiseFleetWorkload = z.infer<typeof KruiseFleetWorkload>;
