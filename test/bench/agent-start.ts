// From the start of the agent's process to the numbers of all objects on the hub, beside one bare list of the same CloneSets
// in kubectl's own pages of 500.
import { runOrThrow } from "../e2e/harness/commands.ts";
import { binary } from "../e2e/harness/context.ts";
import { collectionPath } from "../../shared/kube/paths.ts";
import { CLONE_SETS, NAMESPACE } from "./agent-clonesets.ts";
import { CLUSTER, startAgent } from "./agent-stack.ts";
import type { AgentBench } from "./agent-stack.ts";
import { percentile, printFigure } from "./figure.ts";
import { machineMs } from "./process-figures.ts";

const ROUNDS = 3;
const PAGE = 500;

export async function measureStart(bench: AgentBench): Promise<void> {
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(await listSeconds(bench));
    const agent = await startAgent(bench);
    ours.push((agent.completeMs - agent.startedMs) / 1000);
    await agent.stop();
  }
  printFigure(`agent-start-${bench.cloneSets.count}`, percentile(ours, 0.5), "s", percentile(bare, 0.5));
}

/** Time of the commands alone. */
async function listSeconds({ stack }: AgentBench): Promise<number> {
  const kubectl = binary(stack.binaries, "kubectl");
  const env = { ...stack.data.env, KUBECONFIG: stack.cluster(CLUSTER).kubeconfig };
  let ms = 0;
  let token = "";
  do {
    const path = `${collectionPath(CLONE_SETS, NAMESPACE)}?limit=${PAGE}&continue=${encodeURIComponent(token)}`;
    const startMs = machineMs();
    const text = await runOrThrow(kubectl, ["get", "--raw", path], { env });
    ms += machineMs() - startMs;
    token = (JSON.parse(text) as { metadata: { continue?: string } }).metadata.continue ?? "";
  } while (token !== "");
  return ms / 1000;
}
