// Decides whether a certificate signing request is one that our agent's klusterlet made. Everything on it but the
// requester's name is chosen by whoever made it: each part has to be exactly what OCM's klusterlet writes.
// reflect-metadata comes first because @peculiar/x509 needs it when it is loaded.
import "reflect-metadata";
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from "@peculiar/x509";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import { agentGroups, agentUser } from "../ocm/identity.ts";
import { CLIENT_SIGNER } from "../ocm/types.ts";
import type { SigningRequest } from "../ocm/types.ts";

const ALLOWED_USAGES = ["digital signature", "key encipherment", "client auth"];
/** The one name that the klusterlet puts into the request. */
const ALLOWED_DNS_NAME = `${ADDON_NAME}.addon.open-cluster-management.io`;
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";

/** Says why a request is not one of this cluster's agent; undefined when it is. */
export function refusal({ spec }: SigningRequest, cluster: string): string | undefined {
  const prefix = `system:open-cluster-management:${cluster}:`;
  const agent = spec.username.slice(prefix.length);
  // The colon matters: without it cluster1 could ask for cluster10's agent.
  if (!spec.username.startsWith(prefix) || agent === "" || agent.includes(":")) {
    return `requester "${spec.username}" is not the klusterlet of cluster "${cluster}"`;
  }
  if (spec.signerName !== CLIENT_SIGNER) return `signer "${spec.signerName}", wanted is ${CLIENT_SIGNER}`;
  const strange = spec.usages.find((usage) => !ALLOWED_USAGES.includes(usage));
  if (strange !== undefined) return `usage "${strange}", wanted are ${ALLOWED_USAGES.join(", ")}`;
  if (!spec.usages.includes("client auth")) return 'no usage "client auth"';
  return contentRefusal(spec.request, cluster);
}

/** Checks the PKCS #10 request itself: its subject and the names that it asks for. */
function contentRefusal(request: string, cluster: string): string | undefined {
  const parsed = parse(request);
  if (!parsed) return "the request is not a PEM certificate request";
  const subject = parsed.subjectName.toJSON().flatMap((name) => Object.entries(name));
  const values = (type: string) => subject.filter(([key]) => key === type).flatMap(([, value]) => value);
  const other = subject.find(([type]) => type !== "CN" && type !== "O");
  if (other) return `subject has ${other[0]}, wanted are CN and O only`;
  if (!sameSet(values("CN"), [agentUser(cluster)]))
    return `common name is "${values("CN").join()}", wanted is "${agentUser(cluster)}"`;
  if (!sameSet(values("O"), agentGroups(cluster)))
    return `organizations are not exactly ${agentGroups(cluster).join(" and ")}`;
  return nameRefusal(parsed);
}

function nameRefusal(parsed: Pkcs10CertificateRequest): string | undefined {
  for (const extension of parsed.extensions) {
    if (extension.type !== SUBJECT_ALTERNATIVE_NAME) continue;
    const names = new SubjectAlternativeNameExtension(extension.rawData).names.toJSON();
    const strange = names.find(({ type, value }) => type !== "dns" || value !== ALLOWED_DNS_NAME);
    if (strange) return `alternative name ${strange.type}:${strange.value}, wanted is at most dns:${ALLOWED_DNS_NAME}`;
  }
  return undefined;
}

/** Reads base64 of a PEM block; undefined when it is anything else, since anybody may have written it. */
function parse(request: string): Pkcs10CertificateRequest | undefined {
  const pem = Buffer.from(request, "base64").toString("latin1").trim();
  if (!/^-----BEGIN CERTIFICATE REQUEST-----[^-]+-----END CERTIFICATE REQUEST-----$/.test(pem)) return undefined;
  try {
    return new Pkcs10CertificateRequest(pem);
  } catch {
    return undefined;
  }
}

function sameSet(given: readonly string[], wanted: readonly string[]): boolean {
  return given.length === wanted.length && wanted.every((value) => given.includes(value));
}
