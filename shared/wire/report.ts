// What an agent sends and what the manager answers. Versioned by `protocol`; an unknown field is an error.
import { z } from "zod";
import { HEALTHS } from "../health/verdict.ts";
import { WorkloadRecord } from "../kruise/record.ts";
import { API_VERSION } from "./group.ts";

export const PROTOCOL = 1;
/** Most bytes of a report after decompression. */
export const REPORT_BYTES_MAX = 1024 * 1024;

const count = z.int().nonnegative();

/** State of one watched kind on the managed cluster. */
export const KindState = z.strictObject({
  kind: z.string().max(63),
  group: z.string().max(253),
  version: z.string().max(63).optional(),
  state: z.enum(["Watching", "Listing", "NotInstalled", "Forbidden", "Failing"]),
  message: z.string().max(160).optional(),
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
  health: z.enum(HEALTHS),
  reason: z.enum(INSTALLATION_REASONS),
  message: z.string().max(160),
  /** OpenKruise version as its manager's image tag says, without "v"; else a range that its CRDs show ("1.6-1.8"). */
  version: z.string().max(63).optional(),
  notes: z.array(z.enum(INSTALLATION_NOTES)).max(INSTALLATION_NOTES.length).optional(),
});
export type Installation = z.infer<typeof Installation>;

export const Report = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal("KruiseHealthReport"),
  /** Object metadata as Kubernetes clients send it. Never read: the cluster comes from the path and the identity. */
  metadata: z.looseObject({}).optional(),
  protocol: z.literal(PROTOCOL),
  agent: z.strictObject({
    version: z.string().max(63),
    /** Version of the health rules: it changes when a verdict can change. */
    ruleSet: z.string().max(63),
    /** Which agent of the cluster this is: its pod's name. */
    instance: z.string().max(253),
  }),
  /** Start of the agent, in milliseconds since 1970. The newest epoch of a cluster wins. */
  epoch: z.int().positive(),
  /** Counts the reports of one epoch from 1. */
  sequence: z.int().positive(),
  /** A snapshot replaces all records of the cluster; a delta changes some (none: a heartbeat). */
  form: z.enum(["snapshot", "delta"]),
  kruise: Installation,
  kinds: z.array(KindState).max(64),
  totals: z.strictObject({
    /** Records on the hub after this report, and their ReportDigest. */
    count,
    digest: z.string().regex(/^[0-9a-f]{16}$/),
    /** Exact numbers on the managed cluster, records left out for size included. */
    byHealth: z.record(z.enum(HEALTHS), count),
  }),
  records: z.array(WorkloadRecord),
  /** Keys of records to forget. */
  removed: z.array(z.string().max(400)),
  /** Records left out to stay within the size bound, Healthy ones first. */
  truncated: count,
});
export type Report = z.infer<typeof Report>;

/** The manager's answer to a report. */
export const ReportAnswer = z.object({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal("KruiseHealthReport"),
  metadata: z.looseObject({}).optional(),
  status: z.object({
    /** What the manager has now taken in for this cluster. */
    epoch: z.int(),
    sequence: z.int(),
    /** Start of the manager's memory; a new one means that it has forgotten everything. */
    managerEpoch: z.int(),
    /** True: nothing was taken in, send a snapshot. */
    resync: z.boolean(),
    /** Least time between two reports, in milliseconds. */
    paceMs: count,
    /** Longest time between two reports, in milliseconds. */
    heartbeatMs: count,
  }),
});
export type ReportAnswer = z.infer<typeof ReportAnswer>;
