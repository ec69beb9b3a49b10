// Settings of the agent that a hub user may change through an AddOnDeploymentConfig's customizedVariables.
// The manager checks them with this schema before it renders the agent; the agent reads them from its environment.
import * as z from "zod";
import { LOG_LEVELS } from "../runtime/log-levels.ts";

const seconds = z.coerce.number("wanted is a whole number of seconds, 1 or more").int().min(1);

export const AgentSettings = z.object({
  LOG_LEVEL: z.enum(LOG_LEVELS).default("info").describe("Least severity that is logged"),
  UPDATE_STALLED_AFTER_SECONDS: seconds
    .default(600)
    .describe("An update without progress for this long is Degraded/UpdateStalled"),
  SCALE_STALLED_AFTER_SECONDS: seconds
    .default(600)
    .describe("Scaling without progress for this long is Degraded/ScaleStalled"),
  UNAVAILABLE_AFTER_SECONDS: seconds
    .default(300)
    .describe("Pods not available without progress for this long are Degraded/Unavailable"),
  NOT_RECONCILED_AFTER_SECONDS: seconds
    .default(300)
    .describe("A spec that OpenKruise has not observed for this long is Degraded/ControllerNotReconciling"),
  DELETION_STALLED_AFTER_SECONDS: seconds
    .default(3600)
    .describe("A deletion that takes longer is Degraded/DeletionStalled"),
  LOOK_FOR_CAUSES: z
    .stringbool({ truthy: ["true"], falsy: ["false"], case: "sensitive", error: "wanted is true or false" })
    .prefault("true")
    .describe("Name causes from a few pods and events of what is not healthy; false: no pod is read, nor may be"),
});
export type AgentSettings = z.infer<typeof AgentSettings>;
