import { describe, expect, test } from "vitest";
import { fromStatus } from "../../shared/kube/errors.ts";
import { ScriptedKube } from "../../test/support/scripted-kube.ts";
import { apiService, planApiService } from "./api-service.ts";
import type { ApiService, ApiServiceDeps, ApiServiceInput } from "./api-service.ts";

const OWNER = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", name: "manager", uid: "u" };
const service = { namespace: "ns", name: "kruise-health", port: 443 };
const input: ApiServiceInput = { wanted: true, ca: "PEM", service, owner: OWNER };
const { signal } = new AbortController();

/** What is there once it has been applied. */
function registered(): ApiService {
  const step = planApiService(undefined, input);
  if (step === undefined || !("apply" in step)) throw new Error("Nothing was to be applied");
  return { ...step.apply, metadata: { ...step.apply.metadata, uid: "made" } };
}

describe("planApiService()", () => {
  test("registers the group with the CA, and settles", () => {
    const live = registered();
    expect(live.metadata).toMatchObject({
      name: "v1alpha1.kruise-health.open-cluster-management.io",
      ownerReferences: [OWNER],
    });
    expect(Buffer.from(live.spec.caBundle ?? "", "base64").toString()).toBe("PEM");
    expect(planApiService(live, input)).toBeUndefined();
  });

  test.each([
    { name: "the CA", change: { ca: "other" } },
    { name: "the Service", change: { service: { ...service, port: 8443 } } },
    { name: "the owner", change: { owner: { ...OWNER, uid: "v" } } },
  ])("follows a change of $name", ({ change }) => {
    expect(planApiService(registered(), { ...input, ...change })).toHaveProperty("apply");
  });

  const live = registered();
  const going = { ...live, metadata: { ...live.metadata, deletionTimestamp: "2026-11-20T12:00:00Z" } };
  const unlabelled = { ...live, metadata: { ...live.metadata, labels: {} } };
  const elsewhere = { ...live, spec: { ...live.spec, service: { ...service, namespace: "other" } } };
  test.each([
    ["leaves one alone that somebody else has made", unlabelled, { wanted: false }, undefined],
    ["leaves one alone that leads to another Service", elsewhere, { wanted: false }, undefined],
    ["removes one that is not wanted, whatever it says", live, { wanted: false, ca: undefined }, { remove: live }],
    ["leaves one alone that goes already", going, { wanted: false }, undefined],
    ["makes none that is not wanted", undefined, { wanted: false }, undefined],
    ["makes none while there is no certificate", undefined, { ca: undefined }, undefined],
    ["keeps the one there is while there is no certificate", live, { ca: undefined }, undefined],
    ["does nothing while it is not known what is wanted", live, { wanted: undefined, ca: "other" }, undefined],
  ])("%s", (_what, found, change, step) => {
    expect(planApiService(found, { ...input, ...change })).toEqual(step);
  });
});

describe("apiService()", () => {
  const reconcile = async (kube: ScriptedKube, deps: Partial<ApiServiceDeps>) =>
    apiService({
      kube,
      service,
      isWanted: () => true,
      findCa: () => "PEM",
      findOwner: () => Promise.resolve(OWNER),
      findApiService: () => undefined,
      ...deps,
    })("api-service", signal);

  test("removes the very one that it has seen, and asks for nothing else on its way", async () => {
    const kube = new ScriptedKube(() => ({}));
    const findOwner = () => Promise.reject(new Error("the ClusterRole has gone"));
    await reconcile(kube, { isWanted: () => false, findOwner, findApiService: registered });
    expect(kube.requests).toEqual([
      {
        method: "DELETE",
        path: "/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.kruise-health.open-cluster-management.io",
        body: { preconditions: { uid: "made" } },
        signal,
      },
    ]);
  });

  test("is content when another was faster to remove it, and says when it may not", async () => {
    const answering = (status: number) =>
      new ScriptedKube(() => {
        throw fromStatus("DELETE", status, undefined);
      });
    const deps = { isWanted: () => false, findApiService: registered };
    await expect(reconcile(answering(404), deps)).resolves.toBeUndefined();
    await expect(reconcile(answering(403), deps)).rejects.toMatchObject({ status: 403 });
  });

  test("does not register any more when that has ended while the owner was looked up", async () => {
    let wanted = true;
    const findOwner = async () => {
      wanted = false;
      return OWNER;
    };
    const kube = new ScriptedKube(() => ({}));
    await reconcile(kube, { isWanted: () => wanted, findOwner });
    expect(kube.requests).toEqual([]);
  });
});
