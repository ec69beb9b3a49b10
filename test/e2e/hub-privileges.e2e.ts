// Least privilege of the manager: what it may do on the hub is what it does, by the audit log of the real API server, and
// what it asks for is not refused.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { WORK_NAMES } from "../../manager/manifests/work.ts";
import { API_VERSION } from "../../shared/wire/group.ts";
import { ADDON_MANAGER_NAMESPACE as NAMESPACE } from "./harness/addon.ts";
import { lookAt, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { ADDON, addonPath, deployAddon, untilGone } from "./support/addon.ts";
import { allows, MANAGER, readRequests, rightsOf } from "./support/audit.ts";
import type { PolicyRule, SeenRequest } from "./support/audit.ts";
import { leaseHolder, managerPods } from "./support/manager.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const CLUSTER_ROLE = `open-cluster-management:${ADDON}:manager`;
const stack = suiteStack();
/** An API server that another suite has restarted refuses everything for a moment: it does not know the roles yet. */
let beganMs: number;
let hub: Kube;

beforeAll(async () => {
  hub = await stack.hub.admin();
  await restartManager();
  // A cluster that is new to the manager: it registers, approves and deploys.
  await output(stack.clusteradm("addon", "disable", "--names", ADDON, "--clusters", "c3"));
  await untilGone(hub, addonPath("c3"));
  await deployAddon(stack, hub, ["c3"]);
  await readDirectly();
});

/** Past kube-apiserver, which would have asked RBAC itself: here it is the manager that has to ask. */
async function readDirectly(): Promise<void> {
  const holder = await leaseHolder(hub);
  const pods = await managerPods(hub);
  const address = pods.find(({ metadata }) => metadata.name === holder)?.status.podIP ?? "";
  const server = [`--server=https://${address}:8443`, "--insecure-skip-tls-verify"];
  await output(stack.kubectl("hub", "get", "--raw", `/apis/${API_VERSION}/kruiseclusters`, ...server));
}

afterAll(async () => {
  await stack.clusteradm("addon", "disable", "--names", ADDON, "--clusters", "c3");
  hub.close();
});

/** Another pod lists and watches everything anew. */
async function restartManager(): Promise<void> {
  const names = async () => (await managerPods(hub)).map(({ metadata }) => metadata.name);
  const before = await names();
  beganMs = Date.now();
  for (const name of before) {
    await hub.request({ method: "DELETE", path: `/api/v1/namespaces/${NAMESPACE}/pods/${name}` });
  }
  await until(
    "another manager to lead",
    async () => {
      const [now, holder] = await Promise.all([names(), leaseHolder(hub)]);
      return lookAt(now.includes(holder) && !before.includes(holder), { now, holder });
    },
    { limitMs: 60_000 },
  );
}

interface Binding extends KubeObject {
  roleRef: { kind: string; name: string };
  subjects?: { kind: string; name: string; namespace?: string }[];
}

/** The roles that are bound to the manager's ServiceAccount, as "Kind namespace/name" of each role. */
async function boundRoles(): Promise<string[]> {
  const lists = ["clusterrolebindings", "rolebindings"].map(async (plural) =>
    hub.request<{ items: Binding[] }>({ method: "GET", path: `${RBAC}/${plural}` }),
  );
  const bindings = (await Promise.all(lists)).flatMap(({ items }) => items);
  const own = bindings.filter(({ subjects = [] }) =>
    subjects.some(
      ({ kind, name, namespace }) => kind === "ServiceAccount" && name === ADDON && namespace === NAMESPACE,
    ),
  );
  return own.map(({ metadata: { namespace = "" }, roleRef }) => `${roleRef.kind} ${namespace}/${roleRef.name}`);
}

const rulesAt = async (path: string): Promise<PolicyRule[]> =>
  (await hub.request<{ rules: PolicyRule[] }>({ method: "GET", path: `${RBAC}/${path}` })).rules;

const OWNED_BY_US =
  "asked for by the API server itself when an owner changes, on hubs that guard owners as OpenShift does";

/** Rights that no request of this run needs, and why they are given all the same. */
const UNUSED: readonly [RegExp, string][] = [
  [/^create kruise-health\S+\/kruisehealthreports$/, "granted to agents: nobody may grant what he does not hold"],
  [/^approve certificates\.k8s\.io\/signers /, "asked for by the API server itself when a request is approved"],
  [/^update \S+\/managedclusteraddons\/finalizers /, OWNED_BY_US],
  [/^delete \S*\/(?:roles|rolebindings|secrets|leases) /, OWNED_BY_US],
  [/^delete \S+\/apiservices /, "only when the manager is stopped for good"],
  [/^delete \S+\/manifestworks /, "only when an agent needs fewer works than before"],
  [/^(?:create|patch) \S+\/manifestworks \S+-deploy-[1-9]$/, "only for an agent that does not fit into one work"],
  [/^patch \/events$/, "only when the same happens twice"],
  [/^patch \S+\/clustermanagementaddons\/status /, "only when the add-on has a configuration whose hash is new"],
];

const describeRequest = ({ verb, uri, code }: SeenRequest): string => `${verb} ${uri} ${code}`;

describe("the manager's rights", () => {
  let rules: PolicyRule[];
  /** Discovery is everybody's, and names no resource. */
  let requests: SeenRequest[];

  beforeAll(async () => {
    rules = [
      ...(await rulesAt(`clusterroles/${CLUSTER_ROLE}`)),
      ...(await rulesAt(`namespaces/${NAMESPACE}/roles/${ADDON}`)),
    ];
    const all = await readRequests(stack.hub, MANAGER);
    requests = all.filter(({ resource }) => resource !== "");
    if (requests.length < 20) throw new Error(`The audit log has only ${requests.length} requests of the manager`);
  });

  test("12: are those of its own roles and of the one for aggregated APIs, without cluster-admin", async () => {
    expect((await boundRoles()).toSorted()).toEqual([
      `ClusterRole /${CLUSTER_ROLE}`,
      "Role kube-system/extension-apiserver-authentication-reader",
      `Role ${NAMESPACE}/${ADDON}`,
    ]);
  });

  test("12: hold no wildcard, and approve for kube-apiserver-client alone", () => {
    expect(JSON.stringify(rules)).not.toContain('"*"');
    const approving = rules.filter(({ verbs }) => verbs.includes("approve"));
    expect(approving.map(({ resources, resourceNames }) => ({ resources, resourceNames }))).toEqual([
      { resources: ["signers"], resourceNames: ["kubernetes.io/kube-apiserver-client"] },
    ]);
  });

  const elsewhere = { group: "addon.open-cluster-management.io", resource: "managedclusteraddons" };
  const works = { group: "work.open-cluster-management.io", resource: "manifestworks" };
  test.each([
    ["the status of another add-on", { ...elsewhere, verb: "patch", name: "work-manager", subresource: "status" }],
    ["the works of another add-on", { ...works, verb: "patch", name: "addon-work-manager-deploy-0" }],
    ["works of whatever name", { ...works, verb: "create", name: "anything" }],
    ["other Secrets", { group: "", resource: "secrets", verb: "get", name: "bootstrap-hub-kubeconfig" }],
    ["other bindings", { group: "rbac.authorization.k8s.io", resource: "rolebindings", verb: "create", name: "any" }],
  ])("12: do not reach to %s", async (_what, attributes) => {
    const resourceAttributes = { ...attributes, namespace: "c1", version: "*" };
    const review = await hub.request<{ status: { allowed: boolean } }>({
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: { user: MANAGER, groups: ["system:serviceaccounts", "system:authenticated"], resourceAttributes },
      },
    });
    expect(review.status.allowed).toBe(false);
  });

  test("12: are enough: nothing that it asks for is refused", () => {
    const refused = requests.filter(({ code, atMs }) => (code === 401 || code === 403) && atMs >= beganMs);
    expect(refused.map(describeRequest)).toEqual([]);
  });

  test("12: are all used, but for those with a reason", () => {
    // An apply that creates needs both verbs.
    const used = requests.flatMap((request) =>
      request.verb === "patch" && request.code === 201 ? [request, { ...request, verb: "create" }] : [request],
    );
    const idle = [...rightsOf(rules)].filter(([, rule]) => !used.some((request) => allows(rule, request)));
    const names = idle.map(([right]) => right);
    expect(names.filter((right) => !UNUSED.some(([pattern]) => pattern.test(right)))).toEqual([]);
  });

  test("12: are for as many works as an agent may have", () => {
    const works = rules.find(
      ({ resources, verbs }) => resources?.includes("manifestworks") && verbs.includes("create"),
    );
    expect(works?.resourceNames).toEqual(WORK_NAMES);
  });
});
