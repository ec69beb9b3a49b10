// Who may do what. Reports are decided here alone, whatever RBAC says: an agent speaks for its own cluster and for no
// other. Everything else that kube-apiserver proxied has passed RBAC there; direct requests are reviewed by the hub.
import type { Clock } from "../../shared/runtime/clock.ts";
import { ADDON_NAME, GROUP, VERSION } from "../../shared/wire/group.ts";
import { askedOnce } from "./asked-once.ts";
import type { Identity } from "./authentication.ts";
import { REPORTS } from "./resources.ts";
import { StatusError } from "./status.ts";

export interface Access {
  verb: "get" | "list" | "watch" | "create";
  resource: string;
  namespace: string | undefined;
  name: string | undefined;
}

/** `spec` of a SubjectAccessReview. */
export interface AccessSpec {
  user: string;
  uid?: string;
  groups: string[];
  extra: Record<string, string[]>;
  resourceAttributes: {
    group: string;
    version: string;
    resource: string;
    verb: string;
    namespace?: string;
    name?: string;
  };
}

export type ReviewAccess = (spec: AccessSpec) => Promise<boolean>;
/** Returns when the access is allowed, throws the Status to answer when it is not. */
export type Authorise = (identity: Identity, access: Access) => Promise<void>;

const ALLOWED_MS = 30_000;
const DENIED_MS = 10_000;

export function buildAuthorise(reviewAccess: ReviewAccess, clock: Clock): Authorise {
  const isAllowed = askedOnce({
    ask: reviewAccess,
    textOf: (spec) => JSON.stringify(spec),
    keepMs: (allowed) => (allowed ? ALLOWED_MS : DENIED_MS),
    clock,
    trouble: "the hub could not be asked whether this is allowed",
  });
  return async (identity, access) => {
    if (access.resource === REPORTS.plural)
      return refuseUnless(isOwnAgent(identity, access.namespace), identity, access);
    if (identity.via === "Proxy") return;
    refuseUnless(await isAllowed(specOf(identity, access)), identity, access);
  };
}

/** The names that OCM gives the agent of a cluster, by its csr and its token driver. */
function isOwnAgent(identity: Identity, cluster: string | undefined): boolean {
  if (cluster === undefined) return false;
  return (
    identity.user === `system:open-cluster-management:cluster:${cluster}:addon:${ADDON_NAME}:agent:${ADDON_NAME}` ||
    identity.user === `system:serviceaccount:${cluster}:${ADDON_NAME}-agent`
  );
}

function refuseUnless(allowed: boolean, identity: Identity, access: Access): void {
  if (allowed) return;
  const { verb, resource, namespace, name } = access;
  const scope = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const what = `User "${identity.user}" cannot ${verb} resource "${resource}" in API group "${GROUP}" ${scope}`;
  const why = resource === REPORTS.plural ? ": only the cluster's own agent may report" : "";
  const object = `${resource}.${GROUP}${name === undefined ? "" : ` "${name}"`}`;
  throw new StatusError("Forbidden", `${object} is forbidden: ${what}${why}`, {
    details: { group: GROUP, kind: resource, ...(name !== undefined && { name }) },
  });
}

function specOf({ user, uid, groups, extra }: Identity, access: Access): AccessSpec {
  const { verb, resource, namespace, name } = access;
  return {
    user,
    ...(uid !== undefined && { uid }),
    groups,
    extra,
    resourceAttributes: {
      group: GROUP,
      version: VERSION,
      resource,
      verb,
      ...(namespace !== undefined && { namespace }),
      ...(name !== undefined && { name }),
    },
  };
}
