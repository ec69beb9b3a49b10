// Whether what is in the serving Secret can serve: somebody else may keep it, and a wrong one must not replace the last
// good one. Pure.
import { X509Certificate, createPrivateKey } from "node:crypto";
import { isFor, readServing } from "./serving-certificate.ts";
import type { ServingCertificate, ServingSecret } from "./serving-certificate.ts";

const WANTED = ["tls.crt", "tls.key", "ca.crt"] as const;

/**
 * The certificate of a Secret, or a sentence that says what is wrong with it. A flaw is what keeps some of its clients away:
 * the others need it all the same.
 */
export type CheckedServing =
  | { serving: ServingCertificate; fault?: never; flaw?: string }
  | { serving?: never; fault: string; flaw?: never };

/** By which names it is called. */
export interface CalledBy {
  /** The name by which kube-apiserver and other replicas call. */
  dnsName: string;
  /** Name or address by which others do; undefined: nobody does. */
  externalHost?: string | undefined;
}

/** Reads and checks it. */
export function checkServing(secret: ServingSecret | undefined, name: string, called: CalledBy): CheckedServing {
  const wanted = `wanted is a Secret of type kubernetes.io/tls with ${WANTED.join(", ")}`;
  if (secret === undefined) return { fault: `Secret "${name}" is not there: ${wanted}` };
  const serving = readServing(secret);
  if (serving === undefined) {
    const missing = WANTED.filter((key) => (secret.data?.[key] ?? "") === "");
    return { fault: `Secret "${name}" lacks ${missing.join(", ")}: ${wanted}` };
  }
  const fault = faultOf(serving, called.dnsName);
  if (fault !== undefined) return { fault: `Secret "${name}": ${fault}` };
  const flaw = flawOf(serving, called.externalHost);
  return { serving, ...(flaw !== undefined && { flaw: `Secret "${name}": ${flaw}` }) };
}

function flawOf({ cert }: ServingCertificate, externalHost: string | undefined): string | undefined {
  if (externalHost === undefined || isFor(new X509Certificate(cert), externalHost)) return undefined;
  return `tls.crt is not for ${externalHost}, the host of FEEDBACK_URL: unless something else answers there with a certificate of its own, no agent can report`;
}

function faultOf({ cert, key, ca }: ServingCertificate, dnsName: string): string | undefined {
  const leaf = parsed(() => new X509Certificate(cert));
  const privateKey = parsed(() => createPrivateKey(key));
  if (leaf === undefined) return "tls.crt is no certificate in PEM";
  if (parsed(() => new X509Certificate(ca)) === undefined) return "ca.crt is no certificate in PEM";
  if (privateKey === undefined) return "tls.key is no private key in PEM, or it needs a password";
  if (!leaf.checkPrivateKey(privateKey)) return "tls.key is not the key of tls.crt";
  if (leaf.checkHost(dnsName) === undefined) return `tls.crt is not for the DNS name ${dnsName}, which it must have`;
  return undefined;
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
