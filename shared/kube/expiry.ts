// When credentials end: at their certificate's notAfter or their token's exp, whichever comes first. It only reads what
// they say of themselves: whether they are good is the server's to judge.
import { X509Certificate } from "node:crypto";
import type { CredentialExpiry, Credentials } from "./types.ts";

const IDENTITY_MAX = 200;

/** Gives what of the credentials ends first; undefined when nothing says that it ends. */
export function expiryOf({ cert, token }: Pick<Credentials, "cert" | "token">): CredentialExpiry | undefined {
  const known = [certificateExpiry(cert), tokenExpiry(token)].filter((expiry) => expiry !== undefined);
  return known.toSorted((a, b) => a.endsMs - b.endsMs)[0];
}

function certificateExpiry(cert: string | undefined): CredentialExpiry | undefined {
  if (cert === undefined) return undefined;
  const parsed = new X509Certificate(cert);
  const { CN } = parsed.toLegacyObject().subject as { CN?: unknown };
  return { what: "client certificate", identity: nameOf(CN), endsMs: Date.parse(parsed.validTo) };
}

// A token may be anything; only a JWT tells of itself.
function tokenExpiry(token: string | undefined): CredentialExpiry | undefined {
  const [, payload, signature, ...more] = token?.split(".") ?? [];
  if (payload === undefined || signature === undefined || more.length > 0) return undefined;
  try {
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Record<string, unknown>;
    const { exp, sub, "kubernetes.io": bound } = claims;
    if (typeof exp !== "number" || !Number.isFinite(exp)) return undefined;
    return { what: "token", identity: nameOf(sub), endsMs: exp * 1000, ...serviceAccountOf(bound) };
  } catch {
    return undefined;
  }
}

/** What Kubernetes writes into the tokens that it mounts into pods. */
function serviceAccountOf(bound: unknown): Pick<CredentialExpiry, "serviceAccount"> {
  const { name, uid } =
    (bound as { serviceaccount?: { name?: unknown; uid?: unknown } } | undefined)?.serviceaccount ?? {};
  return typeof name === "string" && typeof uid === "string" ? { serviceAccount: { name, uid } } : {};
}

function nameOf(value: unknown): string {
  return typeof value === "string" ? value.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, IDENTITY_MAX) : "";
}
