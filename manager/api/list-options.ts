// Which parameters of a list or a watch go together: the rules of kube-apiserver, so that clients that try something and
// fall back when it is refused meet what they know.
import { isTrue } from "./query.ts";
import type { Query } from "./query.ts";
import { StatusError } from "./status.ts";
import type { StatusCause } from "./status.ts";
import type { Row } from "./view.ts";

const NOT_OLDER_THAN = "NotOlderThan";
const MATCHES = ["Exact", NOT_OLDER_THAN];

/** Refuses a list whose parameters contradict each other. */
export function checkListOptions<R extends Row>({ parameters, resourceVersion, resourceVersionMatch }: Query<R>): void {
  const causes: StatusCause[] = [];
  if (resourceVersionMatch !== undefined) {
    if (resourceVersion === undefined)
      causes.push(forbidden("resourceVersionMatch", "needs resourceVersion beside it"));
    causes.push(...besideContinue(parameters));
    if (!MATCHES.includes(resourceVersionMatch)) causes.push(unsupported(resourceVersionMatch, MATCHES));
    if (resourceVersionMatch === "Exact" && resourceVersion === 0) {
      causes.push(forbidden("resourceVersionMatch", 'cannot be Exact with resourceVersion "0", which is any version'));
    }
  }
  if (parameters.has("sendInitialEvents")) causes.push(forbidden("sendInitialEvents", "is for watches, not for lists"));
  refuse(causes);
  if (parameters.get("continue") && resourceVersion !== undefined && resourceVersion !== 0) {
    throw new StatusError("BadRequest", "resourceVersion cannot be chosen beside continue, which has the first page's");
  }
}

/** Refuses a watch whose parameters contradict each other. */
export function checkWatchOptions<R extends Row>({ parameters, resourceVersionMatch }: Query<R>): void {
  const causes: StatusCause[] = [];
  const initial = parameters.has("sendInitialEvents");
  if (initial && resourceVersionMatch !== NOT_OLDER_THAN) {
    causes.push(forbidden("resourceVersionMatch", `must be ${NOT_OLDER_THAN} beside sendInitialEvents`));
  }
  if (resourceVersionMatch !== undefined) {
    if (!initial) causes.push(forbidden("resourceVersionMatch", "needs sendInitialEvents beside it on a watch"));
    if (resourceVersionMatch !== NOT_OLDER_THAN) causes.push(unsupported(resourceVersionMatch, [NOT_OLDER_THAN]));
    causes.push(...besideContinue(parameters));
  }
  refuse(causes);
}

/** Whether a watch is to begin with all there is now; undefined when the client leaves that to its resourceVersion. */
export function wantsInitialEvents(parameters: URLSearchParams): boolean | undefined {
  return parameters.has("sendInitialEvents") ? isTrue(parameters, "sendInitialEvents") : undefined;
}

function besideContinue(parameters: URLSearchParams): StatusCause[] {
  return parameters.get("continue") ? [forbidden("resourceVersionMatch", "cannot be chosen beside continue")] : [];
}

function forbidden(field: string, why: string): StatusCause {
  return { reason: "FieldValueForbidden", message: `Forbidden: ${field} ${why}`, field };
}

function unsupported(value: string, supported: string[]): StatusCause {
  const message = `Unsupported value: "${value.slice(0, 50)}": supported values: ${supported.join(", ")}`;
  return { reason: "FieldValueNotSupported", message, field: "resourceVersionMatch" };
}

function refuse(causes: StatusCause[]): void {
  if (causes.length === 0) return;
  const list = causes.map(({ field, message }) => `${field}: ${message}`).join(", ");
  throw new StatusError("Invalid", `ListOptions.meta.k8s.io "" is invalid: ${list}`, {
    details: { group: "meta.k8s.io", kind: "ListOptions", causes },
  });
}
