// Sends one report to the manager and reads its answer. The only file that knows how reports travel.
import { zstdCompressSync } from "node:zlib";
import type { Kube } from "../../shared/kube/types.ts";
import { reportPath } from "../../shared/wire/group.ts";
import { ReportAnswer } from "../../shared/wire/report.ts";
import type { Report } from "../../shared/wire/report.ts";

export interface Delivery {
  status: ReportAnswer["status"];
  /** Bytes sent, compressed. */
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
    const body = zstdCompressSync(JSON.stringify(report));
    const answer = await hub.request<unknown>({
      method: "POST",
      path,
      body,
      contentType: "application/json",
      headers: { "content-encoding": "zstd" },
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
