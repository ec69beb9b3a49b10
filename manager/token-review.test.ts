import { expect, test } from "vitest";
import { ApiError } from "../shared/kube/errors.ts";
import { ScriptedKube } from "../test/support/scripted-kube.ts";
import { buildReviewToken } from "./token-review.ts";

const { signal } = new AbortController();
const review = (answer: () => unknown) => {
  const kube = new ScriptedKube(answer);
  return { kube, ask: buildReviewToken(kube, signal) };
};

test("asks the hub by a TokenReview for its own audience, and takes its word", async () => {
  const user = { username: "ann", uid: "u", groups: ["a"], extra: { k: ["v"] } };
  const { kube, ask } = review(() => ({ status: { authenticated: true, user } }));
  expect(await ask("tok")).toEqual({ user: "ann", uid: "u", groups: ["a"], extra: { k: ["v"] } });
  expect(kube.requests).toMatchObject([
    {
      method: "POST",
      path: "/apis/authentication.k8s.io/v1/tokenreviews",
      body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token: "tok" } },
    },
  ]);
});

test("does without groups and extra", async () => {
  const { ask } = review(() => ({ status: { authenticated: true, user: { username: "ann", groups: null } } }));
  expect(await ask("tok")).toEqual({ user: "ann", uid: undefined, groups: [], extra: {} });
});

test.each([
  ["no status", {}],
  ["a no", { status: { authenticated: false, error: "invalid bearer token", user: { username: "ann" } } }],
  ["a word that is no yes", { status: { authenticated: "true", user: { username: "ann" } } }],
  ["a yes without a user", { status: { authenticated: true } }],
  ["nothing", undefined],
])("takes %s for a no", async (_what, answer) => {
  expect(await review(() => answer ?? {}).ask("tok")).toBeUndefined();
});

test("fails when the hub does not answer, and no error repeats the token", async () => {
  const { ask } = review(() => {
    throw new ApiError("POST hub: 403 what is secret-token", { status: 403, reason: "Forbidden" });
  });
  await expect(ask("secret-token")).rejects.toMatchObject({ status: 403, message: "POST hub: 403 what is [token]" });
});
