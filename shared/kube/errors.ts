// The one error of the thin client: an answer that is not a success, or no answer at all.
// Callers switch on `reason` and the questions below, never on the text.
import type { TlsTrouble } from "./tls-trouble.ts";

export interface ApiErrorOptions {
  /** HTTP status; 0 when no answer came. */
  status: number;
  /** The reason of the Status object, or one that fits the HTTP status. */
  reason: string;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** A request that failed. The message says what was tried and what came back; it never holds credentials. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly reason: string;
  /** How long the server asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { status, reason, retryAfterMs, cause }: ApiErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

export function isNotFound(error: unknown): boolean {
  return hasStatus(error, 404);
}

/**
 * Asks whether the version of the API in the path cannot be had: it is not served (an absent object would name itself), or
 * the objects are stored in another version and the webhook that converts them fails.
 */
export function isVersionUnavailable(error: unknown): boolean {
  if (hasStatus(error, 404)) return !error.message.endsWith('" not found');
  return hasStatus(error, 500) && error.message.includes("conversion webhook");
}

/** Asks whether somebody else changed the object first, or owns a field that was applied without force. */
export function isConflict(error: unknown): boolean {
  return hasStatus(error, 409) && !isAlreadyExists(error);
}

export function isAlreadyExists(error: unknown): boolean {
  return hasStatus(error, 409) && error.reason === "AlreadyExists";
}

/** Asks whether the server no longer knows a resourceVersion or a continue token. */
export function isGone(error: unknown): boolean {
  return hasStatus(error, 410);
}

export function isForbidden(error: unknown): boolean {
  return hasStatus(error, 403);
}

/** Asks whether the server did not take our word for who we are, in an answer or in the TLS handshake. */
export function isIdentityRefused(error: unknown): error is ApiError {
  return hasStatus(error, 401) || (error instanceof ApiError && error.reason === "ClientCertificateRefused");
}

/** Asks whether we did not take the server's certificate: nothing was sent. */
export function isServerRefused(error: unknown): boolean {
  return error instanceof ApiError && SERVER_REFUSED.has(error.reason);
}

/** Asks whether the answer was longer than the request allowed. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof ApiError && error.reason === "AnswerTooLarge";
}

/** Asks whether the same request may succeed later: no answer, too busy, or a server fault. */
export function isTransient(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
}

/** Builds the error for a request that got no answer, or only a part of one. */
export function noAnswer(action: string, cause: unknown): ApiError {
  return new ApiError(`${action}: no answer: ${describe(cause)}`, { status: 0, reason: "NoAnswer", cause });
}

/** Builds the error for a request that ended in the TLS handshake. */
export function noTrust(action: string, { reason, sentence }: TlsTrouble): ApiError {
  return new ApiError(`${action}: ${sentence}`, { status: 0, reason });
}

/** Builds the error for a request that a proxy did not let through to the server. */
export function proxyFailed(action: string, { message }: Error): ApiError {
  return new ApiError(`${action}: ${message}`, { status: 0, reason: "ProxyFailed" });
}

/**
 * Builds the error for an answer that does not hold what the API promises. It has no cause: a parser quotes the text that
 * it stumbles over, which may be anybody's secret.
 */
export function badAnswer(action: string, problem: string): ApiError {
  return new ApiError(`${action}: ${problem}`, { status: 0, reason: "BadAnswer" });
}

/** Builds the error for an answer that is longer than the request allowed. */
export function tooLarge(action: string, maxBytes: number): ApiError {
  return new ApiError(`${action}: the answer is longer than ${maxBytes} bytes`, {
    status: 0,
    reason: "AnswerTooLarge",
  });
}

/**
 * Builds the error for an answer that is not a success, or for the object of an ERROR event in a watch.
 * @param retryAfter the Retry-After header: seconds or an HTTP date
 */
export function fromStatus(action: string, httpStatus: number, body: unknown, retryAfter?: string): ApiError {
  const status = asStatus(body);
  const code = httpStatus === 0 ? (status.code ?? 500) : httpStatus;
  const reason = status.reason ?? REASONS[code] ?? "Unknown";
  const message = status.message === undefined ? "" : `: ${status.message.slice(0, 1000)}`;
  const seconds = status.retryAfterSeconds;
  const retryAfterMs = parseRetryAfter(retryAfter) ?? (seconds === undefined ? undefined : seconds * 1000);
  return new ApiError(`${action}: ${code} ${reason}${message}`, { status: code, reason, retryAfterMs });
}

interface Status {
  code?: number | undefined;
  reason?: string | undefined;
  message?: string | undefined;
  retryAfterSeconds?: number | undefined;
}

// For bodies that are no Status object: the reasons apimachinery gives these codes (api/errors NewGenericServerResponse).
const REASONS: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  406: "NotAcceptable",
  409: "Conflict",
  410: "Gone",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

const SERVER_REFUSED: ReadonlySet<string> = new Set<TlsTrouble["reason"]>([
  "UntrustedServer",
  "ServerCertificateExpired",
  "ServerNameMismatch",
]);

function hasStatus(error: unknown, status: number): error is ApiError {
  return error instanceof ApiError && error.status === status;
}

function asStatus(body: unknown): Status {
  const { kind, code, reason, message, details } = fieldsOf(body);
  if (kind !== "Status") return {};
  const { retryAfterSeconds } = fieldsOf(details);
  return {
    code: typeof code === "number" ? code : undefined,
    reason: typeof reason === "string" && /^[A-Za-z]{1,64}$/.test(reason) ? reason : undefined,
    message: typeof message === "string" ? message : undefined,
    retryAfterSeconds: typeof retryAfterSeconds === "number" ? retryAfterSeconds : undefined,
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function parseRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - Date.now());
}

// Node gives the several failed addresses of one name as an AggregateError without a message.
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : cause.name;
  return cause.message === "" ? code : cause.message;
}
