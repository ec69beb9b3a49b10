// AdvancedCronJob: it starts jobs and says when, but nothing about their success: that is in the jobs that it owns.
import { decide } from "../decision.ts";
import type { DecisionTable } from "../decision.ts";
import { are } from "../replica-numbers.ts";
import type { Note, Verdict } from "../verdict.ts";

export interface AdvancedCronJobFacts {
  activeMalformed: boolean;
  lastScheduleMalformed: boolean;
  paused: boolean;
  /** Jobs listed as active; a finished one stays in the list until the next tick. */
  active: number;
  /** lastScheduleTime as written; empty when there is none. */
  lastScheduleTime: string;
}

export const ADVANCEDCRONJOB_TABLE: DecisionTable<AdvancedCronJobFacts> = [
  {
    id: "ACJ1",
    when: "the list of running jobs is none: activeMalformed",
    test: (n) => n.activeMalformed,
    verdict: "Unknown/StatusMalformed",
    message: () => "status.active is not a list",
  },
  {
    id: "ACJ2",
    when: "the date of the last start is none: lastScheduleMalformed",
    test: (n) => n.lastScheduleMalformed,
    verdict: "Unknown/StatusMalformed",
    message: () => "status.lastScheduleTime is not a date",
  },
  {
    id: "ACJ3",
    when: "paused",
    test: (n) => n.paused,
    verdict: "Suspended/Paused",
    message: (n) => `The schedule is paused; ${lastStart(n)}`,
  },
  {
    id: "ACJ4",
    when: "active > 0",
    test: (n) => n.active > 0,
    verdict: "Healthy/JobsActive",
    message: (n) => `${n.active} ${n.active === 1 ? "job" : "jobs"} ${are(n.active)} active; ${lastStart(n)}`,
  },
  {
    id: "ACJ5",
    when: "lastScheduleTime is known",
    test: (n) => n.lastScheduleTime !== "",
    verdict: "Healthy/Scheduled",
    message: (n) => `No job is active; ${lastStart(n)}`,
  },
  {
    id: "ACJ6",
    when: "no job has been started",
    verdict: "Healthy/NotYetScheduled",
    message: () => "No job has been started yet",
  },
];

/** Assesses one AdvancedCronJob. */
export function assessAdvancedCronJob(facts: AdvancedCronJobFacts, notes: readonly Note[]): Verdict {
  return decide(ADVANCEDCRONJOB_TABLE, facts, [...notes]);
}

function lastStart({ lastScheduleTime }: AdvancedCronJobFacts): string {
  return lastScheduleTime === "" ? "no start is recorded" : `the last start was at ${lastScheduleTime}`;
}
