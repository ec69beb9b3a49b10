// A list of the feedback API beside the real kube-apiserver's list of as many ConfigMaps with about as many bytes. Both are
// read over TLS by the same client: objects at once, and a Table in kubectl's chunks.
import { API_VERSION } from "../../shared/wire/group.ts";
import { kubeconfigSource } from "../../shared/kube/credentials.ts";
import type { Kube } from "../../shared/kube/types.ts";
import { startStack } from "../e2e/harness/stack.ts";
import { createNamespace } from "../e2e/support/workloads.ts";
import { withCarrier } from "./hub-carry.ts";
import { CHUNK, ROWS, printTimes, timesOf } from "./hub-lists.ts";
import { Reader, TABLE } from "./hub-reads.ts";
import type { Amounts } from "./hub.ts";

const NAMESPACE = "bench";
const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const WORKLOADS = `/apis/${API_VERSION}/kruiseworkloads`;
const WRITERS = 16;
/** What a ConfigMap has beside its data: name, uid, versions, and who wrote it. */
const FRAME_BYTES = 420;

export async function measureConfigMaps(amounts: Amounts): Promise<void> {
  const clusters = Math.max(1, Math.round(ROWS / amounts.workloads));
  await withCarrier({ ...amounts, clusters }, async ({ agents, manager }) => {
    await agents.call("flood", {});
    const ours = new Reader(manager.target);
    const { bytes } = await ours.read(`${WORKLOADS}?limit=${ROWS}`);
    const stack = await startStack({ clusters: [], log: () => undefined });
    try {
      const hub = await stack.hub.admin();
      await createConfigMaps(hub, Math.max(1, Math.round(bytes / ROWS) - FRAME_BYTES));
      hub.close();
      const { ca = "", cert = "", key = "" } = await kubeconfigSource(stack.hub.kubeconfig).load();
      const target = { port: stack.hub.port, servername: "localhost", ca, cert, key };
      const theirs = new Reader(target);
      const whole = [
        await timesOf(async () => ours.read(`${WORKLOADS}?limit=${ROWS}`)),
        await timesOf(async () => theirs.read(`${CONFIG_MAPS}?limit=${ROWS}`)),
      ] as const;
      printTimes(`hub-list-${ROWS}-beside-configmaps`, ...whole);
      const tables = { ours: new Reader(manager.target, TABLE), theirs: new Reader(target, TABLE) };
      const chunks = [
        await timesOf(async () => tables.ours.readChunks(WORKLOADS, CHUNK)),
        await timesOf(async () => tables.theirs.readChunks(CONFIG_MAPS, CHUNK)),
      ] as const;
      printTimes(`hub-list-${ROWS}-by-${CHUNK}-beside-configmaps`, ...chunks);
      for (const reader of [theirs, tables.ours, tables.theirs]) reader.close();
    } finally {
      await stack.stop();
      ours.close();
    }
  });
}

async function createConfigMaps(hub: Kube, bytes: number): Promise<void> {
  await createNamespace(hub, NAMESPACE);
  const text = "x".repeat(bytes);
  const left = Array.from({ length: ROWS }, (_, index) => `workload-${String(index).padStart(5, "0")}`).values();
  const work = async (): Promise<void> => {
    // One iterator for all: each takes the next.
    for (const name of left) {
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { text } };
      await hub.request({ method: "POST", path: CONFIG_MAPS, body });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, work));
}
