// Least privilege: what the agent may do is what it does, by the audit logs of the real API servers. Nothing that it asks
// for is refused, nothing is allowed that it never asks for, but for what stands here with its reason.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import { lookAt, until } from "./harness/polling.ts";
import { suiteStack } from "./harness/suite.ts";
import { ADDON, enableAddon, INSTALL_NAMESPACE, untilVerdict } from "./support/addon.ts";
import { allows, readRequests, rightsOf } from "./support/audit.ts";
import type { PolicyRule, SeenRequest } from "./support/audit.ts";
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";

const NAMESPACE = "privileges-e2e";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const AGENT = "kruise-health-agent";
const ON_CLUSTER = `system:serviceaccount:${INSTALL_NAMESPACE}:${AGENT}`;
const ON_HUB = `system:open-cluster-management:cluster:c1:addon:${ADDON}:agent:${ADDON}`;
const stack = suiteStack();
/** An API server that another suite has restarted refuses everything for a moment: it does not know the roles yet. */
const beganMs = Date.now();
let hub: Kube;
let c1: Kube;

beforeAll(async () => {
  hub = await stack.hub.admin();
  c1 = await stack.cluster("c1").admin();
  await enableAddon(stack, hub, ["c1"]);
  await createNamespace(c1, NAMESPACE);
  await applyCloneSet(c1, { namespace: NAMESPACE, name: "well", replicas: 1 });
  await applyCloneSet(c1, { namespace: NAMESPACE, name: "homeless", replicas: 1, nodeSelector: { no: "node" } });
  await untilVerdict(hub, "c1", `cloneset.${NAMESPACE}.well`, "Healthy/AllAvailable");
  await untilVerdict(hub, "c1", `cloneset.${NAMESPACE}.homeless`, "Degraded/");
  await restartAgent();
  await untilVerdict(hub, "c1", `cloneset.${NAMESPACE}.homeless`, "Degraded/");
});

afterAll(async () => {
  await deleteNamespace(c1, NAMESPACE);
  hub.close();
  c1.close();
});

/** Deletes the agent's pod and waits until the next one is ready: it has listed every kind and reached the hub. */
async function restartAgent(): Promise<void> {
  interface Pod extends KubeObject {
    status?: { conditions?: { type: string; status: string }[] };
  }
  const path = `/api/v1/namespaces/${INSTALL_NAMESPACE}/pods`;
  const query = { labelSelector: `app.kubernetes.io/name=${ADDON}` };
  const pods = async () => (await c1.request<{ items: Pod[] }>({ method: "GET", path, query })).items;
  const before = (await pods()).map(({ metadata }) => metadata.name);
  for (const name of before) await c1.request({ method: "DELETE", path: `${path}/${name}` });
  await until(
    "another agent to be ready",
    async () => {
      const others = (await pods()).filter(({ metadata }) => !before.includes(metadata.name));
      const ready = others.some(({ status }) =>
        status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True"),
      );
      return lookAt(
        ready,
        others.map(({ status }) => status),
      );
    },
    { limitMs: 60_000 },
  );
}

async function rulesAt(kube: Kube, path: string): Promise<PolicyRule[]> {
  return (await kube.request<{ rules: PolicyRule[] }>({ method: "GET", path: `${RBAC}/${path}` })).rules;
}

const describeRequest = ({ verb, uri, code }: SeenRequest): string => `${verb} ${uri} ${code}`;

/** Kinds that no CRD of this stack brings: the sister projects' ones. */
const ELSEWHERE = KRUISE_KINDS.filter(({ group }) => !["apps.kruise.io", "policy.kruise.io"].includes(group));

/** Rights that no request of this run uses, and why they are given all the same. */
const UNUSED: Readonly<Record<string, string>> = {
  "get /endpoints kruise-webhook-service": "the webhooks of this stack are reached by URL, not through the Service",
  "get policy.kruise.io/podunavailablebudgets": "read only when a budget may be what holds an update up",
};

function unusedOnPurpose(right: string): string | undefined {
  const absent = ELSEWHERE.find(({ group, plural }) => right.endsWith(` ${group}/${plural}`));
  return absent === undefined ? UNUSED[right] : `no CRD of ${absent.kind} is installed here`;
}

const SIDES: [string, string, () => Promise<{ rules: PolicyRule[]; requests: SeenRequest[] }>][] = [
  [
    "its managed cluster",
    ON_CLUSTER,
    async () => ({
      rules: [
        ...(await rulesAt(c1, `clusterroles/${AGENT}`)),
        ...(await rulesAt(c1, `namespaces/${INSTALL_NAMESPACE}/roles/${AGENT}`)),
      ],
      requests: await readRequests(stack.cluster("c1"), ON_CLUSTER),
    }),
  ],
  [
    "the hub",
    ON_HUB,
    async () => ({
      rules: await rulesAt(hub, `namespaces/c1/roles/${AGENT}`),
      requests: await readRequests(stack.hub, ON_HUB),
    }),
  ],
];

describe.each(SIDES)("the agent on %s", (_where, _user, look) => {
  let rules: PolicyRule[];
  let requests: SeenRequest[];
  beforeAll(async () => {
    ({ rules, requests } = await look());
    if (requests.length < 4) throw new Error(`The audit log has only ${requests.length} requests of the agent`);
  });

  test("asks for nothing that is refused", () => {
    const refused = requests.filter(({ code, atMs }) => (code === 401 || code === 403) && atMs >= beganMs);
    expect(refused.map(describeRequest)).toEqual([]);
  });

  test("asks for nothing but what its own rules allow", () => {
    const beyond = requests.filter((request) => !rules.some((rule) => allows(rule, request)));
    expect(beyond.map(describeRequest)).toEqual([]);
  });

  test("has no right that it does not use, but for those with a reason", () => {
    const unused = [...rightsOf(rules)].filter(([, rule]) => !requests.some((request) => allows(rule, request)));
    const names = unused.map(([right]) => right);
    expect(names.filter((right) => unusedOnPurpose(right) === undefined)).toEqual([]);
  });
});
