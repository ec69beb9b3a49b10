// Replicas among themselves: one that does not lead has authenticated a user and asks the leader in his name. It proves
// itself by the private key of the serving certificate, which whoever may read the Secret has and nobody else. So it
// needs no authority, no further Secret and no right on the hub, and works whoever made the certificate.
import { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import * as z from "zod";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Identify, Identity } from "./authentication.ts";

/** Carries the user as JSON in plain ASCII. Read only from a peer; a replica never passes on one that it was sent. */
export const SPEAKS_FOR_HEADER = "x-kruise-health-speaks-for";
/** In older versions of TLS a client signs what a server could be made to sign too. */
export const PEER_TLS_VERSION = "TLSv1.3";
/** Replicas do not see a renewed certificate at the same moment: the one before counts for this long. */
const FORMER_KEY_MS = 60_000;

const Spoken = z.object({
  user: z.string().min(1),
  uid: z.string().optional(),
  groups: z.array(z.string()),
  extra: z.record(z.string(), z.array(z.string())),
  // What a newer replica calls it is not "Proxy", and so is reviewed.
  via: z.custom<Identity["via"]>((via) => typeof via === "string"),
});

interface PeerKey {
  publicKey: string;
  untilMs: number;
}

/** Knows the other replicas by their key. */
export class Peers {
  readonly #clock: Clock;
  readonly #keys = new WeakMap<TLSSocket, string>();
  #accepted: PeerKey[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Tells the serving certificate in force, PEM. */
  replace(cert: string): void {
    const publicKey = publicKeyOf(new X509Certificate(cert));
    const untilMs = this.#clock.monotonicMs() + FORMER_KEY_MS;
    const former = this.#accepted.find((key) => key.untilMs === Infinity && key.publicKey !== publicKey);
    this.#accepted = [{ publicKey, untilMs: Infinity }, ...(former ? [{ ...former, untilMs }] : [])];
  }

  /** Whether the connection is another replica's. The handshake has shown that it holds the key of its certificate. */
  isPeer({ socket }: Pick<IncomingMessage, "socket">): boolean {
    if (!(socket instanceof TLSSocket) || socket.getProtocol() !== PEER_TLS_VERSION) return false;
    const key = this.#keys.get(socket) ?? keyShownBy(socket);
    this.#keys.set(socket, key);
    const nowMs = this.#clock.monotonicMs();
    return this.#accepted.some(({ publicKey, untilMs }) => publicKey === key && nowMs < untilMs);
  }

  /** Takes a peer's word for who is asking; everybody else is looked at by `identify`. */
  identify(identify: Identify): Identify {
    return (request) => (this.isPeer(request) ? readIdentity(request) : identify(request));
  }
}

/** The user for the header, with escapes for all that HTTP would not carry as it is. */
export function writeIdentity(identity: Identity): string {
  const escape = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(identity).replaceAll(/[^\x20-\x7e]/g, escape);
}

function readIdentity({ headers }: IncomingMessage): Identity | undefined {
  const text = headers[SPEAKS_FOR_HEADER];
  try {
    const { uid, ...rest } = Spoken.parse(JSON.parse(String(text)));
    return { ...rest, uid };
  } catch {
    return undefined; // A peer without a user, or not in this form: nobody.
  }
}

/** "" where no certificate was shown: no key reads so. */
function keyShownBy(socket: TLSSocket): string {
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? "" : publicKeyOf(certificate);
}

function publicKeyOf(certificate: X509Certificate): string {
  return certificate.publicKey.export({ type: "spki", format: "der" }).toString("base64");
}
