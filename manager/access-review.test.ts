import { expect, test } from "vitest";
import { ApiError } from "../shared/kube/errors.ts";
import type { Kube, KubeRequest } from "../shared/kube/types.ts";
import { buildReviewAccess } from "./access-review.ts";

const spec = {
  user: "u",
  groups: ["g"],
  extra: {},
  resourceAttributes: { group: "x", version: "v1", resource: "r", verb: "get" },
};

function answering(answer: unknown): { kube: Kube; asked: KubeRequest[] } {
  const asked: KubeRequest[] = [];
  const request = async <T>(question: KubeRequest): Promise<T> => {
    asked.push(question);
    if (answer instanceof Error) throw answer;
    return answer as T;
  };
  const open = () => {
    throw new Error("no watch is expected here");
  };
  return { kube: { request, open, close: () => undefined }, asked };
}

test.each([
  { answer: { status: { allowed: true } }, allowed: true },
  { answer: { status: { allowed: false } }, allowed: false },
  { answer: {}, allowed: false },
])("buildReviewAccess() takes nothing but a plain yes for a yes: $answer", async ({ answer, allowed }) => {
  const { kube, asked } = answering(answer);
  expect(await buildReviewAccess(kube, new AbortController().signal)(spec)).toBe(allowed);
  expect(asked[0]).toMatchObject({ method: "POST", body: { kind: "SubjectAccessReview", spec } });
});

test("buildReviewAccess() passes a failure on", async () => {
  const { kube } = answering(new ApiError("POST: 403 no", { status: 403, reason: "Forbidden", cause: undefined }));
  await expect(buildReviewAccess(kube, new AbortController().signal)(spec)).rejects.toThrow("403");
});
