// The job kinds of a real OpenKruise on two nodes of their own. Their pods end when the test says so; what the daemon
// of OpenKruise would write (there is none on these nodes) is written as it would.
import { endPod } from "../support/pod-status.ts";
import { APP, broadcastJob, cronJob } from "../support/kruise-objects.ts";
import { onOwnNodes } from "../support/own-nodes.ts";
import { situations } from "../support/situation.ts";
import type { Situation } from "../support/situation.ts";

const situation = situations("jobs", 2);
const RUNNING = "Progressing/Running";
const FIRST = ["Progressing/StatusMissing"];
const FAILING = [RUNNING, "Progressing/RunningWithFailures"];

/** A BroadcastJob on the suite's nodes. */
function body(s: Situation, spec: object = {}) {
  return broadcastJob(s.name, spec, onOwnNodes(s));
}

/** Ends pods one by one, as many as phases are given. */
async function end(s: Situation, ...phases: ("Succeeded" | "Failed")[]): Promise<void> {
  await s.havingPods(2, APP.one)();
  const pods = await s.pods();
  for (const [index, phase] of phases.entries()) {
    const pod = pods[index];
    if (pod) await endPod(s.kube, pod, phase);
  }
}

situation("A BroadcastJob runs on each node and completes", async (s) => {
  await s.create(body(s), { to: RUNNING, by: FIRST });
  await s.step({ act: async () => end(s, "Succeeded", "Succeeded"), to: "Healthy/Completed", by: [RUNNING] });
});

situation("A BroadcastJob fails with its first pod", async (s) => {
  await s.create(body(s, { failurePolicy: { type: "FailFast" } }), { to: RUNNING, by: FIRST });
  await s.step({ act: async () => end(s, "Failed"), to: "Degraded/JobFailed", by: FAILING });
});

situation("A BroadcastJob goes on after a failure and completes with failures", async (s) => {
  await s.create(body(s, { failurePolicy: { type: "Continue" } }), { to: RUNNING, by: FIRST });
  await s.step({ act: async () => end(s, "Failed"), to: "Progressing/RunningWithFailures", by: FAILING });
  await s.step({
    act: async () => {
      for (const pod of await s.pods()) if (pod.status.phase === "Running") await endPod(s.kube, pod, "Succeeded");
    },
    to: "Degraded/CompletedWithFailures",
    by: FAILING,
  });
});

situation("A BroadcastJob pauses itself at a failure", async (s) => {
  await s.create(body(s, { failurePolicy: { type: "Pause" } }), { to: RUNNING, by: FIRST });
  await s.step({ act: async () => end(s, "Failed"), to: "Degraded/PausedOnFailure", by: FAILING });
});

situation("A BroadcastJob is paused by a person, and goes on", async (s) => {
  await s.create(body(s, { parallelism: 1 }), { to: RUNNING, by: FIRST });
  await s.change({ paused: true }, { to: "Suspended/Paused" });
  await s.change({ paused: false }, { to: RUNNING, by: ["Suspended/Paused"] });
});

situation("A BroadcastJob may start nothing", async (s) => {
  await s.create(body(s, { parallelism: 0 }), { to: "Suspended/ParallelismZero", by: FIRST });
});

situation("A BroadcastJob runs out of time", async (s) => {
  const completionPolicy = { type: "Always", activeDeadlineSeconds: 3 };
  await s.create(body(s, { completionPolicy }), { to: "Degraded/JobFailed", by: [...FIRST, RUNNING] });
});

situation("A BroadcastJob that never completes is idle when each node is done", async (s) => {
  await s.create(body(s, { completionPolicy: { type: "Never" } }), { to: RUNNING, by: FIRST });
  await s.step({ act: async () => end(s, "Succeeded", "Succeeded"), to: "Healthy/Idle", by: [RUNNING] });
});

situation("A BroadcastJob has no eligible node and waits for one", async (s) => {
  await s.create(broadcastJob(s.name, {}, { nodeSelector: { nowhere: "true" } }), {
    to: "Progressing/NoEligibleNodes",
    by: FIRST,
  });
});

situation("An AdvancedCronJob runs: its status tells of a run only when the next one is due", async (s) => {
  await s.create(cronJob(s.name, { schedule: "@every 10s" }), { to: "Healthy/NotYetScheduled", by: FIRST });
  const [to, active] = ["Healthy/Scheduled", "Healthy/JobsActive"];
  await s.step({ to, by: ["Healthy/NotYetScheduled", active], goesOn: [active] });
});

situation("An AdvancedCronJob waits for its first run", async (s) => {
  await s.create(cronJob(s.name, { schedule: "0 0 1 1 *" }), { to: "Healthy/NotYetScheduled", by: FIRST });
});

situation("An AdvancedCronJob is paused before its first run, and resumed", async (s) => {
  await s.create(cronJob(s.name, { schedule: "0 0 1 1 *", paused: true }), { to: "Suspended/Paused", by: FIRST });
  await s.change({ paused: false }, { to: "Healthy/NotYetScheduled" });
});
