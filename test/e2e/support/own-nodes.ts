// Nodes of kwok that a suite has for itself, so that "one pod a node" is a number that the suite knows.
import type { Kube } from "../../../shared/kube/types.ts";
import type { Manifest } from "../harness/files.ts";
import { fakeNodes } from "../harness/nodes.ts";
import { lookAt, until } from "../harness/polling.ts";

/** Creates nodes that only pods of the suite go to (see `onOwnNodes`), and waits until they are Ready. */
export async function createOwnNodes(kube: Kube, suite: string, count: number): Promise<void> {
  for (const node of ownNodes(suite, count)) await openNode(kube, node);
}

export async function deleteOwnNodes(kube: Kube, suite: string, count: number): Promise<void> {
  for (const { metadata } of ownNodes(suite, count))
    await kube.request({ method: "DELETE", path: `/api/v1/nodes/${metadata.name}` });
}

function ownNodes(suite: string, count: number): Manifest[] {
  return fakeNodes(suite, count).map((node) => ({
    ...node,
    metadata: { ...node.metadata, labels: { ...Object(node.metadata["labels"]), suite } },
    spec: { taints: [{ key: "suite", value: suite, effect: "NoSchedule" }] },
  }));
}

async function openNode(kube: Kube, body: Manifest): Promise<void> {
  await kube.request({ method: "POST", path: "/api/v1/nodes", body });
  await until(
    `node ${body.metadata.name} to be Ready`,
    async () => {
      const path = `/api/v1/nodes/${body.metadata.name}`;
      const { status, spec } = await kube.request<RawNode>({ method: "GET", path });
      const isReady = status.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True");
      return lookAt(isReady === true && spec.taints?.length === 1, { status, spec });
    },
    { limitMs: 30_000 },
  );
}

interface RawNode {
  spec: { taints?: object[] };
  status: { conditions?: { type: string; status: string }[] };
}

/** Fields of a pod that runs on the suite's own nodes. */
export function onOwnNodes({ suite }: { suite: string }): object {
  const toleration = { key: "suite", operator: "Equal", value: suite, effect: "NoSchedule" };
  return { nodeSelector: { suite }, tolerations: [toleration] };
}
