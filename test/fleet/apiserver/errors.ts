// Failures as Kubernetes tells them: a Status with code, reason and details.
import type { Json, JsonObject } from "./json.ts";

interface Where {
  group: string;
  plural: string;
}

/** A refusal that becomes a `kind: Status` answer. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: number;
  readonly reason: string;
  readonly details: JsonObject;

  constructor(code: number, reason: string, message: string, details: JsonObject = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toStatus(): JsonObject {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      reason: this.reason,
      ...(Object.keys(this.details).length > 0 ? { details: this.details } : {}),
      code: this.code,
    };
  }
}

function qualified({ group, plural }: Where): string {
  return group === "" ? plural : `${plural}.${group}`;
}

function details(where: Where, name: string, more: JsonObject = {}): JsonObject {
  return { name, ...(where.group === "" ? {} : { group: where.group }), kind: where.plural, ...more };
}

export function notFound(where: Where, name: string): StatusError {
  return new StatusError(404, "NotFound", `${qualified(where)} "${name}" not found`, details(where, name));
}

export function alreadyExists(where: Where, name: string): StatusError {
  return new StatusError(409, "AlreadyExists", `${qualified(where)} "${name}" already exists`, details(where, name));
}

export function conflict(where: Where, name: string, why?: string): StatusError {
  const cause = why ?? "the object has been modified; please apply your changes to the latest version and try again";
  const message = `Operation cannot be fulfilled on ${qualified(where)} "${name}": ${cause}`;
  return new StatusError(409, "Conflict", message, details(where, name));
}

export function applyConflict(conflicts: { manager: string; field: string }[]): StatusError {
  const causes: Json[] = conflicts.map(({ manager, field }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with "${manager}"`,
    field,
  }));
  const count = conflicts.length === 1 ? "1 conflict" : `${conflicts.length} conflicts`;
  const list = conflicts.map(({ manager, field }) => `conflict with "${manager}": ${field}`).join("\n");
  return new StatusError(409, "Conflict", `Apply failed with ${count}: ${list}`, { causes });
}

export function forbidden(where: Where, name: string, why: string): StatusError {
  const subject = name === "" ? qualified(where) : `${qualified(where)} "${name}"`;
  return new StatusError(403, "Forbidden", `${subject} is forbidden: ${why}`, details(where, name));
}

export function invalid(kind: { group: string; kind: string }, name: string, field: string, why: string): StatusError {
  const message = `${kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`} "${name}" is invalid: ${field}: ${why}`;
  const causes: Json[] = [{ reason: "FieldValueInvalid", message: why, field }];
  return new StatusError(422, "Invalid", message, { name, group: kind.group, kind: kind.kind, causes });
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, "BadRequest", message);
}

export function unauthorized(): StatusError {
  return new StatusError(401, "Unauthorized", "Unauthorized");
}

export function expired(message: string): StatusError {
  return new StatusError(410, "Expired", message);
}

export function methodNotAllowed(): StatusError {
  return new StatusError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
}

export function noSuchPath(): StatusError {
  return new StatusError(404, "NotFound", "the server could not find the requested resource");
}

export function unsupportedMediaType(type: string, supported: string[]): StatusError {
  const message = `the body of the request was in an unknown format (${type}) - accepted media types include: ${supported.join(", ")}`;
  return new StatusError(415, "UnsupportedMediaType", message);
}

/** A resourceVersion that this server has not reached yet. */
export function tooLarge(wanted: number, current: number): StatusError {
  const message = `Too large resource version: ${wanted}, current: ${current}`;
  const causes: Json[] = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
  return new StatusError(504, "Timeout", `Timeout: ${message}`, { causes, retryAfterSeconds: 1 });
}

export function unavailable(message: string): StatusError {
  return new StatusError(503, "ServiceUnavailable", message);
}
