import { describe, expect, test } from "vitest";
import type { Condition } from "../../shared/kube/types.ts";
import { isAsWanted, planManifestApplied, planWork } from "./deploy.ts";
import type { WorkPlan } from "./deploy.ts";
import { addon, among, config, configured, NOW, reference } from "./objects.fixture.ts";
import { decodeWork } from "../ocm/decode.ts";
import type { ManagedClusterAddOn, ManifestWork } from "../ocm/types.ts";

const agent = { image: "registry.example/kruise-health-agent:1", imagePullPolicy: "IfNotPresent" };
const registered: Condition = { ...configured(), type: "RegistrationApplied", reason: "SetPermissionApplied" };
const ready = (status: ManagedClusterAddOn["status"] = {}, extra = {}) =>
  addon({ conditions: [configured(), registered], ...status }, extra);

function wanted(plan: WorkPlan) {
  if (!("wanted" in plan)) throw new Error(`no work was planned: ${JSON.stringify(plan)}`);
  return plan.wanted;
}

/** The wanted work as the hub would store it. */
function stored(plan: WorkPlan, applied?: Partial<Condition>): ManifestWork {
  const conditions = applied ? [{ type: "Applied", observedGeneration: 2, message: "", ...applied }] : [];
  const work = wanted(plan);
  return decodeWork({ ...work, metadata: { ...work.metadata, generation: 2 }, status: { conditions } });
}

const DEFAULT = planWork(ready(), agent, among());

describe("planWork()", () => {
  test("plans the work that OCM's contract asks for", () => {
    expect(wanted(DEFAULT).metadata).toEqual({
      name: "addon-kruise-health-deploy-0",
      namespace: "cluster1",
      labels: { "open-cluster-management.io/addon-name": "kruise-health" },
      ownerReferences: [expect.objectContaining({ kind: "ManagedClusterAddOn", uid: "uid-addon", controller: true })],
    });
    expect(wanted(DEFAULT).spec.deleteOption).toMatchObject({ propagationPolicy: "SelectivelyOrphan" });
  });

  test("gives the same bytes for the same input", () => {
    expect(JSON.stringify(planWork(ready(), agent, among()))).toBe(JSON.stringify(DEFAULT));
  });

  test("renders settings, placement, mirrors and namespace from the config, and names its hash", () => {
    const cfg = config({
      agentInstallNamespace: "elsewhere",
      customizedVariables: [{ name: "UPDATE_STALLED_AFTER_SECONDS", value: "60" }],
      nodePlacement: { nodeSelector: { infra: "true" } },
      registries: [{ source: "registry.example", mirror: "mirror.example/x/" }],
    });
    const work = wanted(planWork(ready({ configReferences: [reference("hash1")] }), agent, among(cfg)));
    expect(work.metadata.annotations).toEqual({
      "open-cluster-management.io/config-spec-hash":
        '{"addondeploymentconfigs.addon.open-cluster-management.io/ns/cfg":"hash1"}',
    });
    const text = JSON.stringify(work.spec);
    expect(text).toContain('"name":"UPDATE_STALLED_AFTER_SECONDS","value":"60"');
    expect(text).toContain('"nodeSelector":{"infra":"true"}');
    expect(text).toContain('"image":"mirror.example/x/kruise-health-agent:1"');
    expect(text).not.toContain("open-cluster-management-agent-addon");
  });

  test.each([
    { name: "the agent is not registered", object: addon(), says: "not registered" },
    { name: "a hash is empty", object: ready({ configReferences: [reference("")] }), says: "has no hash yet" },
    {
      name: "the rollout holds a change back",
      object: ready({ configReferences: [reference("old")] }),
      says: "not released",
    },
  ])("waits while $name", ({ object, says }) => {
    expect(planWork(object, agent, among(config()))).toEqual({ waiting: expect.stringContaining(says) });
  });

  test("names every wrong variable, its value and what is wanted", () => {
    const cfg = config({
      customizedVariables: [
        { name: "UPDATE_STALLED_AFTER_SECONDS", value: "soon" },
        { name: "COLOUR", value: "blue" },
      ],
    });
    const plan = planWork(ready({ configReferences: [reference("hash1")] }), agent, among(cfg));
    expect(plan).toEqual({
      mistakes: expect.stringMatching(
        /COLOUR \(it is "blue"\): no such setting.*UPDATE_STALLED_AFTER_SECONDS \(it is "soon"\): wanted is a whole number/,
      ),
    });
  });

  test("refuses hosted mode in a sentence", () => {
    const hosted = ready(
      {},
      { metadata: { annotations: { "addon.open-cluster-management.io/hosting-cluster-name": "h" } } },
    );
    expect(planWork(hosted, agent, among())).toEqual({
      mistakes: expect.stringContaining("hosted mode is not supported"),
    });
  });
});

describe("isAsWanted()", () => {
  const live = stored(DEFAULT);
  test.each([
    { name: "the same work", work: live, same: true },
    { name: "no work", work: undefined, same: false },
    { name: "other manifests", work: { ...live, fingerprint: "other" }, same: false },
    { name: "a lost label", work: { ...live, metadata: { ...live.metadata, labels: {} } }, same: false },
    { name: "a lost owner", work: { ...live, metadata: { ...live.metadata, ownerReferences: [] } }, same: false },
    {
      name: "a hash of a config that is gone",
      work: {
        ...live,
        metadata: { ...live.metadata, annotations: { "open-cluster-management.io/config-spec-hash": "{}" } },
      },
      same: false,
    },
    {
      name: "somebody's own annotation",
      work: { ...live, metadata: { ...live.metadata, annotations: { a: "b" } } },
      same: true,
    },
  ])("$name: $same", ({ work, same }) => {
    expect(isAsWanted(work, wanted(DEFAULT))).toBe(same);
  });

  test("does not mind fields that others own", () => {
    const work = wanted(DEFAULT);
    expect(isAsWanted(decodeWork({ ...work, spec: { ...work.spec, manifestConfigs: [{}] } }), work)).toBe(true);
  });
});

describe("planManifestApplied()", () => {
  const last = (status: ManagedClusterAddOn["status"] | undefined) => status?.conditions?.at(-1);
  const input = { plan: DEFAULT, now: NOW };

  test("says True when the klusterlet has applied this generation", () => {
    const status = planManifestApplied(ready(), { ...input, work: stored(DEFAULT, { status: "True" }) });
    expect(last(status)).toMatchObject({ type: "ManifestApplied", status: "True", reason: "AddonManifestApplied" });
  });

  test("says False with the klusterlet's message", () => {
    const work = stored(DEFAULT, { status: "False", message: "no permission" });
    const status = planManifestApplied(ready(), { ...input, work });
    expect(last(status)).toMatchObject({
      status: "False",
      reason: "AddonManifestAppliedFailed",
      message: "no permission",
    });
  });

  test("waits while the klusterlet has answered for an older generation only", () => {
    const work = stored(DEFAULT, { status: "True", observedGeneration: 1 });
    expect(planManifestApplied(ready(), { ...input, work })).toBeUndefined();
  });

  test.each([
    { name: "a mistake in the config", plan: { mistakes: "COLOUR: no such setting" } as const, failure: undefined },
    { name: "a failed write", plan: DEFAULT, failure: "COLOUR: no such setting" },
  ])("says ManifestWorkApplyFailed for $name, whatever the old work says", ({ plan, failure }) => {
    const work = stored(DEFAULT, { status: "True" });
    const status = planManifestApplied(ready(), { plan, work, now: NOW, ...(failure && { failure }) });
    expect(last(status)).toMatchObject({
      status: "False",
      reason: "ManifestWorkApplyFailed",
      message: "COLOUR: no such setting",
    });
  });

  test("takes a mistake back once it is gone and the new work is not applied yet", () => {
    const failed: Condition = {
      ...registered,
      type: "ManifestApplied",
      status: "False",
      reason: "ManifestWorkApplyFailed",
    };
    const object = ready({ conditions: [configured(), registered, failed] });
    const status = planManifestApplied(object, { ...input, work: stored(DEFAULT) });
    expect(status?.conditions?.map(({ type }) => type)).toEqual(["Configured", "RegistrationApplied"]);
  });

  test("writes nothing twice", () => {
    const work = stored(DEFAULT, { status: "True" });
    const status = planManifestApplied(ready(), { ...input, work });
    expect(planManifestApplied(ready({ ...status }), { ...input, work, now: "2030-01-01T00:00:00Z" })).toBeUndefined();
  });
});
