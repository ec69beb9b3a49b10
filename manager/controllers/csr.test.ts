import { beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../shared/runtime/clock.ts";
import { makeRequest } from "../../test/support/certificate-requests.ts";
import { approval, planApproval } from "./csr.ts";
import type { ApprovalDeps } from "./csr.ts";
import { addon, cluster, CLUSTER } from "./objects.fixture.ts";
import type { SigningRequest } from "../ocm/types.ts";

const CN = "system:open-cluster-management:cluster:cluster1:addon:kruise-health:agent:kruise-health";
const GROUPS = [
  "system:open-cluster-management:cluster:cluster1:addon:kruise-health",
  "system:open-cluster-management:addon:kruise-health",
];
const DNS = "kruise-health.addon.open-cluster-management.io";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const pem = async (options: { cn?: string; organizations?: string[]; dns?: string[] }) =>
  base64((await makeRequest({ cn: CN, organizations: GROUPS, dns: [DNS], ...options })).request);

const hub = {
  findAddon: (name: string) => (name === CLUSTER ? addon() : undefined),
  findCluster: (name: string) => (name === CLUSTER ? cluster() : undefined),
};
let good: SigningRequest;

beforeAll(async () => {
  good = {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: {
      name: "addon-cluster1-kruise-health-abcde",
      labels: {
        "open-cluster-management.io/addon-name": "kruise-health",
        "open-cluster-management.io/cluster-name": CLUSTER,
      },
    },
    spec: {
      request: await pem({}),
      signerName: "kubernetes.io/kube-apiserver-client",
      usages: ["digital signature", "key encipherment", "client auth"],
      username: "system:open-cluster-management:cluster1:agent1",
    },
    status: {},
  };
});

const withSpec = (spec: Partial<SigningRequest["spec"]>) => ({ ...good, spec: { ...good.spec, ...spec } });

describe("planApproval()", () => {
  test("approves what the klusterlet makes", () => {
    expect(planApproval(good, hub)).toEqual({ decision: "approve", cluster: CLUSTER });
  });

  test("approves a request without an alternative name", async () => {
    expect(planApproval(withSpec({ request: await pem({ dns: [] }) }), hub).decision).toBe("approve");
  });

  test.each([
    { name: "is approved already", change: { status: { conditions: [{ type: "Approved" }] } } },
    { name: "is denied", change: { status: { conditions: [{ type: "Denied" }] } } },
    {
      name: "is another add-on's",
      change: { metadata: { name: "x", labels: { "open-cluster-management.io/addon-name": "other" } } },
    },
    {
      name: "names no cluster",
      change: { metadata: { name: "x", labels: { "open-cluster-management.io/addon-name": "kruise-health" } } },
    },
  ])("ignores a request that $name", ({ change }) => {
    expect(planApproval({ ...good, ...change }, hub)).toEqual({ decision: "ignore" });
  });

  test.each([
    {
      name: "another cluster's klusterlet",
      spec: { username: "system:open-cluster-management:cluster2:agent1" },
      why: "is not the klusterlet",
    },
    {
      name: "a cluster whose name only begins alike",
      spec: { username: "system:open-cluster-management:cluster10:agent1" },
      why: "is not the klusterlet",
    },
    {
      name: "a klusterlet without an agent id",
      spec: { username: "system:open-cluster-management:cluster1:" },
      why: "is not the klusterlet",
    },
    {
      name: "an add-on's own identity",
      spec: { username: "system:open-cluster-management:cluster1:addon:x" },
      why: "is not the klusterlet",
    },
    { name: "an administrator", spec: { username: "kubernetes-admin" }, why: "is not the klusterlet" },
    { name: "another signer", spec: { signerName: "kubernetes.io/kubelet-serving" }, why: "signer" },
    { name: "a server's usage", spec: { usages: ["client auth", "server auth"] }, why: 'usage "server auth"' },
    { name: "no client usage", spec: { usages: ["digital signature"] }, why: 'no usage "client auth"' },
    { name: "something else than a request", spec: { request: base64("hello") }, why: "not a PEM" },
    {
      name: "a broken request",
      spec: { request: base64("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----") },
      why: "not a PEM",
    },
  ])("refuses $name", ({ spec, why }) => {
    expect(planApproval(withSpec(spec), hub)).toEqual({
      decision: "refuse",
      cluster: CLUSTER,
      why: expect.stringContaining(why),
    });
  });

  test.each([
    { name: "another user", options: { cn: CN.replaceAll("cluster1", "cluster2") }, why: "common name" },
    { name: "a prefix of the user", options: { cn: `${CN}x` }, why: "common name" },
    { name: "an extra organization", options: { organizations: [...GROUPS, "system:masters"] }, why: "organizations" },
    { name: "a missing organization", options: { organizations: [GROUPS[0] ?? ""] }, why: "organizations" },
    {
      name: "another organization",
      options: { organizations: [GROUPS[0] ?? "", "system:masters"] },
      why: "organizations",
    },
    { name: "another DNS name", options: { dns: [DNS, "kubernetes.default.svc"] }, why: "alternative name" },
  ])("refuses $name", async ({ options, why }) => {
    const request = withSpec({ request: await pem(options) });
    expect(planApproval(request, hub)).toEqual({
      decision: "refuse",
      cluster: CLUSTER,
      why: expect.stringContaining(why),
    });
  });

  test.each([
    { name: "has no add-on", findAddon: () => undefined, findCluster: hub.findCluster },
    { name: "does not exist", findAddon: hub.findAddon, findCluster: () => undefined },
    {
      name: "has an add-on that goes",
      findAddon: () => addon({}, { metadata: { deletionTimestamp: "x" } }),
      findCluster: hub.findCluster,
    },
  ])("refuses a cluster that $name", (findings) => {
    expect(planApproval(good, findings)).toMatchObject({
      decision: "refuse",
      why: expect.stringContaining("does not have the add-on"),
    });
  });
});

describe("approval()", () => {
  const told: string[] = [];
  const log = { warn: (_fields: object, message: string) => void told.push(message) } as unknown as ApprovalDeps["log"];
  const { signal } = new AbortController();

  test("tells of a refusal once, however often it looks, and again when the reason is another or the request is new", async () => {
    let request: SigningRequest | undefined = withSpec({ username: "kubernetes-admin" });
    const kube: ApprovalDeps["kube"] = {
      request: () => Promise.reject(new Error("nothing is asked of the hub")),
      open: () => {
        throw new Error("nothing is watched");
      },
      close: () => undefined,
    };
    const look = approval({ ...hub, kube, clock: systemClock, log, findRequest: () => request });
    const looks = async (): Promise<number> => {
      told.length = 0;
      for (let count = 0; count < 3; count++) await look("addon-cluster1-kruise-health-abcde", signal);
      return told.length;
    };
    expect(await looks()).toBe(1);
    expect(await looks()).toBe(0);
    request = withSpec({ usages: ["digital signature"] });
    expect(await looks()).toBe(1);
    request = undefined;
    expect(await looks()).toBe(0);
    request = withSpec({ usages: ["digital signature"] });
    expect(await looks()).toBe(1);
  });
});
