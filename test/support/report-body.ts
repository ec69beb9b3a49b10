// A report as it came over the wire: small ones as they are, others compressed.
import { zstdDecompressSync } from "node:zlib";
import type { ReceivedReport } from "../../shared/wire/received.ts";

const OPENING_BRACE = 0x7b;

/** Reads the body that an agent has sent. */
export function readReportBody(body: Buffer): ReceivedReport {
  const json = body[0] === OPENING_BRACE ? body : zstdDecompressSync(body);
  return JSON.parse(json.toString("utf8")) as ReceivedReport;
}
