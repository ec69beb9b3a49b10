// Keeps the feedback API's serving certificate in a Secret: the leader makes and renews it, every replica loads it.
// A Secret without the authority's key belongs to somebody else (cert-manager, the administrator) and is only read.
// An authority's successor is made long before it signs anything, so that whoever trusts the one can learn the other.
import { X509Certificate, createPrivateKey } from "node:crypto";
import { isIP } from "node:net";
import { serverSideApply } from "../../shared/kube/apply.ts";
import { isNotFound } from "../../shared/kube/errors.ts";
import { objectPath } from "../../shared/kube/paths.ts";
import type { Reconcile } from "../../shared/kube/controller.ts";
import type { Kube, KubeObject, OwnerReference, Resource } from "../../shared/kube/types.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { SERVING_MS, issueAuthority, issueServing } from "./certificate-issue.ts";
import type { Issued } from "./certificate-issue.ts";
import { isOwned } from "./owner.ts";
import type { FindOwner } from "./owner.ts";
import { FIELD_MANAGER } from "./registration.ts";

export const SECRETS: Resource = { group: "", version: "v1", plural: "secrets" };
const DAY_MS = 24 * 60 * 60 * 1000;
/** Life that the authority has left when its successor is made: then that one is known for the life of one certificate. */
const SUCCESSOR_MS = 2 * SERVING_MS;

export interface ServingSecret extends KubeObject {
  /** Base64, as the API has it. */
  data?: Record<string, string>;
}

/** What a server needs, and what its clients need to trust it. PEM texts. */
export interface ServingCertificate {
  cert: string;
  key: string;
  ca: string;
  /** The authority that comes after `ca`, once it is made. */
  nextCa?: string | undefined;
}

export interface ServingDeps {
  kube: Kube;
  clock: Clock;
  log: Log;
  namespace: string;
  secretName: string;
  /** DNS names and addresses that clients check; the certificate is for these alone. */
  names: string[];
  findOwner: FindOwner;
}

/** Reads the certificate out of a Secret; undefined while it is not complete. */
export function readServing(secret: ServingSecret | undefined): ServingCertificate | undefined {
  const [cert, key, ca] = ["tls.crt", "tls.key", "ca.crt"].map((name) => readKey(secret, name));
  return cert && key && ca ? { cert, key, ca, nextCa: readKey(secret, "next-ca.crt") } : undefined;
}

/** Says whether a certificate is for a DNS name or an address. */
export function isFor(leaf: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name)) !== undefined;
}

/**
 * Decides what has to be done: nothing, the owner named, a successor of the authority made, the serving certificate made anew,
 * or the authority with it.
 */
export function planServing(
  secret: ServingSecret | undefined,
  { names, nowMs, owner }: { names: readonly string[]; nowMs: number; owner?: OwnerReference | undefined },
): "keep" | "owner" | "successor" | "serving" | "authority" {
  const serving = readServing(secret);
  const authorityKey = readKey(secret, "ca.key");
  if (authorityKey === undefined) return serving ? "keep" : "authority";
  try {
    const ca = new X509Certificate(readKey(secret, "ca.crt") ?? "");
    // The authority must outlive what it issues now.
    if (!canSign(existing(secret, "ca"), nowMs)) return "authority";
    if (!serving || !isGood(serving, { ca, names, nowMs })) return "serving";
    const ends = ca.validToDate.getTime() - nowMs < SUCCESSOR_MS;
    if (ends && !canSign(existing(secret, "next-ca"), nowMs)) return "successor";
    return isOwned(secret, owner) ? "keep" : "owner";
  } catch {
    return "authority"; // Not a certificate or not a key: somebody has written something else there.
  }
}

/** When the certificate is due for renewal: at two thirds of its life. */
export function renewalMs(cert: string): number {
  const { validFromDate, validToDate } = new X509Certificate(cert);
  return validFromDate.getTime() + ((validToDate.getTime() - validFromDate.getTime()) * 2) / 3;
}

/** Keeps the Secret. */
export function servingCertificate(deps: ServingDeps): Reconcile {
  const { kube, clock, log, namespace, secretName, names, findOwner } = deps;
  return async (_key, signal) => {
    const secret = await readSecret(kube, { namespace, name: secretName }, signal);
    const owner = await findOwner(signal);
    const nowMs = clock.wallMs();
    const plan = planServing(secret, { names, nowMs, owner });
    // Looked at once a day at least: a timer cannot wait for a month.
    if (plan === "keep") return { requeueAfterMs: DAY_MS };
    const pairs = await makePairs(secret, plan, { names, nowMs });
    const metadata = { namespace, name: secretName, ...(owner && { ownerReferences: [owner] }) };
    const next = renderSecret(metadata, pairs);
    await serverSideApply(kube, SECRETS, next, { fieldManager: FIELD_MANAGER, force: true, signal });
    if (plan === "successor") log.info({ secret: secretName }, "successor of the certificate authority issued");
    else if (plan !== "owner") {
      log.info({ secret: secretName, newAuthority: plan === "authority" }, "serving certificate issued");
    }
    return { requeueAfterMs: DAY_MS };
  };
}

/** What the Secret holds. */
interface Pairs {
  authority: Issued;
  successor: Issued | undefined;
  serving: Issued;
}

async function makePairs(
  secret: ServingSecret | undefined,
  plan: Exclude<ReturnType<typeof planServing>, "keep">,
  { names, nowMs }: { names: readonly string[]; nowMs: number },
): Promise<Pairs> {
  const stored = existing(secret, "next-ca");
  const successor = canSign(stored, nowMs) ? stored : undefined;
  if (plan === "authority") {
    const authority = successor ?? (await issueAuthority(nowMs));
    return { authority, successor: undefined, serving: await issueServing(authority, names, nowMs) };
  }
  const authority = existing(secret, "ca");
  if (plan === "serving") return { authority, successor, serving: await issueServing(authority, names, nowMs) };
  const made = plan === "successor" ? await issueAuthority(nowMs) : successor;
  return { authority, successor: made, serving: existing(secret, "tls") };
}

/** Reads the Secret itself, not a cache of it: a cache may not know our own last write yet, and would have it made twice. */
async function readSecret(
  kube: Kube,
  target: { namespace: string; name: string },
  signal: AbortSignal,
): Promise<ServingSecret | undefined> {
  try {
    return await kube.request<ServingSecret>({ method: "GET", path: objectPath(SECRETS, target), signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function isGood(
  { cert, key }: ServingCertificate,
  { ca, names, nowMs }: { ca: X509Certificate; names: readonly string[]; nowMs: number },
): boolean {
  try {
    const leaf = new X509Certificate(cert);
    return (
      leaf.checkPrivateKey(createPrivateKey(key)) &&
      leaf.checkIssued(ca) &&
      leaf.verify(ca.publicKey) &&
      names.every((name) => isFor(leaf, name)) &&
      leaf.subjectAltName?.split(", ").length === names.length &&
      nowMs < renewalMs(cert)
    );
  } catch {
    return false; // Unreadable: to be made anew.
  }
}

/** Says whether this is an authority with its key that outlives what it would issue now. */
function canSign({ cert, key }: Issued, nowMs: number): boolean {
  try {
    const ca = new X509Certificate(cert);
    return ca.checkPrivateKey(createPrivateKey(key)) && ca.validToDate.getTime() - nowMs >= SERVING_MS;
  } catch {
    return false; // Not a certificate or not a key: nothing, or something else that somebody has written there.
  }
}

function existing(secret: ServingSecret | undefined, which: "ca" | "next-ca" | "tls"): Issued {
  return { cert: readKey(secret, `${which}.crt`) ?? "", key: readKey(secret, `${which}.key`) ?? "" };
}

function renderSecret(
  metadata: KubeObject["metadata"],
  { authority, successor, serving }: Pairs,
): ServingSecret & { type: string } {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { ...metadata, labels: { "app.kubernetes.io/part-of": "kruise-health" } },
    type: "kubernetes.io/tls",
    data: {
      "tls.crt": base64(serving.cert),
      "tls.key": base64(serving.key),
      "ca.crt": base64(authority.cert),
      "ca.key": base64(authority.key),
      ...(successor && { "next-ca.crt": base64(successor.cert), "next-ca.key": base64(successor.key) }),
    },
  };
}

function readKey(secret: ServingSecret | undefined, name: string): string | undefined {
  const value = secret?.data?.[name];
  return value === undefined || value === "" ? undefined : Buffer.from(value, "base64").toString("utf8");
}
