// Who sends a request: a client certificate of the cluster's authority, or a bearer token that the cluster has issued.
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { User } from "./admission.ts";
import { unauthorized } from "./errors.ts";

const ANONYMOUS: User = { name: "system:anonymous", groups: ["system:unauthenticated"] };

export class Authentication {
  readonly #tokens = new Map<string, User>();
  readonly #users = new WeakMap<TLSSocket, User>();

  /** Makes a token for a user. */
  issueToken(user: User): string {
    const token = randomBytes(24).toString("base64url");
    this.#tokens.set(token, user);
    return token;
  }

  /** The user of a token; undefined for an unknown one. */
  userOfToken(token: string): User | undefined {
    return this.#tokens.get(token);
  }

  /** @throws StatusError 401 for a token that is not known, and for a certificate that is expired or of another authority. */
  authenticate(request: IncomingMessage): User {
    const fromCertificate = this.#fromCertificate(request.socket);
    if (fromCertificate) return fromCertificate;
    const { authorization } = request.headers;
    if (authorization === undefined) return ANONYMOUS;
    const user = this.#tokens.get(authorization.replace(/^Bearer /i, ""));
    if (!user) throw unauthorized();
    return user;
  }

  #fromCertificate(socket: unknown): User | undefined {
    if (!(socket instanceof TLSSocket)) return undefined;
    const known = this.#users.get(socket);
    if (known) return known;
    const subject = socket.getPeerCertificate().subject as { CN?: string; O?: string | string[] } | undefined;
    if (subject?.CN === undefined) return undefined;
    if (!socket.authorized) throw unauthorized();
    const { CN, O } = subject;
    const organizations = O === undefined ? [] : [O].flat();
    const user = { name: CN, groups: [...organizations, "system:authenticated"] };
    this.#users.set(socket, user);
    return user;
  }
}

/** The identity of a ServiceAccount. */
export function serviceAccountUser(namespace: string, name: string): User {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
  };
}
