// KruiseFleetWorkload as readers get it, described once, as in schemas.ts.
import * as z from "zod";
import {
  apiVersion,
  ByHealth,
  Condition,
  count,
  Counts,
  date,
  health,
  Image,
  kindOf,
  Metadata,
  reason,
  Source,
} from "./schemas.ts";

const Clusters = z.object({
  count: count.describe("How many clusters"),
  names: z.array(z.string()).describe("The first of them: not all are named"),
});
const clusters = Clusters.describe("On which clusters");
const leftOut = count.optional().describe("How many more there are that are not listed");

const Progress = z.object({
  reached: count.describe("Updated pods, of those that may be updated now"),
  target: count.describe("Pods that may be updated now: all but what partitions and pauses hold"),
  updated: count.describe("Updated pods, of all that are wanted"),
  wanted: count.describe("Pods that are wanted"),
  held: count.describe("Pods that a pause or a partition keeps at the old revision"),
  clusters: z
    .object({
      atTarget: count.describe("Clusters on which nothing is left to do"),
      moving: count.describe("Clusters on which the rollout gets on"),
      held: count.describe("Clusters that wait for a person"),
      stuck: count.describe("Clusters on which the rollout does not get on"),
    })
    .describe("How the rollout stands, by clusters"),
});

const Partitions = z.object({
  values: z
    .array(
      z.object({
        partition: z.string().describe("As written in the spec: a number or a percentage; 0 where there is none"),
        paused: z.boolean().describe("Whether the spec pauses the rollout"),
        clusters,
      }),
    )
    .describe("What holds pods back, the most common first"),
  valuesLeftOut: leftOut,
  podsKeptOld: count.describe("Pods that the partitions keep at the old revision, over all clusters"),
  differ: z.boolean().describe("True when the clusters do not all have the same, as in a canary by cluster"),
});

const Wave = z.object({
  version: count.describe("The image set: index in status.versions"),
  clusters: z.array(z.string()).describe("The first clusters in it, the first one first: not all are named"),
  firstTime: date.describe("Last change of the verdict of the cluster that has been as it is for the longest time"),
  lastTime: date.describe("The same of the cluster that changed last"),
});

const FleetStatus = z.object({
  health: health.describe("The worst of the clusters that report; Unknown when none does"),
  reason: z.string().describe("The most common reason of that health"),
  message: z.string().describe("Why, as a sentence"),
  since: date.describe("Last change of the health"),
  byHealth: ByHealth.describe("Clusters by health; those that do not report are Unknown"),
  reasons: z
    .array(z.object({ health, reason, clusters }))
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
    .array(z.object({ images: z.array(Image).describe("Images of the main containers"), clusters }))
    .optional()
    .describe("Image sets that clusters want, the most common first"),
  versionsLeftOut: leftOut,
  waves: z.array(Wave).optional().describe("The image sets in the order in which clusters came to them"),
  templates: z
    .array(z.object({ hash: z.string().describe("Hash of the pod template"), clusters }))
    .optional()
    .describe("Hashes of the pod template: more than one means that clusters do not want the same"),
  templatesLeftOut: leftOut,
  sources: z
    .array(z.object({ ...Source.shape, clusters }))
    .optional()
    .describe("What delivers it: several of one type may mean that different workloads share a name"),
  sourcesLeftOut: leftOut,
  jobs: z
    .object({
      completed: count.describe("Clusters on which it is done"),
      of: count.describe("Clusters that report it"),
      failed: Clusters.describe("Clusters on which it failed"),
    })
    .optional()
    .describe("Kinds that end: on how many clusters they are done"),
  lastScheduleTime: z
    .object({
      earliest: date.describe("Of the cluster on which it started first"),
      latest: date.describe("Of the cluster on which it started last"),
    })
    .optional()
    .describe("AdvancedCronJob: the clusters' last starts"),
  children: z
    .array(z.object({ kind: z.string().describe("Their kind"), count: count.describe("How many there are") }))
    .optional()
    .describe("Records on all clusters whose controlling owner this is, by kind: they have no row of their own"),
  conditions: z.array(Condition).describe("Healthy, Degraded and Reporting"),
});

export const KruiseFleetWorkload = z
  .object({
    apiVersion,
    kind: kindOf("KruiseFleetWorkload"),
    metadata: Metadata,
    workload: z
      .object({
        group: z.string().describe("Its API group"),
        kind: z.string().describe("Its kind"),
        namespace: z.string().optional().describe("Its namespace; absent for a cluster-scoped kind"),
        name: z.string().describe("Its name"),
      })
      .describe("The OpenKruise object, in whatever version each managed cluster has it"),
    status: FleetStatus.describe("What is known of it over all clusters"),
  })
  .describe("Health of one OpenKruise workload over all managed clusters that have it");
export type KruiseFleetWorkload = z.infer<typeof KruiseFleetWorkload>;
