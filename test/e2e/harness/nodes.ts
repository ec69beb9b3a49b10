// Nodes that run nothing: kwok plays the kubelet for Node objects with its annotation, and every pod scheduled
// there is Running and Ready within about a second.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { binary } from "./context.ts";
import type { StackContext } from "./context.ts";
import type { ControlPlane } from "./control-plane.ts";
import { writeText } from "./files.ts";
import type { Manifest } from "./files.ts";
import { moduleFolder } from "./tools.ts";

/** Label of kwok's nodes. */
export const FAKE_NODE_LABEL = { type: "kwok" };

const STAGES = [
  "pod/fast/pod-ready.yaml",
  "pod/fast/pod-complete.yaml",
  "pod/fast/pod-delete.yaml",
  "node/fast/node-initialize.yaml",
  "node/heartbeat/node-heartbeat.yaml",
];

/** Node objects for kwok, named `<cluster>-node-1` and so on. */
export function fakeNodes(cluster: string, count: number): Manifest[] {
  const size = { cpu: "64", memory: "256Gi", pods: "2000" };
  return Array.from({ length: count }, (_, index) => {
    const name = `${cluster}-node-${index + 1}`;
    return {
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name,
        annotations: { "kwok.x-k8s.io/node": "fake" },
        labels: {
          ...FAKE_NODE_LABEL,
          "kubernetes.io/hostname": name,
          "kubernetes.io/os": "linux",
          "kubernetes.io/arch": "amd64",
          "kubernetes.io/role": "agent",
          "topology.kubernetes.io/zone": `zone-${(index % 2) + 1}`,
        },
      },
      status: { allocatable: size, capacity: size },
    };
  });
}

/** Starts kwok for the nodes of one cluster; they may come later. */
export async function startKwok(context: StackContext, plane: ControlPlane): Promise<void> {
  const folder = join(await moduleFolder("kwok", "sigs.k8s.io/kwok"), "kustomize/stage");
  const stages = await Promise.all(STAGES.map((file) => readFile(join(folder, file), "utf8")));
  const config = await writeText(join(plane.dir, "kwok.yaml"), stages.join("\n---\n"));
  context.processes.start({
    name: `${plane.name}/kwok`,
    command: binary(context.binaries, "kwok"),
    args: [
      `--kubeconfig=${plane.kubeconfig}`,
      "--manage-all-nodes=false",
      "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
      `--config=${config}`,
      `--server-address=127.0.0.1:${await context.ports.take()}`,
    ],
  });
}
