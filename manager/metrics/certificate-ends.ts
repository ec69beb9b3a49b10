// When the feedback API's certificate ends, and the authority that signed it.
import { X509Certificate } from "node:crypto";
import type { ServingCertificate } from "../controllers/serving-certificate.ts";

/** Milliseconds since 1970, by what ends; empty while there is no certificate. */
export function certificateEnds(serving: Pick<ServingCertificate, "cert" | "ca"> | undefined): Record<string, number> {
  if (serving === undefined) return {};
  return { serving: endMsOf(serving.cert), authority: endMsOf(serving.ca) };
}

/** Of the first one where there are several. */
function endMsOf(pem: string): number {
  return new X509Certificate(pem).validToDate.getTime();
}
