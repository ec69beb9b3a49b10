// Asks the hub whose token this is: a TokenReview, as every server of an aggregated API does.
import * as z from "zod";
import { ApiError } from "../shared/kube/errors.ts";
import { withRetry } from "../shared/kube/retry.ts";
import type { Kube } from "../shared/kube/types.ts";
import type { ReviewToken } from "./api/tokens.ts";

const PATH = "/apis/authentication.k8s.io/v1/tokenreviews";
/** A caller waits for this answer. */
const TIMEOUT_MS = 3000;

const Reviewed = z.object({
  authenticated: z.literal(true),
  user: z.object({
    username: z.string(),
    uid: z.string().optional(),
    groups: z.array(z.string()).nullish(),
    extra: z.record(z.string(), z.array(z.string())).nullish(),
  }),
});

/** Builds the question. What the hub cannot answer is an error, never a yes; no error repeats the token. */
export function buildReviewToken(kube: Kube, signal: AbortSignal): ReviewToken {
  return async (token) => {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } };
    const ask = () =>
      kube.request<{ status?: unknown }>({ method: "POST", path: PATH, body, timeoutMs: TIMEOUT_MS, signal });
    const { status } = await withRetry(ask, { attempts: 2, signal }).catch((cause: unknown) => {
      throw withoutToken(cause, token);
    });
    const reviewed = Reviewed.safeParse(status);
    if (!reviewed.success) return undefined;
    const { username: user, uid, groups, extra } = reviewed.data.user;
    return { user, uid, groups: groups ?? [], extra: extra ?? {} };
  };
}

function withoutToken(cause: unknown, token: string): unknown {
  if (!(cause instanceof ApiError) || !cause.message.includes(token)) return cause;
  const { status, reason } = cause;
  return new ApiError(cause.message.replaceAll(token, "[token]"), { status, reason });
}
