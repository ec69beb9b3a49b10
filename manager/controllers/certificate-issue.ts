// Makes the certificate authority and the serving certificate of the feedback API: X.509 with P-256 keys. No I/O.
// reflect-metadata comes first because @peculiar/x509 needs it when it is loaded.
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { createPrivateKey, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** Life of the authority. */
const AUTHORITY_MS = 3650 * DAY_MS;
/** Life of a serving certificate. */
export const SERVING_MS = 90 * DAY_MS;

/** A certificate with its private key (PKCS #8), both as PEM. */
export interface Issued {
  cert: string;
  key: string;
}

/** Makes a new authority. */
export async function issueAuthority(nowMs: number): Promise<Issued> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...lifetime(nowMs, AUTHORITY_MS),
    serialNumber: serialNumber(),
    // The time keeps two authorities apart for whoever looks one up by its name.
    name: [{ CN: [`kruise-health-ca@${Math.floor(nowMs / 1000)}`] }],
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return toPem(certificate, keys);
}

/** Makes a serving certificate for these DNS names and addresses. */
export async function issueServing(authority: Issued, names: readonly string[], nowMs: number): Promise<Issued> {
  const issuer = new X509Certificate(authority.cert);
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.create({
    ...lifetime(nowMs, SERVING_MS),
    serialNumber: serialNumber(),
    subject: [{ CN: [names[0] ?? ""] }],
    issuer: issuer.subjectName.toJSON(),
    publicKey: keys.publicKey,
    signingKey: await loadKey(authority.key),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
      ),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return toPem(certificate, keys);
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
}

async function loadKey(pem: string): Promise<webcrypto.CryptoKey> {
  const pkcs8 = createPrivateKey(pem).export({ format: "der", type: "pkcs8" });
  return webcrypto.subtle.importKey("pkcs8", new Uint8Array(pkcs8), ALGORITHM, false, ["sign"]);
}

async function toPem(certificate: X509Certificate, keys: webcrypto.CryptoKeyPair): Promise<Issued> {
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { cert: `${certificate.toString("pem")}\n`, key: `${PemConverter.encode(pkcs8, "PRIVATE KEY")}\n` };
}

/** Valid from a little ago, for clocks that are behind. */
function lifetime(nowMs: number, forMs: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(nowMs - HOUR_MS), notAfter: new Date(nowMs + forMs) };
}

// Positive, and its first octet never zero.
function serialNumber(): string {
  return `01${randomBytes(15).toString("hex")}`;
}
