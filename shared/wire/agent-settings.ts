// Settings of the agent that a hub user may change through an AddOnDeploymentConfig's customizedVariables.
// The manager checks them with this schema before it renders the agent; the agent reads them from its environment.
import * as z from "zod";
import { KRUISE_KINDS } from "../kruise/kinds.ts";
import type { KruiseKind } from "../kruise/kinds.ts";
import { LOG_LEVELS } from "../runtime/log-levels.ts";

/** A longer interval than this would be longer than any heartbeat. */
const INTERVAL_SECONDS_MAX = 300;
export const IGNORED_MAX = 64;
const KIND_NAMES: readonly string[] = KRUISE_KINDS.map(({ kind }) => kind);
/** A DNS label, or the beginning of some with `*` after it. */
const NAMESPACES = /^(?=.{1,63}$)(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?|[a-z0-9][-a-z0-9]*\*)$/;

export const AgentSettings = z.object({
  LOG_LEVEL: z.enum(LOG_LEVELS).default("info").describe("Least severity that is logged"),
  UPDATE_STALLED_AFTER_SECONDS: seconds(1)
    .default(600)
    .describe("An update without progress for this long is Degraded/UpdateStalled"),
  SCALE_STALLED_AFTER_SECONDS: seconds(1)
    .default(600)
    .describe("Scaling without progress for this long is Degraded/ScaleStalled"),
  UNAVAILABLE_AFTER_SECONDS: seconds(1)
    .default(300)
    .describe("Pods not available without progress for this long are Degraded/Unavailable"),
  NOT_RECONCILED_AFTER_SECONDS: seconds(1)
    .default(300)
    .describe("A spec that OpenKruise has not observed for this long is Degraded/ControllerNotReconciling"),
  DELETION_STALLED_AFTER_SECONDS: seconds(1)
    .default(3600)
    .describe("A deletion that takes longer is Degraded/DeletionStalled"),
  LOOK_FOR_CAUSES: z
    .stringbool({ truthy: ["true"], falsy: ["false"], case: "sensitive", error: "wanted is true or false" })
    .prefault("true")
    .describe("Name causes from a few pods and events of what is not healthy; false: no pod is read, nor may be"),
  MIN_REPORT_INTERVAL_SECONDS: seconds(0, INTERVAL_SECONDS_MAX)
    .default(0)
    .describe("Least time between two reports; the manager's pace where that is longer, and never above a heartbeat"),
  KINDS: nameList((names) => {
    const unknown = names.find((name) => !KIND_NAMES.includes(name));
    return unknown === undefined ? undefined : `${quote(unknown)} is not watched: known are ${KIND_NAMES.join(", ")}`;
  }).describe("Kinds to watch, with commas between them: `CloneSet,SidecarSet`; empty: all. No other may be read"),
  IGNORE_NAMESPACES: nameList((names) => {
    const wrong = names.find((name) => !NAMESPACES.test(name));
    if (wrong !== undefined) return `${quote(wrong)} is no namespace, nor the beginning of some with * after it`;
    return names.length <= IGNORED_MAX ? undefined : `wanted are at most ${IGNORED_MAX} namespaces`;
  }).describe("Namespaces whose objects are not reported, with commas between them; `test-*`: all that begin so"),
});
export type AgentSettings = z.infer<typeof AgentSettings>;

/** The kinds that an agent with these settings watches. */
export function watchedKinds({ KINDS }: Pick<AgentSettings, "KINDS">): readonly KruiseKind[] {
  const names = namesOf(KINDS);
  return names.length === 0 ? KRUISE_KINDS : KRUISE_KINDS.filter(({ kind }) => names.includes(kind));
}

/** The namespaces that are left out, as they were written. */
export function ignoredNamespaces({ IGNORE_NAMESPACES }: Pick<AgentSettings, "IGNORE_NAMESPACES">): readonly string[] {
  return namesOf(IGNORE_NAMESPACES);
}

function seconds(least: number, most?: number) {
  const range = most === undefined ? `${least} or more` : `${least} to ${most}`;
  const error = `wanted is a whole number of seconds, ${range}`;
  const number = z.coerce.number(error).int(error).min(least, error);
  return most === undefined ? number : number.max(most, error);
}

/** Names with commas between them. Kept as text in one spelling, so that the same list is the same setting. */
function nameList(mistakeOf: (names: string[]) => string | undefined) {
  return z
    .string()
    .overwrite((text) => [...new Set(namesOf(text))].join(","))
    .superRefine((text, context) => {
      const message = mistakeOf(namesOf(text));
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .default("");
}

function namesOf(text: string): string[] {
  return text.split(",").flatMap((name) => name.trim() || []);
}

function quote(name: string): string {
  return JSON.stringify(name);
}
