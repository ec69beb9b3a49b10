// Values of the chart on a stack: agents on the process kubelet's node and, for the suites, times short enough to wait for.
import { kubeletPlacement } from "../kubelet/node.ts";

/** Seconds after which a verdict escalates, in the suites. */
export const ESCALATE_AFTER_SECONDS = 4;

interface Variable {
  name: string;
  value: string;
}

/** The add-on as a user gets it, but for where its pods run. */
export function placementValues(customizedVariables: Variable[] = []): Record<string, unknown> {
  return { defaultConfig: { create: true, spec: { nodePlacement: kubeletPlacement, customizedVariables } } };
}

/** The add-on as the suites want it: talkative, and quick to call something stuck. */
export function suiteValues(): Record<string, unknown> {
  const times = ["UPDATE_STALLED", "SCALE_STALLED", "UNAVAILABLE"].map((name) => ({
    name: `${name}_AFTER_SECONDS`,
    value: String(ESCALATE_AFTER_SECONDS),
  }));
  // Single workloads have series of their own, so that every panel of the dashboard has something to show.
  const metrics = { workloadSeriesMax: 100 };
  return { ...placementValues([{ name: "LOG_LEVEL", value: "debug" }, ...times]), metrics };
}
