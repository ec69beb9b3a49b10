// Rollout: the staged release of a workload, by canary or by blue and green. Where its controller wrote a message,
// that is the text to show.
import { decide } from "../decision.ts";
import type { DecisionTable } from "../decision.ts";
import type { Note, Verdict } from "../verdict.ts";

export interface RolloutFacts {
  /** status.phase, "" when there is none. */
  phase: string;
  /** status.message, "" when there is none. */
  message: string;
  /** Condition Succeeded is False: the last release was taken back. */
  rolledBack: boolean;
  /** Reason of condition Progressing, "" when there is none. */
  reason: string;
  paused: boolean;
  stepState: string;
  /** The pause of the current step ends by itself. */
  timed: boolean;
  /** The current step, from 1; 0 when there is none. */
  step: number;
  steps: number;
}

export const ROLLOUT_TABLE: DecisionTable<RolloutFacts> = [
  {
    id: "RO1",
    when: "phase = Initial, and message says Workload Not Found",
    test: ({ phase, message }) => phase === "Initial" && message.includes("Workload Not Found"),
    verdict: "Degraded/WorkloadNotFound",
    message: () => "The workload that it refers to does not exist",
  },
  {
    id: "RO2",
    when: "phase = Initial, or there is none yet",
    test: ({ phase }) => phase === "Initial" || phase === "",
    verdict: "Progressing/Initializing",
    message: (facts) => facts.message || "The rollout is not set up yet",
  },
  {
    id: "RO3a",
    when: "phase = Healthy and rolledBack: condition Succeeded is False",
    test: ({ phase, rolledBack }) => phase === "Healthy" && rolledBack,
    verdict: "Healthy/RolledBack",
    message: (facts) => facts.message || "The last release was rolled back",
  },
  {
    id: "RO3b",
    when: "phase = Healthy",
    test: ({ phase }) => phase === "Healthy",
    verdict: "Healthy/Completed",
    message: (facts) => facts.message || "No release is under way",
  },
  {
    id: "RO4",
    when: "phase = Disabled",
    test: ({ phase }) => phase === "Disabled",
    verdict: "Suspended/Disabled",
    message: (facts) => facts.message || "The rollout is disabled",
  },
  {
    id: "RO5a",
    when: "phase = Disabling",
    test: ({ phase }) => phase === "Disabling",
    verdict: "Progressing/Disabling",
    message: (facts) => facts.message || "The rollout is being disabled",
  },
  {
    id: "RO5b",
    when: "phase = Terminating",
    test: ({ phase }) => phase === "Terminating",
    verdict: "Progressing/Terminating",
    message: (facts) => facts.message || "The rollout is being taken down",
  },
  {
    id: "RO6",
    when: "phase is none of the six that exist",
    test: ({ phase }) => phase !== "Progressing",
    verdict: "Unknown/UnknownPhase",
    message: ({ phase }) => `The phase ${phase} is not known`,
  },
  {
    id: "RO7",
    when: "phase = Progressing, and message begins with [warning]: a new version during a blue-green release is refused",
    test: ({ message }) => message.startsWith("[warning]"),
    verdict: "Degraded/ContinuousReleaseBlocked",
    message: (facts) => facts.message,
  },
  {
    id: "RO8",
    when: "phase = Progressing and reason = Cancelling",
    test: ({ reason }) => reason === "Cancelling",
    verdict: "Progressing/Cancelling",
    message: (facts) => facts.message || "The release is being cancelled",
  },
  {
    id: "RO9",
    when: "phase = Progressing, and reason = Paused or paused",
    test: ({ reason, paused }) => reason === "Paused" || paused,
    verdict: "Suspended/Paused",
    message: (facts) => `${stepOf(facts)}; the rollout is paused`,
  },
  {
    id: "RO10a",
    when: "phase = Progressing, stepState = StepPaused and timed",
    test: ({ stepState, timed }) => stepState === "StepPaused" && timed,
    verdict: "Progressing/TimedPause",
    message: (facts) => facts.message || `${stepOf(facts)}; its pause ends by itself`,
  },
  {
    id: "RO10b",
    when: "phase = Progressing and stepState = StepPaused",
    test: ({ stepState }) => stepState === "StepPaused",
    verdict: "Suspended/AwaitingApproval",
    message: (facts) => facts.message || `${stepOf(facts)}; a person has to approve the next`,
  },
  {
    id: "RO11",
    when: "phase = Progressing",
    verdict: "Progressing/RollingStep",
    message: (facts) => facts.message || stepOf(facts),
  },
];

/** Assesses one Rollout; the first rule that matches wins. */
export function assessRollout(facts: RolloutFacts, preludeNotes: readonly Note[]): Verdict {
  return decide(ROLLOUT_TABLE, facts, [...preludeNotes]);
}

function stepOf({ step, steps, stepState }: RolloutFacts): string {
  const state = stepState === "" ? "" : ` (${stepState})`;
  return step === 0 ? `No step has begun${state}` : `Step ${step} of ${steps}${state}`;
}
