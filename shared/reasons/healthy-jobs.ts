// Guide to the reasons of Healthy that jobs, schedules and distributions give.
import type { Reason } from "../health/verdict.ts";
import { fieldOf, yamlOf } from "./commands.ts";
import type { ReasonGuide } from "./guide.ts";

export const HEALTHY_JOBS = {
  Completed: {
    meaning: "It ran to its end and nothing failed. For a Rollout: the release is done, or none is under way.",
    looksAt: ["status.phase", "status.completionTime", "status.failed"],
    causes: [],
    next: [],
    alert: "no",
  },
  Distributed: {
    meaning: "ResourceDistribution: every target namespace has the resource.",
    looksAt: ["status.desired", "status.succeeded", "status.failed"],
    causes: [],
    next: [],
    alert: "no",
  },
  NoTargets: {
    meaning: "ResourceDistribution: no namespace is a target.",
    looksAt: ["spec.targets", "status.desired"],
    causes: ["The labels or names of `spec.targets` match no namespace.", "Every namespace is excluded."],
    next: [
      {
        say: "If namespaces should have it, compare",
        run: fieldOf("resourcedistributions.apps.kruise.io", "spec.targets"),
      },
      { say: "with the labels that they carry", run: "kubectl get namespaces --show-labels" },
    ],
    alert: "no",
  },
  Scheduled: {
    meaning:
      "AdvancedCronJob: it has started a job and waits for the next time. Whether that job succeeded is the job's own verdict.",
    looksAt: ["status.lastScheduleTime", "spec.schedule"],
    causes: [],
    next: [],
    alert: "no",
  },
  NotYetScheduled: {
    meaning: "AdvancedCronJob: it has not started a job yet, because its first time has not come.",
    looksAt: ["status.lastScheduleTime", "spec.schedule", "spec.timeZone"],
    causes: [
      "The schedule's first time is still to come.",
      "The schedule has no next time, such as 30 February.",
      "A history limit has removed every job, and the last time with them.",
    ],
    next: [
      {
        say: "If a job should have run, check the schedule and its time zone",
        run: yamlOf("advancedcronjobs.apps.kruise.io"),
      },
    ],
    alert: "no",
  },
  JobsActive: {
    meaning:
      "AdvancedCronJob: jobs that it started are running. One that has ended may be listed until the next tick of the schedule.",
    looksAt: ["status.active"],
    causes: [],
    next: [],
    alert: "no",
  },
  Idle: {
    meaning:
      "A job that never completes (`completionPolicy.type: Never`) is done on every node there is and waits for new ones.",
    looksAt: ["spec.completionPolicy.type", "status.desired", "status.succeeded", "status.failed"],
    causes: [],
    next: [],
    alert: "no",
  },
  NoMatchingNodes: {
    meaning: "ImagePullJob: no node is selected, so there is nothing to pull.",
    looksAt: ["status.desired", "spec.selector", "spec.podSelector"],
    causes: ["The node selector or the pod selector matches nothing."],
    next: [
      {
        say: "If images should be pulled, compare the selector",
        run: fieldOf("imagepulljobs.apps.kruise.io", "spec.selector"),
      },
      { say: "with the labels of the nodes", run: "kubectl get nodes --show-labels" },
    ],
    alert: "no",
  },
} as const satisfies Partial<Record<Reason<"Healthy">, ReasonGuide>>;
