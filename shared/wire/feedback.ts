// The way to the feedback API past the hub's kube-apiserver, as manager and agents are told it: a server's address, and the
// certificate authorities by which its certificate is checked.
import { X509Certificate } from "node:crypto";
import * as z from "zod";

const LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
/** The chart's templates/_checks.tpl has the same form. */
const ADDRESS = new RegExp(`^https://(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9a-f:.]+\\])(?::[1-9][0-9]{0,4})?$`, "i");
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** An address and no more: a path, a user or a query would be sent to nobody, or logged by somebody. */
export const FeedbackUrl = z
  .string()
  .refine(
    (text) => ADDRESS.test(text) && URL.canParse(text),
    "wanted is https://HOST or https://HOST:PORT, without user, path or query",
  );

export const Authorities = z
  .string()
  .refine(areCertificates, "wanted are certificates in PEM, each from BEGIN CERTIFICATE to END CERTIFICATE");

function areCertificates(pem: string): boolean {
  const certificates = pem.match(CERTIFICATE) ?? [];
  return certificates.length > 0 && certificates.every(isCertificate);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
