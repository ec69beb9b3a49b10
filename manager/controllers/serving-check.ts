// Whether what is in the serving Secret can serve: somebody else may keep it, and a wrong one must not replace the last
// good one. Pure.
import { X509Certificate, createPrivateKey } from "node:crypto";
import { readServing } from "./serving-certificate.ts";
import type { ServingCertificate, ServingSecret } from "./serving-certificate.ts";

const WANTED = ["tls.crt", "tls.key", "ca.crt"] as const;

/** The certificate of a Secret, or a sentence that says what is wrong with it. */
export type CheckedServing = { serving: ServingCertificate; fault?: never } | { serving?: never; fault: string };

/** Reads and checks it. `dnsName` is the name by which kube-apiserver calls. */
export function checkServing(secret: ServingSecret | undefined, name: string, dnsName: string): CheckedServing {
  const wanted = `wanted is a Secret of type kubernetes.io/tls with ${WANTED.join(", ")}`;
  if (secret === undefined) return { fault: `Secret "${name}" is not there: ${wanted}` };
  const serving = readServing(secret);
  if (serving === undefined) {
    const missing = WANTED.filter((key) => (secret.data?.[key] ?? "") === "");
    return { fault: `Secret "${name}" lacks ${missing.join(", ")}: ${wanted}` };
  }
  const fault = faultOf(serving, dnsName);
  return fault === undefined ? { serving } : { fault: `Secret "${name}": ${fault}` };
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
