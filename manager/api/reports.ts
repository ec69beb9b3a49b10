// Reports of agents: the body decoded within a bound, checked against the wire schema, handed to the fleet.
import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
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
const DECODERS: Readonly<Record<string, (body: Buffer) => Promise<Buffer>>> = {
  identity: (body) => Promise.resolve(body),
  gzip: (body) => promisify(gunzip)(body, LIMIT),
  zstd: (body) => promisify(zstdDecompress)(body, LIMIT),
};

export interface ReportRequest {
  cluster: string;
  body: Buffer;
  contentEncoding: string | undefined;
}

export async function takeReport(fleet: Fleet, request: ReportRequest): Promise<ReportAnswer> {
  const { cluster } = request;
  refuseUnexpected(fleet, cluster);
  const report = parseReport(await decode(request.body, request.contentEncoding));
  // The cluster may have gone while its report was being decoded.
  refuseUnexpected(fleet, cluster);
  const status = fleet.apply(cluster, report);
  return {
    apiVersion: API_VERSION,
    kind: "KruiseHealthReport",
    metadata: { name: cluster, namespace: cluster },
    status,
  };
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

async function decode(body: Buffer, contentEncoding = "identity"): Promise<string> {
  const decoder = DECODERS[contentEncoding.trim().toLowerCase()];
  if (decoder === undefined) {
    throw new StatusError(
      "UnsupportedMediaType",
      `Content-Encoding "${contentEncoding}" cannot be read; wanted is zstd, gzip or none`,
    );
  }
  try {
    return (await decoder(body)).toString("utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE") {
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
