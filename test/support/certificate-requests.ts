// Makes PKCS #10 certificate requests as OCM's registration agent does: P-256, organizations in one RDN, a DNS name.
// reflect-metadata comes first because @peculiar/x509 needs it when it is loaded.
import "reflect-metadata";
import { Name, PemConverter, Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from "@peculiar/x509";
import { webcrypto } from "node:crypto";

export interface RequestOptions {
  cn: string;
  organizations: string[];
  dns?: string[];
}

/** Makes a request and its private key (PKCS #8), both as PEM. */
export async function makeRequest({
  cn,
  organizations,
  dns = [],
}: RequestOptions): Promise<{ request: string; key: string }> {
  const keys = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const names = dns.map((value) => ({ type: "dns" as const, value }));
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: new Name([{ O: organizations.toSorted() }, { CN: [cn] }]).toJSON(),
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    extensions: names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : [],
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { request: `${request.toString("pem")}\n`, key: `${key}\n` };
}
