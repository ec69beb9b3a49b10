// Sends one report to the manager and reads its answer. The only file that knows how reports travel.
import { zstdCompressSync } from "node:zlib";
import type { Kube } from "../../shared/kube/types.ts";
import { reportPath } from "../../shared/wire/group.ts";
import { ReportAnswer } from "../../shared/wire/report.ts";
import type { Report } from "../../shared/wire/report.ts";

/**
 * A report up to this size travels as it is: a heartbeat. Compressing would save some hundred bytes of the thousand that a
 * request has with its headers, and cost the manager more than all else that it does with a heartbeat.
 */
const PLAIN_BYTES_MAX = 1024;

export interface Delivery {
  status: ReportAnswer["status"];
  /** Bytes of the body as it was sent. */
  bytes: number;
}

interface SendOptions {
  signal: AbortSignal;
  /** How long to wait for the answer. */
  timeoutMs: number;
}

/** Sends a report. Rejects with an ApiError, or with an Error when the answer is not one of the manager. */
export type SendReport = (report: Report, options: SendOptions) => Promise<Delivery>;

/** Builds the way to the hub for the reports of one cluster. */
export function buildSendReport(hub: Kube, cluster: string): SendReport {
  const path = reportPath(cluster);
  return async (report, { signal, timeoutMs }) => {
    const { body, encoding } = encode(JSON.stringify(report));
    const answer = await hub.request<unknown>({
      method: "POST",
      path,
      body,
      contentType: "application/json",
      ...(encoding !== undefined && { headers: { "content-encoding": encoding } }),
      timeoutMs,
      signal,
    });
    // Only the manager's own words count: whatever else answers on this path took nothing in.
    const parsed = ReportAnswer.safeParse(answer);
    if (!parsed.success) {
      throw new Error(`The hub's answer to ${path} is not a report answer`, { cause: parsed.error });
    }
    return { status: parsed.data.status, bytes: body.length };
  };
}

function encode(text: string): { body: Buffer; encoding?: string } {
  const body = Buffer.from(text);
  return body.length <= PLAIN_BYTES_MAX ? { body } : { body: zstdCompressSync(body), encoding: "zstd" };
}
