// Whose certificate signing requests the manager approves on the real hub: those of a cluster's own klusterlet for that
// cluster's agent. Every other one is left as it is. Requesters are impersonated: the API server writes their names.
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildKube } from "../../shared/kube/connection.ts";
import { kubeconfigSource } from "../../shared/kube/credentials.ts";
import { isNotFound } from "../../shared/kube/errors.ts";
import type { Condition, Kube, KubeObject } from "../../shared/kube/types.ts";
import { makeRequest } from "../support/certificate-requests.ts";
import { lookAt, until } from "./harness/polling.ts";
import { suiteStack } from "./harness/suite.ts";
import { ADDON, enableAddon, untilGone } from "./support/addon.ts";

const REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
/** A cluster whose name begins with another one's. It is accepted, has nobody who joins, and never has the add-on. */
const C10 = "c10";
const MANAGED_CLUSTERS = "/apis/cluster.open-cluster-management.io/v1/managedclusters";
const CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client";
const KLUSTERLET = "system:open-cluster-management:c1:c1-agent";
const stack = suiteStack();
const sent: string[] = [];
let hub: Kube;

beforeAll(async () => {
  hub = await stack.hub.admin();
  await enableAddon(stack, hub, ["c1", "c2"]);
  await hub.request({
    method: "POST",
    path: MANAGED_CLUSTERS,
    body: {
      apiVersion: "cluster.open-cluster-management.io/v1",
      kind: "ManagedCluster",
      metadata: { name: C10 },
      spec: { hubAcceptsClient: true },
    },
  });
});

afterAll(async () => {
  // The klusterlet asks for no certificate while ten requests for an agent are there.
  const paths = [
    ...sent.map((name) => `${REQUESTS}/${name}`),
    `${MANAGED_CLUSTERS}/${C10}`,
    `/api/v1/namespaces/${C10}`,
  ];
  for (const path of paths)
    await hub.request({ method: "DELETE", path }).catch((cause: unknown) => {
      if (!isNotFound(cause)) throw cause;
    });
  await untilGone(hub, `${MANAGED_CLUSTERS}/${C10}`);
  hub.close();
});

interface Asked {
  requester: string;
  labels: { addon: string; cluster: string };
  signer: string;
  usages: string[];
  subject: Parameters<typeof makeRequest>[0];
}

const userOf = (cluster: string, addon = ADDON): string => `${groupOf(cluster, addon)}:agent:${addon}`;
const groupOf = (cluster: string, addon = ADDON): string =>
  `system:open-cluster-management:cluster:${cluster}:addon:${addon}`;
const groupsOf = (cluster: string, addon = ADDON): string[] => [
  groupOf(cluster, addon),
  `system:open-cluster-management:addon:${addon}`,
];

/** What the klusterlet of a cluster asks for, for the agent of an add-on. */
function honest(cluster: string, addon = ADDON): Asked {
  return {
    requester: `system:open-cluster-management:${cluster}:${cluster}-agent`,
    labels: { addon, cluster },
    signer: CLIENT_SIGNER,
    usages: ["digital signature", "key encipherment", "client auth"],
    subject: {
      cn: userOf(cluster, addon),
      organizations: groupsOf(cluster, addon),
      dns: [`${addon}.addon.open-cluster-management.io`],
    },
  };
}

const own = honest("c1");
const ofC1 = (subject: Partial<Asked["subject"]>): Asked => ({ ...own, subject: { ...own.subject, ...subject } });
const forged: Record<string, Asked> = {
  "from the klusterlet of another cluster": { ...own, requester: "system:open-cluster-management:c2:c2-agent" },
  "from a cluster whose name begins alike": { ...own, requester: `system:open-cluster-management:${C10}:${C10}-agent` },
  "from a cluster that is the beginning of the name": { ...honest(C10), requester: KLUSTERLET },
  "from a klusterlet without a name": { ...own, requester: "system:open-cluster-management:c1:" },
  "from a name with one part more": { ...own, requester: "system:open-cluster-management:c1:c1-agent:more" },
  "from the agent itself": { ...own, requester: userOf("c1") },
  "from an administrator": { ...own, requester: "kubernetes-admin" },
  "for another cluster's user": ofC1({ cn: userOf("c2") }),
  "for a user of Kubernetes": ofC1({ cn: "system:kube-controller-manager" }),
  "with another cluster's organizations": ofC1({ organizations: groupsOf("c2") }),
  "with one organization more": ofC1({ organizations: [...groupsOf("c1"), groupOf("c2")] }),
  "with one organization less": ofC1({ organizations: [groupOf("c1")] }),
  "with another DNS name": ofC1({ dns: ["kubernetes.default.svc"] }),
  "for another signer": { ...own, signer: "kubernetes.io/kube-apiserver-client-kubelet" },
  "for a server": { ...own, usages: [...own.usages, "server auth"] },
  "for a cluster without the add-on": honest(C10),
  "for a cluster that does not exist": honest("c9"),
  "of another add-on": honest("c1", "other-addon"),
  "of another add-on, for our agent": { ...own, labels: { addon: "other-addon", cluster: "c1" } },
};

describe("a certificate signing request", () => {
  test("9: is approved for what a klusterlet asks for its own agent, and for nothing else", async () => {
    const names = Object.keys(forged).map((_what, index) => `addon-forged-${index}-${Date.now()}`);
    const as = (requester: string) => ({ "Impersonate-User": requester, "Impersonate-Group": "system:masters" });
    await Promise.all(
      Object.values(forged).map(async (asked, index) => send(hub, names[index] ?? "", asked, as(asked.requester))),
    );
    // By impersonation as the others are, so that what it is approved for is what the others lack; and by c1's klusterlet.
    const impersonated = await send(hub, `addon-c1-impersonated-${Date.now()}`, own, as(own.requester));
    const klusterlet = await openKlusterlet("c1");
    const real = await send(klusterlet, `addon-c1-real-${Date.now()}`, own);
    klusterlet.close();
    // The manager takes requests as they come: once these are approved, those before have been looked at.
    await untilApproved(impersonated);
    await untilApproved(real);
    const touched = await Promise.all(
      Object.keys(forged).map(async (what, index) => [what, await conditionsOf(names[index] ?? "")] as const),
    );
    expect(touched.filter(([, conditions]) => conditions.length > 0)).toEqual([]);
  });
});

async function send(kube: Kube, name: string, asked: Asked, headers: Record<string, string> = {}): Promise<string> {
  const { request } = await makeRequest(asked.subject);
  await kube.request({
    method: "POST",
    path: REQUESTS,
    headers,
    body: {
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: {
        name,
        labels: {
          "open-cluster-management.io/addon-name": asked.labels.addon,
          "open-cluster-management.io/cluster-name": asked.labels.cluster,
        },
      },
      spec: { request: Buffer.from(request).toString("base64"), signerName: asked.signer, usages: asked.usages },
    },
  });
  sent.push(name);
  return name;
}

async function conditionsOf(name: string): Promise<string[]> {
  const { status } = await hub.request<KubeObject & { status?: { conditions?: Condition[] } }>({
    method: "GET",
    path: `${REQUESTS}/${name}`,
  });
  return (status?.conditions ?? []).map(({ type, reason }) => `${type}/${reason}`);
}

async function untilApproved(name: string): Promise<void> {
  await until(
    `${name} to be approved`,
    async () => {
      const conditions = await conditionsOf(name);
      return lookAt(conditions.includes("Approved/AutoApprovedByHubCSRApprovingController"), conditions);
    },
    { limitMs: 30_000 },
  );
}

/** Connects to the hub as the registration agent of a cluster. */
async function openKlusterlet(cluster: string): Promise<Kube> {
  const source = kubeconfigSource(join(stack.cluster(cluster).dir, "hub-kubeconfig", "kubeconfig"));
  return buildKube({ source, log: pino({ level: "silent" }), userAgent: "e2e" });
}
