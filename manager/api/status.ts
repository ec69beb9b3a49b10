// Errors as Kubernetes clients understand them: a `Status` object with code, reason, message and details.
import { GROUP } from "../../shared/wire/group.ts";

/** Reasons that client-go switches on, with the HTTP status of each. */
const CODES = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;
export type StatusReason = keyof typeof CODES;

export interface StatusCause {
  reason: string;
  message: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: { continue?: string };
  status: "Failure";
  message: string;
  reason: StatusReason;
  details?: StatusDetails;
  code: number;
}

export interface StatusOptions {
  details?: StatusDetails;
  cause?: unknown;
  /** With an expired continue token: the one to go on with. */
  continueToken?: string;
}

/** Thrown anywhere below a route; the server's error handler answers with its Status. */
export class StatusError extends Error {
  readonly reason: StatusReason;
  readonly details: StatusDetails | undefined;
  readonly #continueToken: string | undefined;

  constructor(reason: StatusReason, message: string, options: StatusOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "StatusError";
    this.reason = reason;
    this.details = options.details;
    this.#continueToken = options.continueToken;
  }

  get code(): number {
    return CODES[this.reason];
  }

  get status(): Status {
    const { message, reason, details, code } = this;
    const metadata = this.#continueToken === undefined ? {} : { continue: this.#continueToken };
    const base = { kind: "Status", apiVersion: "v1", metadata, status: "Failure", message, reason } as const;
    return details === undefined ? { ...base, code } : { ...base, details, code };
  }
}

export function notFound(plural: string, name: string): StatusError {
  return new StatusError("NotFound", `${plural}.${GROUP} "${name}" not found`, {
    details: { name, group: GROUP, kind: plural },
  });
}

/** What clients shall try again in a second, without telling their user. */
export function tryAgain(message: string, cause?: unknown): StatusError {
  return new StatusError("ServiceUnavailable", message, { details: { retryAfterSeconds: 1 }, cause });
}
