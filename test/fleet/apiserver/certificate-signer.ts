// Signs approved CertificateSigningRequests with the cluster's client authority, as kube-controller-manager does.
import "reflect-metadata";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequest,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { randomBytes, webcrypto } from "node:crypto";
import type { KeyPair } from "../../support/certificates.ts";
import type { ApiObject } from "./json.ts";
import { at, listOf, objectOf, stringOf } from "./json.ts";
import type { Registry } from "./registry.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const SIGNER = "kubernetes.io/kube-apiserver-client";
const LIFETIME_MS = 365 * 24 * 3600 * 1000;

/** Starts signing. Returns the way to stop. */
export function startCertificateSigner(registry: Registry, authority: KeyPair): () => void {
  const signing = new Set<string>();
  return registry.storage.subscribe("certificatesigningrequests.certificates.k8s.io", ({ type, object }) => {
    const uid = object.metadata.uid ?? "";
    if (type === "DELETED" || signing.has(uid) || !isDue(object)) return;
    signing.add(uid);
    void sign(registry, authority, object).finally(() => signing.delete(uid));
  });
}

function isDue(csr: ApiObject): boolean {
  const types = listOf(at(csr.status, "conditions")).map((condition) => at(condition, "type"));
  const isOpen =
    at(csr.status, "certificate") === undefined && types.every((type) => type !== "Failed" && type !== "Denied");
  return isOpen && types.includes("Approved") && at(csr.spec, "signerName") === SIGNER;
}

async function sign(registry: Registry, authority: KeyPair, csr: ApiObject): Promise<void> {
  const type = registry.typeOf(csr);
  const key = { namespace: "", name: csr.metadata.name };
  const status = await issue(authority, csr).then(
    (certificate) => ({ certificate }),
    (cause: unknown) => ({
      conditions: [{ type: "Failed", status: "True", reason: "SigningFailed", message: String(cause) }],
    }),
  );
  if (!registry.find(type, key)) return;
  const change = (current: ApiObject): ApiObject => ({
    ...current,
    status: { ...objectOf(current.status), ...status },
  });
  registry.update(type, key, change, { manager: "kube-controller-manager", subresource: "status" });
}

async function issue(authority: KeyPair, csr: ApiObject): Promise<string> {
  const pem = Buffer.from(stringOf(at(csr.spec, "request")), "base64").toString("utf8");
  const request = new Pkcs10CertificateRequest(pem);
  if (!(await request.verify())) throw new Error("the request is not signed by its own key");
  const issuer = new X509Certificate(authority.cert);
  const key = PemConverter.decodeFirst(authority.key);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(15).toString("hex")}`,
    subject: request.subjectName.toJSON(),
    issuer: issuer.subjectName.toJSON(),
    publicKey: await request.publicKey.export(),
    signingKey: await webcrypto.subtle.importKey("pkcs8", key, ALGORITHM, false, ["sign"]),
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - 300_000),
    notAfter: new Date(Date.now() + LIFETIME_MS),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
    ],
  });
  return Buffer.from(`${certificate.toString("pem")}\n`).toString("base64");
}
