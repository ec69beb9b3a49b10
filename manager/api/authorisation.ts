// Who may do what. Reports are decided here alone, whatever RBAC says: an agent speaks for its own cluster and for no
// other. Everything else that kube-apiserver proxied has passed RBAC there; direct requests are reviewed by the hub.
import { LRUCache } from "lru-cache";
import type { Clock } from "../../shared/runtime/clock.ts";
import { ADDON_NAME, GROUP, VERSION } from "../../shared/wire/group.ts";
import type { Identity } from "./authentication.ts";
import { REPORTS } from "./resources.ts";
import { StatusError, tryAgain } from "./status.ts";

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
const REVIEWS_KEPT = 10_000;
/** Longer keys are not kept: their length is the caller's choice. */
const KEY_LENGTH_MAX = 10_000;

export function buildAuthorise(reviewAccess: ReviewAccess, clock: Clock): Authorise {
  const isAllowed = cached(reviewAccess, clock);
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

/** Asks the hub once for the same question at the same time, and keeps the answer for a while. */
function cached(reviewAccess: ReviewAccess, clock: Clock): (spec: AccessSpec) => Promise<boolean> {
  const perf = { now: () => clock.monotonicMs() };
  const answers = new LRUCache<string, boolean>({ max: REVIEWS_KEPT, ttl: ALLOWED_MS, ttlResolution: 0, perf });
  const underWay = new Map<string, Promise<boolean>>();
  const ask = async (key: string, spec: AccessSpec): Promise<boolean> => {
    try {
      const allowed = await reviewAccess(spec);
      if (key.length < KEY_LENGTH_MAX) answers.set(key, allowed, { ttl: allowed ? ALLOWED_MS : DENIED_MS });
      return allowed;
    } catch (cause) {
      throw tryAgain("the hub could not be asked whether this is allowed", cause);
    } finally {
      underWay.delete(key);
    }
  };
  return (spec) => {
    const key = JSON.stringify(spec);
    const known = answers.get(key);
    if (known !== undefined) return Promise.resolve(known);
    const review = underWay.get(key) ?? ask(key, spec);
    underWay.set(key, review);
    return review;
  };
}
