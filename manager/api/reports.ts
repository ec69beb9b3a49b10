// Reports of agents: the body decoded within a bound, checked against the wire schema, handed to the fleet.
import { constants, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { z } from "zod";
import { API_VERSION, GROUP } from "../../shared/wire/group.ts";
import { ReceivedReport } from "../../shared/wire/received.ts";
import { REPORT_BYTES_MAX } from "../../shared/wire/report.ts";
import type { ReportAnswer } from "../../shared/wire/report.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { REPORTS } from "./resources.ts";
import { StatusError } from "./status.ts";
import type { StatusCause } from "./status.ts";

/** Faults named in one answer; a report with more needs no more to be found wrong. */
const CAUSES_MAX = 20;
const CAUSE_LENGTH_MAX = 500;

const LIMIT = { maxOutputLength: REPORT_BYTES_MAX };
/** A sender says how much memory it takes to read him. 8 MiB is what every reader of zstd has to grant (RFC 8878). */
const WINDOW = { params: { [constants.ZSTD_d_windowLogMax]: 23 } };
/** How Node says that there is more than a report may have. */
const TOO_LARGE = ["ERR_BUFFER_TOO_LARGE", "ZSTD_error_frameParameter_windowTooLarge"];
// At once: within the bound it takes less time than the parsing that follows, and the way through another thread costs five
// times as much as decoding an idle agent's report.
const DECODERS: ReadonlyMap<string, (body: Buffer) => Buffer> = new Map([
  ["identity", (body: Buffer) => body],
  ["gzip", (body: Buffer) => gunzipSync(body, LIMIT)],
  ["zstd", (body: Buffer) => zstdDecompressSync(body, { ...LIMIT, ...WINDOW })],
]);

export interface ReportRequest {
  cluster: string;
  body: Buffer;
  contentEncoding: string | undefined;
}

/** In short: what came, and what became of it. */
export interface Told {
  form: string;
  result: "Taken" | "Recalled" | "Resync" | "Outvoted" | "Refused";
  /** How long its oldest change had waited at the agent; undefined: it holds none, or its agent does not tell. */
  waitedMs?: number | undefined;
}

/** Takes a report in, or throws the Status to answer. */
export function takeReport(fleet: Fleet, request: ReportRequest): { answer: ReportAnswer; told: Told } {
  const { cluster } = request;
  refuseUnexpected(fleet, cluster);
  const report = parseReport(decode(request.body, request.contentEncoding));
  const status = fleet.apply(cluster, report);
  const metadata = { name: cluster, namespace: cluster };
  return {
    answer: { apiVersion: API_VERSION, kind: "KruiseHealthReport", metadata, status },
    told: { form: report.form, result: resultOf(report, status), waitedMs: report.waitedMs },
  };
}

function resultOf({ form, epoch }: ReceivedReport, status: ReportAnswer["status"]): Told["result"] {
  if (form === "recall") return "Recalled";
  if (status.resync) return "Resync";
  return status.epoch === epoch ? "Taken" : "Outvoted";
}

function refuseUnexpected(fleet: Fleet, cluster: string): void {
  if (fleet.expects(cluster)) return;
  throw new StatusError(
    "NotFound",
    `cluster "${cluster}" does not have this add-on, or not yet: nothing of it is kept`,
    {
      details: { name: cluster, group: GROUP, kind: REPORTS.plural },
    },
  );
}

function decode(body: Buffer, contentEncoding = "identity"): string {
  const decoder = DECODERS.get(contentEncoding.trim().toLowerCase());
  if (decoder === undefined) {
    throw new StatusError(
      "UnsupportedMediaType",
      `Content-Encoding "${contentEncoding.slice(0, 100)}" cannot be read; wanted is zstd, gzip or none`,
    );
  }
  try {
    return decoder(body).toString("utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && TOO_LARGE.includes(String(cause.code))) {
      throw new StatusError(
        "RequestEntityTooLarge",
        `the report has more than ${REPORT_BYTES_MAX} bytes after decompression; leave Healthy records out`,
        { cause },
      );
    }
    throw new StatusError("BadRequest", `the body is not ${contentEncoding}`, { cause });
  }
}

function parseReport(text: string): ReceivedReport {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new StatusError("BadRequest", "the body is not JSON; wanted is a KruiseHealthReport", { cause });
  }
  const parsed = ReceivedReport.safeParse(json);
  if (parsed.success) return parsed.data;
  const causes = parsed.error.issues.slice(0, CAUSES_MAX).map(causeOf);
  const list = causes.map(({ field, message }) => `${field}: ${message}`).join(", ");
  throw new StatusError("Invalid", `KruiseHealthReport.${GROUP} is invalid: ${list.slice(0, 2 * CAUSE_LENGTH_MAX)}`, {
    details: { group: GROUP, kind: "KruiseHealthReport", causes },
  });
}

function causeOf(issue: z.core.$ZodIssue): StatusCause & { field: string } {
  const field = issue.path.reduce<string>(
    (path, step) => (typeof step === "number" ? `${path}[${step}]` : `${path}${path === "" ? "" : "."}${String(step)}`),
    "",
  );
  return { reason: "FieldValueInvalid", message: issue.message.slice(0, CAUSE_LENGTH_MAX), field: field || "(report)" };
}
