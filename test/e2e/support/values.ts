// Values of the chart for the suites: agents on the process kubelet's node, and times short enough to wait for.
import { kubeletPlacement } from "../kubelet/node.ts";

/** Seconds after which a verdict escalates, in the suites. */
export const ESCALATE_AFTER_SECONDS = 4;

export function addonValues(): Record<string, unknown> {
  const times = ["UPDATE_STALLED", "SCALE_STALLED", "UNAVAILABLE"].map((name) => ({
    name: `${name}_AFTER_SECONDS`,
    value: String(ESCALATE_AFTER_SECONDS),
  }));
  return {
    defaultConfig: {
      create: true,
      spec: {
        nodePlacement: kubeletPlacement,
        customizedVariables: [{ name: "LOG_LEVEL", value: "debug" }, ...times],
      },
    },
  };
}
