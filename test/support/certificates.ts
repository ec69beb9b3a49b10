// Makes certificate authorities and certificates for tests: real X.509 with P-256 keys, nothing on disk.
// reflect-metadata comes first because @peculiar/x509 needs it when it is loaded.
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { Extension, JsonGeneralNames, X509Certificate } from "@peculiar/x509";
import { randomBytes, webcrypto } from "node:crypto";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 24 * 60 * 60 * 1000;

/** A certificate with its private key (PKCS #8), both as PEM. */
export interface KeyPair {
  cert: string;
  key: string;
}

export interface IssueOptions {
  cn: string;
  /** Kubernetes reads them as groups. */
  organizations?: string[];
  dns?: string[];
  ips?: string[];
  /** What the certificate may be used for; both when neither is given. */
  client?: boolean;
  server?: boolean;
  /** Default: an hour ago. */
  notBefore?: Date;
  /** Default: in 30 days. */
  notAfter?: Date;
}

export interface Authority extends KeyPair {
  issue(options: IssueOptions): Promise<KeyPair>;
}

/** Makes a self-signed certificate authority. `cert` and `key` are PEM texts. */
export async function makeAuthority(name: string): Promise<Authority> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...lifetime({ cn: name }),
    serialNumber: serialNumber(),
    name: subject({ cn: name }).toJSON(),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    ...(await pair(certificate, keys)),
    issue: (options) => issue({ certificate, keys }, options),
  };
}

/** Makes an RSA key pair as PEM (PKCS #8 and SPKI): kube-apiserver signs service account tokens with it. */
export async function makeSigningKey(): Promise<{ publicKey: string; privateKey: string }> {
  const keys = await webcrypto.subtle.generateKey(
    { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
    true,
    ["sign", "verify"],
  );
  const spki = await webcrypto.subtle.exportKey("spki", keys.publicKey);
  return { publicKey: PemConverter.encode(spki, "PUBLIC KEY"), privateKey: await privateKeyPem(keys) };
}

async function issue(
  issuer: { certificate: X509Certificate; keys: webcrypto.CryptoKeyPair },
  options: IssueOptions,
): Promise<KeyPair> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.create({
    ...lifetime(options),
    serialNumber: serialNumber(),
    subject: subject(options).toJSON(),
    issuer: issuer.certificate.subjectName.toJSON(),
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
      ...extensions(options),
    ],
  });
  return pair(certificate, keys);
}

function extensions({ client, server, dns = [], ips = [] }: IssueOptions): Extension[] {
  const both = client === undefined && server === undefined;
  const usages = [
    ...(client === true || both ? [ExtendedKeyUsage.clientAuth] : []),
    ...(server === true || both ? [ExtendedKeyUsage.serverAuth] : []),
  ];
  const names: JsonGeneralNames = [
    ...dns.map((value) => ({ type: "dns" as const, value })),
    ...ips.map((value) => ({ type: "ip" as const, value })),
  ];
  return [
    new ExtendedKeyUsageExtension(usages),
    ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
  ];
}

function subject({ cn, organizations = [] }: IssueOptions): Name {
  return new Name([...organizations.map((organization) => ({ O: [organization] })), { CN: [cn] }]);
}

function lifetime({ notBefore, notAfter }: IssueOptions): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: notBefore ?? new Date(Date.now() - DAY_MS / 24),
    notAfter: notAfter ?? new Date(Date.now() + 30 * DAY_MS),
  };
}

function serialNumber(): string {
  return `01${randomBytes(15).toString("hex")}`;
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
}

async function pair(certificate: X509Certificate, keys: webcrypto.CryptoKeyPair): Promise<KeyPair> {
  return { cert: `${certificate.toString("pem")}\n`, key: await privateKeyPem(keys) };
}

async function privateKeyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return `${PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY")}\n`;
}
