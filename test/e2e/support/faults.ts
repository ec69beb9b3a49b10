// What the faults do to a stack and read from it: agents that crash, CRDs that change, kinds and reports as they are told.
import type { Kube, KubeObject } from "../../../shared/kube/types.ts";
import { API_VERSION } from "../../../shared/wire/group.ts";
import { lookAt, met, unmet, until } from "../harness/polling.ts";
import type { Stack } from "../harness/stack-data.ts";
import { INSTALL_NAMESPACE } from "./addon.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const KRUISE_LEASE = "/apis/coordination.k8s.io/v1/namespaces/kruise-system/leases/kruise-manager";
/** The process kubelet ends a pod's process and does not start it again while this annotation is there. */
const HOLD = "kruise-health.test/hold";

interface AgentPod extends KubeObject {
  status?: { podIP?: string; containerStatuses?: { restartCount: number }[] };
}

interface Kind {
  kind: string;
  state: string;
  version?: string;
}

interface ClusterRow extends KubeObject {
  status: { kinds: Kind[] };
}

/** A CRD as far as its versions go; the rest is carried along. */
interface Definition extends KubeObject {
  spec: { versions: { name: string; served: boolean; storage: boolean }[] };
}

/** Waits until the hub shows a kind of a cluster in this state, and through this version if one is given. */
export async function untilKind(hub: Kube, cluster: string, wanted: Kind, limitMs = 60_000): Promise<void> {
  const path = `/apis/${API_VERSION}/namespaces/${cluster}/kruiseclusters/${cluster}`;
  await until(
    `${cluster} to show ${JSON.stringify(wanted)}`,
    async () => {
      const { kinds } = (await hub.request<ClusterRow>({ method: "GET", path })).status;
      const seen = kinds.find(({ kind }) => kind === wanted.kind);
      const isVersion = wanted.version === undefined || seen?.version === wanted.version;
      return lookAt(seen?.state === wanted.state && isVersion, seen);
    },
    { limitMs },
  );
}

/** Follows a kind of a cluster on the hub: every state that it is shown in, repeats folded. */
export function followKind(hub: Kube, cluster: string, wanted: string): { states: string[]; stop(): void } {
  const end = new AbortController();
  const states: string[] = [];
  const path = `/apis/${API_VERSION}/namespaces/${cluster}/kruiseclusters`;
  const reading = (async () => {
    const query = { watch: true, resourceVersion: "0" };
    for await (const line of hub.open({ method: "GET", path, query, signal: end.signal })) {
      const { object } = JSON.parse(line) as { object: ClusterRow };
      const state = object.status.kinds.find(({ kind }) => kind === wanted)?.state ?? "absent";
      if (states.at(-1) !== state) states.push(state);
    }
  })();
  reading.catch((cause: unknown) => {
    if (!end.signal.aborted) states.push(`watch ended: ${String(cause)}`);
  });
  return { states, stop: () => end.abort() };
}

/** Lets the agent's process die without warning and come back; returns when the hub has taken what the new one reports. */
export async function crashAgent(kube: Kube): Promise<void> {
  const { metadata, status } = await agentPod(kube);
  const hold = async (value: "true" | null): Promise<void> => {
    await kube.request({
      method: "PATCH",
      path: `/api/v1/namespaces/${INSTALL_NAMESPACE}/pods/${metadata.name}`,
      contentType: "application/merge-patch+json",
      body: { metadata: { annotations: { [HOLD]: value } } },
    });
  };
  const limit = { limitMs: 60_000 };
  await hold("true");
  await until("the agent to be dead", async () => lookAt(!(await answers(metricsUrl(status?.podIP))), "alive"), limit);
  await hold(null);
  await until("the agent to report again", async () => lookAt((await reportsOf(kube)).snapshot > 0, "none"), limit);
}

/** How many reports the agent has sent since it started: taken by the hub, by form, and in vain. */
export async function reportsOf(kube: Kube): Promise<{ snapshot: number; delta: number; failed: number }> {
  const { status } = await agentPod(kube);
  const text = await (await fetch(metricsUrl(status?.podIP))).text();
  const count = (label: string): number =>
    text
      .split("\n")
      .filter((line) => line.startsWith("ocm_kruise_agent_reports_total{") && line.includes(label))
      .reduce((sum, line) => sum + Number(line.split(" ")[1]), 0);
  const taken = (form: string): number => count(`{form="${form}",result="Acknowledged"}`);
  return { snapshot: taken("snapshot"), delta: taken("delta"), failed: count('result="Failed"') };
}

/** The one pod of the agent. */
export async function agentPod(kube: Kube): Promise<AgentPod> {
  const { items } = await kube.request<{ items: AgentPod[] }>({
    method: "GET",
    path: `/api/v1/namespaces/${INSTALL_NAMESPACE}/pods`,
    query: { labelSelector: "app.kubernetes.io/name=kruise-health,app.kubernetes.io/component=agent" },
  });
  const [pod, ...others] = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (pod === undefined || others.length > 0) throw new Error(`Wanted one pod of the agent, found ${items.length}`);
  return pod;
}

function metricsUrl(podIP: string | undefined): string {
  if (podIP === undefined) throw new Error("The agent's pod has no address");
  return `http://${podIP}:8081/metrics`;
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

/** Counts the changes of objects that a watch tells, until it is stopped: of all, or of the one with this name. */
export function countChanges(kube: Kube, path: string, name?: string): { count(): number; stop(): number } {
  const end = new AbortController();
  let count = 0;
  const counting = (async () => {
    const only = name === undefined ? {} : { fieldSelector: `metadata.name=${name}` };
    const query = { watch: true, resourceVersion: "0", ...only };
    for await (const line of kube.open({ method: "GET", path, query, signal: end.signal }))
      if (line.includes("MODIFIED")) count += 1;
  })();
  counting.catch((cause: unknown) => {
    if (!end.signal.aborted) throw cause;
  });
  return {
    count: () => count,
    stop: () => {
      end.abort();
      return count;
    },
  };
}

/** Reads a CRD of OpenKruise's first group. */
export async function definition(kube: Kube, plural: string): Promise<Definition> {
  return kube.request<Definition>({ method: "GET", path: `${CRDS}/${plural}.apps.kruise.io` });
}

/** Changes the versions of a CRD. */
export async function serve(kube: Kube, plural: string, versions: Definition["spec"]["versions"]): Promise<void> {
  await kube.request({
    method: "PATCH",
    path: `${CRDS}/${plural}.apps.kruise.io`,
    contentType: "application/merge-patch+json",
    body: { spec: { versions } },
  });
}

export async function deleteDefinition(kube: Kube, plural: string): Promise<void> {
  await kube.request({ method: "DELETE", path: `${CRDS}/${plural}.apps.kruise.io` });
}

/** Creates a CRD again as it was read before, unless it is there. */
export async function restoreDefinition(kube: Kube, { metadata, ...rest }: Definition): Promise<void> {
  const { name, labels, annotations } = metadata;
  const fresh = { name, ...(labels && { labels }), ...(annotations && { annotations }) };
  const body = { ...rest, metadata: fresh, status: undefined };
  await until(
    `${name} to be there again`,
    async () => {
      const { items } = await kube.request<{ items: KubeObject[] }>({ method: "GET", path: CRDS });
      const found = items.find((item) => item.metadata.name === name);
      if (found !== undefined) return lookAt(found.metadata.deletionTimestamp === undefined, "it is being deleted");
      await kube.request({ method: "POST", path: CRDS, body });
      return met(undefined);
    },
    { limitMs: 30_000 },
  );
}

/** Waits until kube-apiserver answers again, behind which everything else has to find its way back. */
export async function untilReady(kube: Kube): Promise<void> {
  const ready = async () => {
    await kube.request({ method: "GET", path: "/api/v1/namespaces/default" });
    return met(undefined);
  };
  await until("kube-apiserver to be ready", ready, { limitMs: 60_000 });
}

/** Starts OpenKruise's manager when it has ended, as a kubelet would, and waits until it renews its Lease. */
export async function reviveKruise(stack: Stack, kube: Kube, cluster: string): Promise<void> {
  const renewed = async (): Promise<string | undefined> =>
    (await kube.request<{ spec?: { renewTime?: string } }>({ method: "GET", path: KRUISE_LEASE })).spec?.renewTime;
  const before = await renewed();
  await until(
    `OpenKruise of ${cluster} to lead again`,
    async () => {
      await stack.component(`${cluster}/kruise-manager`).start();
      const now = await renewed();
      return now === before ? unmet(now) : met(undefined);
    },
    { limitMs: 90_000, everyMs: 500 },
  );
}
