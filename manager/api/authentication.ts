// Who is asking, in kube-apiserver's order: the aggregator's word for a user, when its certificate proves that it is the
// aggregator; else the name in the client's own certificate; else whose bearer token it is. There is no anonymous user,
// and headers that name one are never looked at when anybody else sends them.
import { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import * as z from "zod";
import { StatusError } from "./status.ts";

export interface Identity {
  user: string;
  uid: string | undefined;
  groups: string[];
  extra: Record<string, string[]>;
  /** Proxy: kube-apiserver has checked RBAC already. Certificate, Token: nobody has. */
  via: "Proxy" | "Certificate" | "Token";
}

/** Whom to believe: the hub's `extension-apiserver-authentication`, parsed. */
export interface Trust {
  clientCas: X509Certificate[];
  requestHeaderCas: X509Certificate[];
  /** Common names that may speak for users; none: every certificate of the request header CAs. */
  allowedNames: string[];
  /** Lower case. */
  userHeaders: string[];
  groupHeaders: string[];
  uidHeaders: string[];
  extraPrefixes: string[];
}

const names = z
  .string()
  .default("[]")
  .transform((text) => z.array(z.string()).parse(JSON.parse(text)));
const TrustData = z.looseObject({
  "client-ca-file": z.string().default(""),
  "requestheader-client-ca-file": z.string().default(""),
  "requestheader-allowed-names": names,
  "requestheader-username-headers": names,
  "requestheader-group-headers": names,
  "requestheader-uid-headers": names,
  "requestheader-extra-headers-prefix": names,
});

/** Reads the data of ConfigMap kube-system/extension-apiserver-authentication. */
export function parseTrust(data: Record<string, string>): Trust {
  const parsed = TrustData.parse(data);
  const lower = (list: string[]) => list.map((name) => name.toLowerCase());
  return {
    clientCas: parseCertificates(parsed["client-ca-file"]),
    requestHeaderCas: parseCertificates(parsed["requestheader-client-ca-file"]),
    allowedNames: parsed["requestheader-allowed-names"],
    userHeaders: lower(parsed["requestheader-username-headers"]),
    groupHeaders: lower(parsed["requestheader-group-headers"]),
    uidHeaders: lower(parsed["requestheader-uid-headers"]),
    extraPrefixes: lower(parsed["requestheader-extra-headers-prefix"]),
  };
}

function parseCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** All CAs of the trust as PEM: what the TLS server asks clients for. */
export function acceptableCas(trust: Trust): string[] {
  return [...trust.requestHeaderCas, ...trust.clientCas].map((ca) => ca.toString());
}

/** Undefined: nobody. A promise where the hub has to be asked; it rejects when the hub does not answer. */
export type Identify = (request: IncomingMessage) => Identity | undefined | Promise<Identity | undefined>;

export async function requireIdentity(identify: Identify, request: IncomingMessage): Promise<Identity> {
  const identity = await identify(request);
  if (identity === undefined) throw new StatusError("Unauthorized", "Unauthorized");
  return identity;
}

/** What a connection's certificate proves. It cannot change while the connection lasts; the trust can. */
interface Proof {
  trust: Trust;
  speaksForUsers: boolean;
  own: Identity | undefined;
  validUntilMs: number;
}

/**
 * Builds the function that finds a request's identity. `trust` is asked each time, so that CAs can be replaced. Without
 * `byToken` no token is looked at.
 */
export function buildIdentify(trust: () => Trust, nowWallMs: () => number, byToken?: Identify): Identify {
  const proofs = new WeakMap<TLSSocket, Proof>();
  return (request) => {
    const { socket } = request;
    if (!(socket instanceof TLSSocket)) return undefined;
    const known = proofs.get(socket);
    const proof = known?.trust === trust() ? known : prove(socket, trust());
    proofs.set(socket, proof);
    const isValid = nowWallMs() < proof.validUntilMs;
    return (isValid ? proven(proof, request) : undefined) ?? byToken?.(request);
  };
}

function proven({ trust, speaksForUsers, own }: Proof, { rawHeaders }: IncomingMessage): Identity | undefined {
  return (speaksForUsers ? identityFromHeaders(rawHeaders, trust) : undefined) ?? own;
}

function prove(socket: TLSSocket, trust: Trust): Proof {
  const nothing = { trust, speaksForUsers: false, own: undefined, validUntilMs: Infinity };
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  if (certificate === undefined) return nothing;
  const { cn, organizations } = subjectOf(certificate);
  const { allowedNames } = trust;
  const isNamed = allowedNames.length === 0 || allowedNames.includes(cn);
  return {
    trust,
    speaksForUsers: isNamed && isIssuedBy(certificate, trust.requestHeaderCas),
    own: cn !== "" && isIssuedBy(certificate, trust.clientCas) ? identityOf(cn, organizations) : undefined,
    validUntilMs: certificate.validToDate.getTime(),
  };
}

/** A name alone proves nothing: a look-alike CA has the same one. The signature decides. */
function isIssuedBy(certificate: X509Certificate, cas: X509Certificate[]): boolean {
  return cas.some((ca) => certificate.checkIssued(ca) && certificate.verify(ca.publicKey));
}

function subjectOf(certificate: X509Certificate): { cn: string; organizations: string[] } {
  const { subject } = certificate.toLegacyObject();
  return { cn: listOf(subject.CN).at(-1) ?? "", organizations: listOf(subject.O) };
}

function listOf(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}

function identityOf(cn: string, organizations: string[]): Identity {
  return {
    user: cn,
    uid: undefined,
    groups: [...organizations, "system:authenticated"],
    extra: {},
    via: "Certificate",
  };
}

/**
 * The user that the aggregator names. Raw headers, because Node joins repeated ones by commas in `headers`, and a group
 * may have a comma in its name.
 */
function identityFromHeaders(rawHeaders: string[], trust: Trust): Identity | undefined {
  const headers: [name: string, value: string][] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.push([(rawHeaders[index] ?? "").toLowerCase(), rawHeaders[index + 1] ?? ""]);
  }
  const values = (wanted: string[]) =>
    wanted.flatMap((name) => headers.filter(([header]) => header === name).map(([, value]) => value));
  const user = values(trust.userHeaders).find((value) => value !== "");
  if (user === undefined) return undefined;
  const uid = values(trust.uidHeaders).find((value) => value !== "");
  return { user, uid, groups: values(trust.groupHeaders), extra: extraOf(headers, trust.extraPrefixes), via: "Proxy" };
}

function extraOf(headers: [string, string][], prefixes: string[]): Record<string, string[]> {
  const extra = new Map<string, string[]>();
  for (const [header, value] of headers) {
    const prefix = prefixes.find((candidate) => header.startsWith(candidate));
    if (prefix === undefined) continue;
    const key = unescape(header.slice(prefix.length));
    extra.set(key, [...(extra.get(key) ?? []), value]);
  }
  return Object.fromEntries(extra);
}

/** Keys come percent-encoded; one that is not valid is kept as it came, as kube-apiserver does. */
function unescape(key: string): string {
  try {
    return decodeURIComponent(key).toLowerCase();
  } catch {
    return key;
  }
}
