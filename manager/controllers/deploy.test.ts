import { describe, expect, test } from "vitest";
import type { Condition } from "../../shared/kube/types.ts";
import { isAsWanted, planManifestApplied, planWorks, planWrites } from "./deploy.ts";
import type { WorkPlan } from "./deploy.ts";
import { base64, CERTIFICATE, EVERYTHING } from "../manifests/agent.fixture.ts";
import { addon, among, cluster, config, configured, NOW, reference } from "./objects.fixture.ts";
import { decodeWork } from "../ocm/decode.ts";
import { manifestKey } from "../ocm/types.ts";
import type { AddOnDeploymentConfig, ManagedClusterAddOn, ManifestWork } from "../ocm/types.ts";

const agent = { image: "registry.example/kruise-health-agent:1", imagePullPolicy: "IfNotPresent" };
const registered: Condition = { ...configured(), type: "RegistrationApplied", reason: "SetPermissionApplied" };
const ready = (status: ManagedClusterAddOn["status"] = {}, extra = {}) =>
  addon({ conditions: [configured(), registered], ...status }, extra);

/** The plan for an add-on with this live config, when these works are there. */
function plan(object: ManagedClusterAddOn, live?: AddOnDeploymentConfig, works: ManifestWork[] = []): WorkPlan {
  return planWorks(object, { agent, cluster: cluster(), findConfig: among(...(live ? [live] : [])), works });
}

function allWanted(planned: WorkPlan) {
  if (!("wanted" in planned)) throw new Error(`no work was planned: ${JSON.stringify(planned)}`);
  return planned.wanted;
}

function wanted(planned: WorkPlan) {
  const [work, ...more] = allWanted(planned);
  if (!work || more.length > 0) throw new Error(`${more.length + 1} works were planned, wanted is 1`);
  return work;
}

/** Wanted works as the hub would store them. */
function storeAll(planned: WorkPlan, applied?: Partial<Condition>): ManifestWork[] {
  const conditions = applied ? [{ type: "Applied", observedGeneration: 2, message: "", ...applied }] : [];
  return allWanted(planned).map((work) =>
    decodeWork({ ...work, metadata: { ...work.metadata, generation: 2 }, status: { conditions } }),
  );
}

const stored = (planned: WorkPlan, applied?: Partial<Condition>): ManifestWork => {
  const [work] = storeAll(planned, applied);
  if (!work) throw new Error("no work was planned");
  return work;
};

const DEFAULT = plan(ready());
const asked = () => ready({ configReferences: [reference("hash1")] });
/** A config whose CA bundle fills a work of its own. */
const LARGE = config({
  proxyConfig: { httpProxy: "http://proxy", caBundle: base64(CERTIFICATE + "# filler\n".repeat(45_000)) },
});

describe("planWorks()", () => {
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
    expect(JSON.stringify(plan(ready()))).toBe(JSON.stringify(DEFAULT));
  });

  test("renders every field of the config, and names its hash", () => {
    const work = wanted(
      plan(asked(), config({ ...EVERYTHING, registries: [{ source: "registry.example", mirror: "m" }] })),
    );
    expect(work.metadata.annotations).toEqual({
      "open-cluster-management.io/config-spec-hash":
        '{"addondeploymentconfigs.addon.open-cluster-management.io/ns/cfg":"hash1"}',
    });
    const text = JSON.stringify(work.spec);
    expect(text).toContain('"name":"LOG_LEVEL","value":"debug"');
    expect(text).toContain('"nodeSelector":{"infra":"true"}');
    expect(text).toContain('"tolerations":[{"key":"infra"');
    expect(text).toContain('"image":"m/kruise-health-agent:1"');
    expect(text).toContain('"resources":{"limits":{"memory":"512Mi"}}');
    expect(text).toContain('"name":"HTTPS_PROXY","value":"https://proxy.example:3129"');
    expect(text).toContain('"configMap":{"name":"kruise-health-agent-proxy-ca"}');
    expect(text).toContain('"namespace":"addon-ns"');
    expect(text).not.toContain("open-cluster-management-agent-addon");
  });

  test("holds no Lease, no Secret, no custom resource, nothing twice, and no name that the hub would make", () => {
    const { manifests } = wanted(plan(asked(), config(EVERYTHING))).spec.workload;
    const keys = manifests.map(manifestKey);
    expect(new Set(keys).size).toBe(keys.length);
    expect(JSON.stringify(manifests)).not.toContain("generateName");
    // What the work agent of OCM 1.2 may make without a ClusterRole of the add-on.
    const kinds = ["Namespace", "ServiceAccount", "ConfigMap", "Deployment"];
    const rbac = ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
    expect(manifests.map(({ kind }) => kind).filter((kind) => ![...kinds, ...rbac].includes(kind))).toEqual([]);
  });

  test("puts what is too large for one work into another, and goes back to one without it", () => {
    const two = plan(asked(), LARGE);
    expect(allWanted(two).map(({ metadata }) => metadata.name)).toEqual([
      "addon-kruise-health-deploy-0",
      "addon-kruise-health-deploy-1",
    ]);
    const hashes = allWanted(two).map(({ metadata }) => JSON.stringify(metadata.annotations));
    expect(new Set(hashes).size).toBe(1);
    const live = storeAll(two);
    expect(JSON.stringify(plan(asked(), LARGE, live))).toBe(JSON.stringify(two));
    const one = allWanted(plan(asked(), config(), live));
    expect(one.map(({ metadata }) => metadata.name)).toEqual(["addon-kruise-health-deploy-0"]);
  });

  test("orphans the namespace, by a rule without a namespace, in the work that has it and in no other", () => {
    const rules = allWanted(plan(asked(), LARGE)).map(({ spec }) => spec.deleteOption);
    expect(rules.filter((rule) => rule !== undefined)).toEqual([
      {
        propagationPolicy: "SelectivelyOrphan",
        selectivelyOrphans: {
          orphaningRules: [
            { group: "", resource: "namespaces", name: "open-cluster-management-agent-addon", namespace: "" },
          ],
        },
      },
    ]);
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
    expect(plan(object, config())).toEqual({ waiting: expect.stringContaining(says) });
  });

  test("tells the agent of the way past kube-apiserver, and waits until it can say who is known there", () => {
    const context = { agent, cluster: cluster(), findConfig: among(), works: [] };
    const url = "https://health.example.com";
    expect(planWorks(ready(), { ...context, direct: { url, ca: undefined } })).toEqual({
      waiting: "the feedback API has no certificate yet",
    });
    const told = JSON.stringify(wanted(planWorks(ready(), { ...context, direct: { url, ca: CERTIFICATE } })).spec);
    expect(told).toContain(JSON.stringify({ name: "FEEDBACK_URL", value: url }));
    expect(told).toContain(JSON.stringify({ name: "FEEDBACK_CA", value: CERTIFICATE }));
  });

  test("names every wrong variable, its value and what is wanted", () => {
    const cfg = config({
      customizedVariables: [
        { name: "UPDATE_STALLED_AFTER_SECONDS", value: "soon" },
        { name: "COLOUR", value: "blue" },
      ],
    });
    expect(plan(asked(), cfg)).toEqual({
      mistakes: expect.stringMatching(
        /COLOUR \(it is "blue"\): no such setting.*UPDATE_STALLED_AFTER_SECONDS \(it is "soon"\): wanted is a whole number/,
      ),
    });
  });

  test("names the mistakes of all fields at once", () => {
    const cfg = config({
      proxyConfig: { httpProxy: "no url", caBundle: "aGVsbG8=" },
      resourceRequirements: [{ containerID: "*:(:*", resources: {} }],
      customizedVariables: [{ name: "COLOUR", value: "blue" }],
    });
    expect(plan(asked(), cfg)).toEqual({
      mistakes: expect.stringMatching(
        /COLOUR.*; resourceRequirements.*; proxyConfig.httpProxy.*; proxyConfig.caBundle/,
      ),
    });
  });

  test("refuses hosted mode in a sentence, registered or not", () => {
    const hosted = ready(
      {},
      { metadata: { annotations: { "addon.open-cluster-management.io/hosting-cluster-name": "h" } } },
    );
    const refused = { mistakes: expect.stringContaining("hosted mode is not supported") as string };
    expect(plan(hosted)).toEqual(refused);
    expect(plan({ ...hosted, status: {} })).toEqual(refused);
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

describe("planWrites()", () => {
  const names = (objects: { metadata: { name: string } }[]) => objects.map(({ metadata }) => metadata.name.slice(-1));
  const small = config({ proxyConfig: { httpProxy: "http://proxy", caBundle: base64(CERTIFICATE) } });
  const one = storeAll(plan(asked(), small), { status: "True" });
  const [old] = one;
  const grown = allWanted(plan(asked(), LARGE, one));
  const [, fresh] = storeAll({ wanted: grown });
  const [, answered] = storeAll({ wanted: grown }, { status: "True" });
  const after = storeAll({ wanted: grown }, { status: "True" });

  test.each([
    { name: "nothing there: all", wanted: grown, works: [], apply: ["0", "1"], remove: [] },
    { name: "an object that moves: its new work first", wanted: grown, works: [old], apply: ["1"], remove: [] },
    { name: "its new work without an answer: nothing", wanted: grown, works: [old, fresh], apply: [], remove: [] },
    { name: "its new work answered for: the old one", wanted: grown, works: [old, answered], apply: ["0"], remove: [] },
    { name: "all as wanted: nothing", wanted: grown, works: after, apply: [], remove: [] },
    { name: "one that is empty now: it goes", wanted: grown.slice(0, 1), works: after, apply: [], remove: ["1"] },
    {
      name: "one that goes already: nothing",
      wanted: grown.slice(0, 1),
      works: after.map((work) => ({ ...work, metadata: { ...work.metadata, deletionTimestamp: "x" } })),
      apply: [],
      remove: [],
    },
  ])("$name", ({ wanted: all, works, apply, remove }) => {
    const planned = planWrites(
      all,
      works.flatMap((work) => work ?? []),
    );
    expect(names(planned.apply)).toEqual(apply);
    expect(names(planned.remove)).toEqual(remove);
  });
});

describe("planManifestApplied()", () => {
  const last = (status: ManagedClusterAddOn["status"] | undefined) => status?.conditions?.at(-1);
  const input = { plan: DEFAULT, now: NOW };

  test("says True when the klusterlet has applied this generation", () => {
    const status = planManifestApplied(ready(), { ...input, works: [stored(DEFAULT, { status: "True" })] });
    expect(last(status)).toMatchObject({ type: "ManifestApplied", status: "True", reason: "AddonManifestApplied" });
  });

  test("says False with the klusterlet's message", () => {
    const work = stored(DEFAULT, { status: "False", message: "no permission" });
    const status = planManifestApplied(ready(), { ...input, works: [work] });
    expect(last(status)).toMatchObject({
      status: "False",
      reason: "AddonManifestAppliedFailed",
      message: "no permission",
    });
  });

  test("waits while the klusterlet has answered for an older generation only", () => {
    const work = stored(DEFAULT, { status: "True", observedGeneration: 1 });
    expect(planManifestApplied(ready(), { ...input, works: [work] })).toBeUndefined();
  });

  test.each([
    { name: "a mistake in the config", plan: { mistakes: "COLOUR: no such setting" } as const, failure: undefined },
    { name: "a failed write", plan: DEFAULT, failure: "COLOUR: no such setting" },
  ])("says ManifestWorkApplyFailed for $name, whatever the old work says", ({ plan: planned, failure }) => {
    const works = [stored(DEFAULT, { status: "True" })];
    const status = planManifestApplied(ready(), { plan: planned, works, now: NOW, ...(failure && { failure }) });
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
    const status = planManifestApplied(object, { ...input, works: [stored(DEFAULT)] });
    expect(status?.conditions?.map(({ type }) => type)).toEqual(["Configured", "RegistrationApplied"]);
  });

  test("says True of two works only when both are applied, and False with the message of the one that is not", () => {
    const two = plan(asked(), LARGE);
    const [first, second] = storeAll(two, { status: "True" });
    const [, refused] = storeAll(two, { status: "False", message: "too large" });
    const [, silent] = storeAll(two);
    if (!first || !second || !refused || !silent) throw new Error("two works were not planned");
    const said = (...works: ManifestWork[]) => last(planManifestApplied(asked(), { plan: two, now: NOW, works }));
    expect(said(first, second)).toMatchObject({ status: "True" });
    expect(said(first, refused)).toMatchObject({ status: "False", message: "too large" });
    expect(said(first, silent)).toBeUndefined();
    expect(said(first)).toBeUndefined();
  });

  test("does not take the answer to an earlier work for that to the wanted one", () => {
    const works = [stored(DEFAULT, { status: "True" })];
    const planned = plan(asked(), config(EVERYTHING));
    expect(planManifestApplied(asked(), { plan: planned, works, now: NOW })).toBeUndefined();
  });

  test("writes nothing twice", () => {
    const work = stored(DEFAULT, { status: "True" });
    const status = planManifestApplied(ready(), { ...input, works: [work] });
    expect(
      planManifestApplied(ready({ ...status }), { ...input, works: [work], now: "2030-01-01T00:00:00Z" }),
    ).toBeUndefined();
  });
});
