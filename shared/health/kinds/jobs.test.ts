// The invariants of the job kinds, over every combination of small facts.
import { describe, expect, test } from "vitest";
import type { DecisionTable } from "../decision.ts";
import type { Note, Verdict } from "../verdict.ts";
import { ADVANCEDCRONJOB_TABLE, assessAdvancedCronJob } from "./advancedcronjob.ts";
import type { AdvancedCronJobFacts } from "./advancedcronjob.ts";
import { BROADCASTJOB_TABLE, assessBroadcastJob } from "./broadcastjob.ts";
import type { BroadcastJobFacts } from "./broadcastjob.ts";
import { CONTAINERRECREATEREQUEST_TABLE, assessContainerRecreateRequest } from "./containerrecreaterequest.ts";
import type { ContainerRecreateRequestFacts } from "./containerrecreaterequest.ts";
import { EPHEMERALJOB_TABLE, assessEphemeralJob } from "./ephemeraljob.ts";
import type { EphemeralJobFacts } from "./ephemeraljob.ts";
import { IMAGELISTPULLJOB_TABLE, assessImageListPullJob } from "./imagelistpulljob.ts";
import type { ImageListPullJobFacts } from "./imagelistpulljob.ts";
import { IMAGEPULLJOB_TABLE, assessImagePullJob } from "./imagepulljob.ts";
import type { ImagePullJobFacts } from "./imagepulljob.ts";

type Choices<F> = { [K in keyof F]: readonly F[K][] };

/** Every combination of the choices. */
function combine<F extends object>(choices: Choices<F>): F[] {
  return Object.entries<readonly unknown[]>(choices).reduce<object[]>(
    (partial, [key, values]) => partial.flatMap((facts) => values.map((value) => ({ ...facts, [key]: value }))),
    [{}],
  ) as F[];
}

const EITHER = [false, true];
const COUNTS = [0, 1, 3];
/** The longest texts that the readers give. */
const CAUSES = ["", "c".repeat(80)];
const OTHER_PHASE = "p".repeat(63);

const broadcastJobs = combine<BroadcastJobFacts>({
  phase: ["", "running", "paused", "completed", "failed", OTHER_PHASE],
  completeCondition: EITHER,
  failedCondition: EITHER,
  cause: CAUSES,
  paused: EITHER,
  pausesOnFailure: EITHER,
  parallelismZero: EITHER,
  neverCompletes: EITHER,
  desired: COUNTS,
  active: [0],
  succeeded: COUNTS,
  failed: COUNTS,
});

const cronJobs = combine<AdvancedCronJobFacts>({
  activeMalformed: EITHER,
  lastScheduleMalformed: EITHER,
  paused: EITHER,
  active: COUNTS,
  lastScheduleTime: ["", "2026-01-01T00:00:00.123456789+01:00"],
});

const pullJobs = combine<ImagePullJobFacts>({
  finished: EITHER,
  deadlineExceeded: EITHER,
  message: CAUSES,
  parallelismZero: EITHER,
  neverCompletes: EITHER,
  desired: COUNTS,
  active: [0],
  succeeded: COUNTS,
  failed: COUNTS,
});

const listPullJobs = combine<ImageListPullJobFacts>({
  finished: EITHER,
  neverCompletes: EITHER,
  desired: COUNTS,
  active: COUNTS,
  completed: COUNTS,
  succeeded: COUNTS,
  failedImages: COUNTS,
});

const recreateRequests = combine<ContainerRecreateRequestFacts>({
  phase: ["", "Pending", "Recreating", "Completed", "Succeeded", "Failed", OTHER_PHASE],
  message: ["", "m".repeat(160)],
  wanted: COUNTS,
  states: COUNTS,
  succeeded: COUNTS,
  failed: COUNTS,
  cause: CAUSES,
});

const ephemeralJobs = combine<EphemeralJobFacts>({
  phase: ["", "Succeeded", "Failed", "Error", "Paused", "Waiting", "Running", "Unknown", OTHER_PHASE],
  cause: CAUSES,
  match: COUNTS,
  running: [0],
  succeeded: COUNTS,
  waiting: COUNTS,
  failed: COUNTS,
});

/** The largest number that a counter can be. */
const LARGEST = 2 ** 31 - 1;

function grow<F extends object>(facts: F): F {
  const entries = Object.entries(facts).map(([key, value]: [string, unknown]) => [key, value === 3 ? LARGEST : value]);
  return Object.fromEntries(entries) as F;
}

interface Kind<F> {
  all: readonly F[];
  table: DecisionTable<F>;
  assess: (facts: F, notes: readonly Note[]) => Verdict;
}

function describeTable<F extends object>(name: string, { all, table, assess }: Kind<F>): void {
  describe(`assess${name}()`, () => {
    test("has no rule that decides nothing", () => {
      const deciding = new Set(all.map((facts) => assess(facts, []).rule));
      expect(table.map(({ id }) => id).filter((id) => !deciding.has(id))).toEqual([]);
    });

    test("has something to say in at most 160 bytes, however large the numbers are", () => {
      const messages = [...all, ...all.map(grow)].map((facts) => assess(facts, []).message);
      expect(messages.filter((message) => message === "" || Buffer.byteLength(message) > 160)).toEqual([]);
    });

    test("hands the notes on, and keeps its own list of them", () => {
      const notes: Note[] = ["ObservedAhead"];
      const verdict = all.slice(0, 1).map((facts) => assess(facts, notes))[0];
      expect(verdict?.notes).toEqual(notes);
      expect(verdict?.notes).not.toBe(notes);
    });
  });
}

describeTable("BroadcastJob", {
  all: broadcastJobs,
  table: BROADCASTJOB_TABLE,
  assess: assessBroadcastJob,
});
describeTable("AdvancedCronJob", {
  all: cronJobs,
  table: ADVANCEDCRONJOB_TABLE,
  assess: assessAdvancedCronJob,
});
describeTable("ImagePullJob", { all: pullJobs, table: IMAGEPULLJOB_TABLE, assess: assessImagePullJob });
describeTable("ImageListPullJob", {
  all: listPullJobs,
  table: IMAGELISTPULLJOB_TABLE,
  assess: assessImageListPullJob,
});
describeTable("ContainerRecreateRequest", {
  all: recreateRequests,
  table: CONTAINERRECREATEREQUEST_TABLE,
  assess: assessContainerRecreateRequest,
});
describeTable("EphemeralJob", { all: ephemeralJobs, table: EPHEMERALJOB_TABLE, assess: assessEphemeralJob });

/** Verdicts, as "Health/Reason", of those facts that a condition selects. */
function verdictsOf<F>({ all, assess }: Omit<Kind<F>, "table">, select: (facts: F) => boolean): string[] {
  const verdicts = all.filter(select).map((facts) => assess(facts, []));
  return [...new Set(verdicts.map(({ health, reason }) => `${health}/${reason}`))].sort();
}

describe("a BroadcastJob", () => {
  const kind = { all: broadcastJobs, assess: assessBroadcastJob };
  const isKnown = (n: BroadcastJobFacts) => n.phase !== OTHER_PHASE;
  const isEnded = (n: BroadcastJobFacts) =>
    ["completed", "failed"].includes(n.phase) || n.completeCondition || n.failedCondition;

  test("whose phase is failed is always Degraded", () => {
    expect(verdictsOf(kind, (n) => n.phase === "failed")).toEqual(["Degraded/JobFailed"]);
  });

  test("of a phase outside of the enum is Unknown, whatever else is there", () => {
    expect(verdictsOf(kind, (n) => !isKnown(n))).toEqual(["Unknown/UnknownPhase"]);
  });

  test("is never Healthy with a failure", () => {
    const verdicts = verdictsOf(kind, (n) => n.failed > 0 && n.desired > 0);
    expect(verdicts.filter((verdict) => verdict.startsWith("Healthy"))).toEqual([]);
  });

  test("that is paused is never Progressing", () => {
    const verdicts = verdictsOf(kind, (n) => n.paused || n.phase === "paused");
    expect(verdicts.filter((verdict) => verdict.startsWith("Progressing"))).toEqual([]);
  });

  test("that has ended is Healthy or Degraded", () => {
    expect(verdictsOf(kind, (n) => isKnown(n) && isEnded(n))).toEqual([
      "Degraded/CompletedWithFailures",
      "Degraded/JobFailed",
      "Healthy/Completed",
    ]);
  });

  test("is judged without its active counter", () => {
    const differing = broadcastJobs.filter(
      (n) => assessBroadcastJob(n, []).rule !== assessBroadcastJob({ ...n, active: 9 }, []).rule,
    );
    expect(differing).toEqual([]);
  });
});

describe("an AdvancedCronJob", () => {
  const kind = { all: cronJobs, assess: assessAdvancedCronJob };

  test("is Unknown when its status is malformed, and only then", () => {
    const isMalformed = (n: AdvancedCronJobFacts) => n.activeMalformed || n.lastScheduleMalformed;
    expect(verdictsOf(kind, isMalformed)).toEqual(["Unknown/StatusMalformed"]);
    expect(verdictsOf(kind, (n) => !isMalformed(n))).toEqual([
      "Healthy/JobsActive",
      "Healthy/NotYetScheduled",
      "Healthy/Scheduled",
      "Suspended/Paused",
    ]);
  });
});

describe("an ImagePullJob", () => {
  const kind = { all: pullJobs, assess: assessImagePullJob };

  test("that has finished is Healthy or Degraded", () => {
    expect(verdictsOf(kind, (n) => n.finished)).toEqual([
      "Degraded/DeadlineExceeded",
      "Degraded/PullFailed",
      "Healthy/Completed",
      "Healthy/NoMatchingNodes",
    ]);
  });

  test("that has finished on some nodes is Healthy only without a failure", () => {
    const verdicts = verdictsOf(kind, (n) => n.finished && n.failed > 0);
    expect(verdicts).toEqual(["Degraded/DeadlineExceeded", "Degraded/PullFailed"]);
  });

  test("that will finish and has not is on its way or held", () => {
    expect(verdictsOf(kind, (n) => !n.finished && !n.neverCompletes)).toEqual([
      "Progressing/Pulling",
      "Progressing/PullingWithFailures",
      "Suspended/ParallelismZero",
    ]);
  });
});

describe("an ImageListPullJob", () => {
  const kind = { all: listPullJobs, assess: assessImageListPullJob };

  test("is Healthy only without a failed image", () => {
    expect(verdictsOf(kind, (n) => n.failedImages > 0)).toEqual([
      "Degraded/PullFailed",
      "Progressing/PullingWithFailures",
    ]);
    expect(verdictsOf(kind, (n) => n.failedImages === 0)).toEqual(["Healthy/Completed", "Progressing/Pulling"]);
  });
});

describe("a ContainerRecreateRequest", () => {
  const kind = { all: recreateRequests, assess: assessContainerRecreateRequest };

  test("that is Completed is Healthy only when every state has succeeded and nothing was said", () => {
    const isSound = (n: ContainerRecreateRequestFacts) => n.failed === 0 && n.message === "" && n.succeeded >= n.states;
    const ended = (sound: boolean) => verdictsOf(kind, (n) => n.phase === "Completed" && isSound(n) === sound);
    expect(ended(true)).toEqual(["Healthy/Completed"]);
    expect(ended(false)).toEqual(["Degraded/Aborted", "Degraded/Incomplete", "Degraded/RecreateFailed"]);
  });
});

describe("an EphemeralJob", () => {
  const kind = { all: ephemeralJobs, assess: assessEphemeralJob };

  test.each([
    ["Succeeded", ["Healthy/Completed"]],
    ["Failed", ["Degraded/JobFailed"]],
    ["Error", ["Degraded/JobFailed"]],
    ["Paused", ["Suspended/Paused"]],
    ["Waiting", ["Progressing/NoMatchedPods", "Progressing/Pending"]],
    ["Running", ["Progressing/Running", "Progressing/RunningWithFailures"]],
    ["Unknown", ["Progressing/Running", "Progressing/RunningWithFailures"]],
    ["", ["Unknown/UnknownPhase"]],
  ])("of phase %j is judged by it, whatever the numbers: %j", (phase, verdicts) => {
    expect(verdictsOf(kind, (n) => n.phase === phase)).toEqual(verdicts);
  });
});
