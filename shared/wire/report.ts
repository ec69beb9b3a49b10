// What an agent sends and what the manager answers, as this version writes it. Versioned by `protocol`; what it reads of
// other versions is in received.ts.
import * as z from "zod";
import { HEALTHS } from "../health/verdict.ts";
import { ReceivedRecord, ReceivedTransition } from "../kruise/received-record.ts";
import { HISTORY_MAX, Transition, WorkloadRecord } from "../kruise/record.ts";
import { IGNORED_MAX } from "./agent-settings.ts";
import { API_VERSION } from "./group.ts";

export const PROTOCOL = 1;
/** Most bytes of a report after decompression. */
export const REPORT_BYTES_MAX = 1024 * 1024;
export const KINDS_MAX = 64;
/** Most notes of an installation: more than there are, so that a later version may have some of its own. */
export const INSTALLATION_NOTES_MAX = 16;
/** Most characters of a key: kind, namespace and name with dots between them. */
const KEY_MAX = 400;

const count = z.int().nonnegative();
const milliseconds = z.int().nonnegative();
const text = (characters: number) => z.string().max(characters);

/**
 * How far a kind can be read. Listing with a message is a kind that is listed again: its verdicts are those of before.
 * While Forbidden, Failing or ConversionFailing they also stay; of a kind that is NotInstalled or of an
 * UnsupportedVersion there are none.
 */
export const KIND_STATES = [
  "Watching",
  "Listing",
  "NotInstalled",
  "Forbidden",
  "Failing",
  "ConversionFailing",
  "UnsupportedVersion",
] as const;

/** State of one watched kind on the managed cluster. */
export const KindState = z.strictObject({
  kind: text(63).describe("Kind"),
  group: text(253).describe("API group"),
  version: text(63).optional().describe("Version through which it is read; absent while it is not"),
  state: z.enum(KIND_STATES).describe("How far it can be read"),
  message: text(160).optional().describe("What is wrong, for people"),
});
export type KindState = z.infer<typeof KindState>;

export const INSTALLATION_REASONS = [
  "NotInstalled",
  "CRDNotEstablished",
  "ManagerMissing",
  "ManagerScaledToZero",
  "ManagerUnavailable",
  "NoLeader",
  "WebhookNotReady",
  "ConversionFailing",
  "DaemonNotReady",
  "ManagerUpdating",
  "Ready",
  "NotChecked",
] as const;

/** Notes that change no verdict. */
export const INSTALLATION_NOTES = ["UnsupportedVersion"] as const;

/** The OpenKruise installation itself. */
export const Installation = z.strictObject({
  health: z.enum(HEALTHS).describe("Health of the installation"),
  reason: z.enum(INSTALLATION_REASONS).describe("Reason: see [reasons](reasons.md#of-the-openkruise-installation)"),
  message: text(160).describe("Message for people"),
  version: text(63)
    .optional()
    .describe('Version as its manager\'s image tag says, without "v"; else a range that its CRDs show ("1.6-1.8")'),
  notes: z.array(z.enum(INSTALLATION_NOTES)).max(INSTALLATION_NOTES_MAX).optional().describe("Findings beside it"),
});
export type Installation = z.infer<typeof Installation>;

/** A verdict on the installation, and when it began. */
export const KruiseTransition = z.strictObject({
  ...Transition.shape,
  r: z.enum(INSTALLATION_REASONS).describe("Reason"),
});
export type KruiseTransition = z.infer<typeof KruiseTransition>;

export const AgentIdentity = z.strictObject({
  version: text(63).describe("Version of the agent"),
  ruleSet: text(63).describe("Version of the health rules: it changes when a verdict can change"),
  instance: text(253).describe("Which agent of the cluster this is: its pod's name"),
});

export const Totals = z.strictObject({
  count: count.describe("Records on the hub once this report is taken in"),
  digest: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .describe("The digest of those records"),
  byHealth: z
    .record(z.enum(HEALTHS), count)
    .describe("Workloads on the managed cluster, those without a record included"),
});

/** What the agent was told not to watch: nothing of it is in the report or in its numbers. */
export const LeftOut = z.strictObject({
  kinds: z.array(text(63)).max(KINDS_MAX).describe("Kinds"),
  namespaces: z.array(text(63)).max(IGNORED_MAX).describe("Namespaces; with `*` at the end: all that begin so"),
});
export type LeftOut = z.infer<typeof LeftOut>;

const FORMS = ["snapshot", "delta", "recall"] as const;

export const Report = z.strictObject({
  apiVersion: z.literal(API_VERSION).describe("API of the feedback service"),
  kind: z.literal("KruiseHealthReport").describe("Of a report and of its answer"),
  metadata: z
    .looseObject({})
    .optional()
    .describe("As Kubernetes clients send it; never read: the cluster comes from the path and the identity"),
  protocol: z.literal(PROTOCOL, { error: ({ input }) => protocolFault(input) }).describe("Version of this protocol"),
  agent: AgentIdentity.describe("Who reports"),
  epoch: z.int().positive().describe("Start of the agent, in milliseconds since 1970; the newest of a cluster wins"),
  sequence: z.int().positive().describe("Counts the reports of one epoch from 1; a recall is not counted"),
  sentMs: milliseconds.describe("The agent's clock at the moment of sending, in milliseconds since 1970"),
  waitedMs: milliseconds
    .optional()
    .describe("How long the oldest change in it has waited for it, by the agent's clock; absent: nothing has changed"),
  form: z
    .enum(FORMS)
    .describe("`snapshot` replaces all records, `delta` changes some (none: a heartbeat), `recall` changes nothing"),
  kruise: Installation.optional().describe(
    "The OpenKruise installation; absent in a delta: this, `kruiseHistory`, `kinds` and `leftOut` are as in the report before",
  ),
  kruiseHistory: z
    .array(KruiseTransition)
    .max(HISTORY_MAX)
    .optional()
    .describe("Verdicts on the installation, newest first; the first is the one of now"),
  kinds: z.array(KindState).max(KINDS_MAX).optional().describe("The watched kinds; absent where `kruise` is"),
  leftOut: LeftOut.optional().describe("What the agent was told not to watch; absent: nothing"),
  totals: Totals.describe("What must come out, and exact numbers"),
  records: z.array(WorkloadRecord).describe("Records to keep; of a recall none"),
  removed: z.array(text(KEY_MAX)).describe("Keys of records to forget"),
  truncated: count.describe("Workloads that are counted and have no record, to keep the report within its bounds"),
});
export type Report = z.infer<typeof Report>;

/** What the manager has to say to a report that it read. */
export const AnswerStatus = z.object({
  epoch: z.int().describe("Epoch of the newest report that was taken in; 0: of none"),
  sequence: z.int().describe("Its sequence"),
  managerEpoch: z.int().describe("Start of the manager's memory; another one means that it has forgotten everything"),
  resync: z.boolean().describe("True: nothing was taken in, a snapshot is wanted"),
  paceMs: milliseconds.describe("Least time between two reports"),
  heartbeatMs: milliseconds.describe("Longest time between two reports"),
  windowMs: milliseconds
    .optional()
    .describe("The next snapshot is to come at a random moment within this time; absent: at once"),
  brief: z
    .boolean()
    .optional()
    .describe("True: a delta may leave `kruise`, `kruiseHistory`, `kinds` and `leftOut` out where they are as before"),
  records: z
    // One record that cannot be read is no reason to lose the others.
    .array(ReceivedRecord.nullable().catch(null))
    .optional()
    .describe("To a recall: the records that are held; absent when nothing is known of the cluster"),
  kruiseHistory: z
    .array(ReceivedTransition.nullable().catch(null))
    .optional()
    .describe("To a recall: `kruiseHistory` of the newest report that was taken in"),
  recordsSentMs: milliseconds.optional().describe("To a recall: `sentMs` of the newest report that was taken in"),
  recordsAgeMs: milliseconds.optional().describe("To a recall: how long ago that was, by the manager's clock"),
});
export type AnswerStatus = z.infer<typeof AnswerStatus>;

/** The manager's answer to a report. */
export const ReportAnswer = z.object({
  apiVersion: z.literal(API_VERSION).describe("API of the feedback service"),
  kind: z.literal("KruiseHealthReport").describe("Of a report and of its answer"),
  metadata: z.looseObject({}).optional().describe("Name and namespace: the cluster"),
  status: AnswerStatus.describe("What became of the report"),
});
export type ReportAnswer = z.infer<typeof ReportAnswer>;

/** Says which side is to be updated when the two speak different protocols. */
function protocolFault(input: unknown): string {
  const wanted = `wanted is ${PROTOCOL}`;
  if (typeof input !== "number") return wanted;
  const older = input < PROTOCOL ? "agent" : "manager";
  return `protocol ${input} is not spoken here, ${wanted}: update the ${older}`;
}
