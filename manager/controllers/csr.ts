// Approves the certificate signing requests of the agents, so that OCM can give each its hub credentials. A request that
// is not exactly right is left alone: somebody else may know better, and a request that nobody approves expires.
import type { Reconcile } from "../../shared/kube/controller.ts";
import { objectPath } from "../../shared/kube/paths.ts";
import type { Kube } from "../../shared/kube/types.ts";
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import { refusal } from "./csr-check.ts";
import { decodeSigningRequest } from "../ocm/decode.ts";
import { ADDON_NAME_LABEL, CLUSTER_NAME_LABEL, SIGNING_REQUESTS } from "../ocm/types.ts";
import type { ManagedCluster, ManagedClusterAddOn, SigningRequest } from "../ocm/types.ts";
import { isActive } from "./registration.ts";

export interface ApprovalDeps {
  kube: Kube;
  clock: Clock;
  log: Log;
  findRequest: (name: string) => SigningRequest | undefined;
  findAddon: (cluster: string) => ManagedClusterAddOn | undefined;
  findCluster: (cluster: string) => ManagedCluster | undefined;
  /** Told of every look at a request that is not approved. */
  onRefused?: (refused: { request: string; cluster: string; why: string }) => void;
}

export type Approval =
  | { decision: "approve"; cluster: string }
  | { decision: "refuse"; cluster: string; why: string }
  /** Another add-on's, or decided already. */
  | { decision: "ignore" };

/** Decides what to do with a signing request. */
export function planApproval(
  request: SigningRequest,
  { findAddon, findCluster }: Pick<ApprovalDeps, "findAddon" | "findCluster">,
): Approval {
  const labels = request.metadata.labels ?? {};
  const cluster = labels[CLUSTER_NAME_LABEL] ?? "";
  const decided = request.status.conditions?.some(({ type }) => type === "Approved" || type === "Denied");
  if (decided === true || labels[ADDON_NAME_LABEL] !== ADDON_NAME || cluster === "") return { decision: "ignore" };
  const addon = findAddon(cluster);
  if (!addon || !isActive(addon, findCluster(cluster))) {
    return { decision: "refuse", cluster, why: `cluster "${cluster}" does not have the add-on` };
  }
  const why = refusal(request, cluster);
  return why === undefined ? { decision: "approve", cluster } : { decision: "refuse", cluster, why };
}

/** Approves one signing request, if it is right. The decision is made again on the object that is approved. */
export function approval(deps: ApprovalDeps): Reconcile {
  /** Why each request that is there was refused: it is looked at again and again, and told of once. */
  const told = new Map<string, string>();
  return async (name, signal) => {
    const known = deps.findRequest(name);
    if (!known) {
      told.delete(name);
      return;
    }
    const plan = planApproval(known, deps);
    if (plan.decision === "refuse") {
      if (told.get(name) !== plan.why)
        deps.log.warn({ csr: name, cluster: plan.cluster, why: plan.why }, "signing request not approved");
      told.set(name, plan.why);
      deps.onRefused?.({ request: name, cluster: plan.cluster, why: plan.why });
    }
    if (plan.decision !== "approve") return;
    const path = objectPath(SIGNING_REQUESTS, { name });
    const fresh = await deps.kube.request<Record<string, unknown>>({ method: "GET", path, signal });
    if (planApproval(decodeSigningRequest(fresh), deps).decision !== "approve") return;
    const approved = withApproval(fresh, rfc3339Seconds(deps.clock.wallMs()));
    await deps.kube.request({ method: "PUT", path: `${path}/approval`, body: approved, signal });
    deps.log.info({ csr: name, cluster: plan.cluster }, "signing request approved");
  };
}

function withApproval(request: Record<string, unknown>, now: string): Record<string, unknown> {
  const status = (request["status"] ?? {}) as { conditions?: object[] };
  const condition = {
    type: "Approved",
    status: "True",
    // The reason that OCM's own add-on framework writes, which its documentation tells people to look for.
    reason: "AutoApprovedByHubCSRApprovingController",
    message: `The request is that of the ${ADDON_NAME} agent`,
    lastUpdateTime: now,
  };
  return { ...request, status: { ...status, conditions: [...(status.conditions ?? []), condition] } };
}
