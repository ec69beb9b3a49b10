// The objects that readers get, described once: TypeScript types, `kubectl explain` and the OpenAPI documents come from
// here, cluster-schemas.ts and fleet-schemas.ts.
import * as z from "zod";
import { HEALTHS } from "../../shared/health/verdict.ts";
import { API_VERSION } from "../../shared/wire/group.ts";

export const date = z.string().meta({ format: "date-time" });
export const count = z.int().nonnegative();
export const health = z
  .enum(HEALTHS)
  .describe("Healthy, Suspended, Progressing, Unknown or Degraded: the last is the worst");
export const reason = z.string().describe("Why, as one word: see the reasons in the documentation");
export const message = z.string().describe("Why, as a sentence");

export const apiVersion = z.literal(API_VERSION).describe("API and version of this object");
export const kindOf = <Kind extends string>(kind: Kind) => z.literal(kind).describe("Kind of this object");

export const Metadata = z
  .object({
    name: z.string().describe("kind.namespace.name of the workload in lower case, or the name of the managed cluster"),
    namespace: z.string().optional().describe("Cluster namespace: the name of the managed cluster"),
    uid: z.string().describe("Stays the same through restarts of the manager"),
    resourceVersion: z.string().describe("Version of the last change, growing over all objects of this API"),
    creationTimestamp: date.describe("When the hub first heard of it in the life of this manager"),
    labels: z.record(z.string(), z.string()).describe("Cluster, kind and namespace of the workload, for selectors"),
  })
  .describe("Standard metadata of an object");
export type Metadata = z.infer<typeof Metadata>;

export const Condition = z.object({
  type: z.string().describe("What it says something of"),
  status: z.enum(["True", "False", "Unknown"]).describe("Whether it holds; Unknown while nothing is known"),
  reason,
  message,
  lastTransitionTime: date.describe("Since when it has this status"),
});

const since = date.describe("Since when it has this health and reason");
const Assessment = z.object({ health, reason, message, since });
export const Image = z.object({
  container: z.string().describe("Name of the container"),
  image: z.string().describe("Its image, as written in the spec"),
});

export const Counts = z
  .object({
    wanted: count.describe("Replicas that the spec wants"),
    existing: count.describe("Pods that exist"),
    matched: count.describe("SidecarSet: pods that the selector matches"),
    ready: count.describe("Pods that are ready"),
    available: count.describe("Pods that are available: ready for long enough"),
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
    strategy: z.string().describe("Type of the update strategy"),
    podUpdatePolicy: z.string().describe("How pods are updated: in place, or created anew"),
    partition: z.string().describe("As written in the spec: a number or a percentage"),
    podsKeptOld: count.describe("The partition resolved to a number of pods"),
    updateTarget: count.describe("Pods that are to be updated now"),
    paused: z.boolean().describe("True while the spec pauses the rollout"),
    currentRevision: z.string().describe("Revision from which pods are updated"),
    updateRevision: z.string().describe("Revision to which pods are updated"),
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
  reason: z.string().describe("What was seen, as one word: see the causes in the documentation"),
  message: z.string().describe("What was seen, as a sentence"),
  pods: count.describe("Pods that it was seen on, of those that were looked at; 0: it is the workload's own"),
});

const Subset = z.object({
  name: z.string().describe("Name of the subset"),
  pods: count.optional().describe("Pods in it"),
  ready: count.optional().describe("Pods in it that are ready"),
  partition: z.int().optional().describe("Pods in it that are kept at the old revision"),
  unschedulable: z.boolean().optional().describe("True while pods cannot be placed in it"),
});

const Parent = z.object({
  kind: z.string().describe("Kind of the owner"),
  name: z.string().describe("Name of the owner, in the same namespace"),
});

export const Period = z.object({
  health,
  reason,
  since: date.describe("When it began, or what is folded into it did: turns of two, other reasons of its health"),
  until: date.describe("When another one followed"),
  times: count.optional().describe("How often it was so, in turns with a neighbour; absent: once"),
});

const WorkloadStatus = z.object({
  health: health.describe("What is known now; Unknown while the cluster does not report"),
  reason,
  message,
  since,
  stale: z.boolean().describe("True while the cluster does not report"),
  lastKnown: Assessment.optional().describe("What the last report said, while the cluster does not report"),
  lastProgressTime: date.optional().describe("When the rollout last got on, as far as the agent has seen"),
  observedGeneration: z.int().optional().describe("Generation that OpenKruise has acted on"),
  counts: Counts.describe("Its numbers; which there are depends on the kind"),
  rollout: Rollout.optional().describe("How far the rollout is, and what holds it"),
  images: z.array(Image).optional().describe("Images of the main containers"),
  templateHash: z.string().optional().describe("Hash of the pod template: alike on clusters that want the same"),
  subsets: z.array(Subset).optional().describe("UnitedDeployment and WorkloadSpread: their subsets"),
  subsetsLeftOut: count.optional().describe("Subsets that are not listed, to keep the report small"),
  lastScheduleTime: date.optional().describe("AdvancedCronJob: its last start"),
  source: Source.optional().describe("What delivers the object to its cluster"),
  otherSources: z.array(Source).optional().describe("What delivers it besides"),
  notes: z.array(z.string()).optional().describe("Findings that change no verdict"),
  causes: z.array(Cause).optional().describe("What a look at its pods and events showed, the commonest first"),
  limits: z.string().optional().describe("What was cut from the report to keep it small"),
  history: z.array(Period).optional().describe("Healths and reasons before this one, newest first: the last five"),
  conditions: z.array(Condition).describe("Healthy and Degraded, for kubectl wait"),
});

export const KruiseWorkload = z
  .object({
    apiVersion,
    kind: kindOf("KruiseWorkload"),
    metadata: Metadata,
    workload: z
      .object({
        apiVersion: z.string().describe("API and version through which the agent reads it"),
        kind: z.string().describe("Its kind"),
        namespace: z.string().optional().describe("Its namespace; absent for a cluster-scoped kind"),
        name: z.string().describe("Its name"),
        uidPrefix: z.string().describe("First eight digits of the uid on the managed cluster"),
        generation: z.int().describe("Generation of its spec that was judged"),
        parent: Parent.optional().describe("The controlling owner"),
      })
      .describe("The OpenKruise object on the managed cluster"),
    status: WorkloadStatus.describe("What is known of it"),
  })
  .describe("Health of one OpenKruise workload on one managed cluster");
export type KruiseWorkload = z.infer<typeof KruiseWorkload>;

export const ByHealth = z.object({
  Healthy: count.describe("Number that is Healthy"),
  Progressing: count.describe("Number that is Progressing"),
  Suspended: count.describe("Number that is Suspended: held by a person"),
  Degraded: count.describe("Number that is Degraded"),
  Unknown: count.describe("Number that is Unknown"),
});
