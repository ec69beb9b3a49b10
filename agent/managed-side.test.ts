// What is taken over from an earlier agent depends on what this one is told to do.
import { pino } from "pino";
import { expect, test } from "vitest";
import { ScriptedKube, listOf } from "../test/support/scripted-kube.ts";
import { observe } from "../shared/kruise/observe.ts";
import { ReceivedRecord } from "../shared/kruise/received-record.ts";
import { parseConfig } from "../shared/runtime/config.ts";
import { AgentConfig } from "./config.ts";
import { ManagedSide } from "./managed-side.ts";
import { Pulse } from "./pulse.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");
const KEY = "cloneset.shop.web";

function build(settings: Record<string, string>): ManagedSide {
  const pod = { CLUSTER_NAME: "c1", POD_NAME: "agent-1", POD_NAMESPACE: "addons", KUBERNETES_SERVICE_HOST: "h" };
  const kube = new ScriptedKube(() => listOf([]));
  const clock = { monotonicMs: () => NOW_MS, wallMs: () => NOW_MS };
  const nothing = (): void => undefined;
  const told = { onRecord: nothing, onChange: nothing, onLook: nothing, onTrouble: nothing };
  const log = pino({ level: "silent" });
  const deps = { kube, watchKube: kube, clock, log, nowMs: () => NOW_MS, pulse: new Pulse(clock), ...told };
  return new ManagedSide(parseConfig(AgentConfig, { ...pod, ...settings }), deps, new AbortController().signal);
}

function see({ workloads }: ManagedSide): void {
  const metadata = { name: "web", namespace: "shop", uid: "0a1b2c3d", generation: 2 };
  const observation = observe({ apiVersion: "apps.kruise.io/v1alpha1", kind: "CloneSet", metadata, status: null });
  workloads.apply("clonesets", observation, NOW_MS);
}

test.each([
  ["true", ["ImageNotPulled"]],
  ["false", undefined],
])("with LOOK_FOR_CAUSES=%s the causes that an earlier agent found are %j", (value, wanted) => {
  const earlier = build({});
  see(earlier);
  earlier.workloads.setCauses(KEY, "0a1b2c3d", [{ reason: "ImageNotPulled", message: "", pods: 1 }]);
  const held = ReceivedRecord.parse(earlier.workloads.find(KEY)?.record);

  const side = build({ LOOK_FOR_CAUSES: value });
  side.adopt([held], 0);
  see(side);
  expect(side.workloads.find(KEY)?.record.why?.map(({ r }) => r)).toEqual(wanted);
});
