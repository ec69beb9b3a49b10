// Asks the hub whether a user may do something: a SubjectAccessReview, as every server of an aggregated API does.
import { withRetry } from "../shared/kube/retry.ts";
import type { Kube } from "../shared/kube/types.ts";
import type { ReviewAccess } from "./api/authorisation.ts";

const PATH = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
/** A caller waits for this answer, and kube-apiserver gives the caller five seconds in some cases. */
const TIMEOUT_MS = 3000;

/** Builds the question. What the hub cannot answer is an error, never a yes. */
export function buildReviewAccess(kube: Kube, signal: AbortSignal): ReviewAccess {
  return async (spec) => {
    const body = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
    const ask = () =>
      kube.request<{ status?: { allowed?: boolean } }>({
        method: "POST",
        path: PATH,
        body,
        timeoutMs: TIMEOUT_MS,
        signal,
      });
    const { status } = await withRetry(ask, { attempts: 2, signal });
    return status?.allowed === true;
  };
}
