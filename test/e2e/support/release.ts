// The release that the harness has installed, upgraded with other values for a while.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Kube } from "../../../shared/kube/types.ts";
import { ADDON_MANAGER_NAMESPACE } from "../harness/addon.ts";
import type { Stack } from "../harness/stack-data.ts";
import { output } from "../harness/suite.ts";
import { ADDON } from "./addon.ts";
import { untilManagersReady } from "./manager.ts";

export const CHART = join(import.meta.dirname, "../../../charts/kruise-health");

/** Upgrades to the harness's values and these, as in `--set`; without any it is as it was. Waits until the managers are ready. */
export async function upgradeRelease(stack: Stack, hub: Kube, sets: readonly string[] = []): Promise<void> {
  const values = join(stack.dir, "addon-values.json");
  const where = ["--namespace", ADDON_MANAGER_NAMESPACE];
  const flags = sets.flatMap((set) => ["--set", set]);
  await output(stack.helm("upgrade", ADDON, CHART, ...where, "--values", values, ...flags));
  await output(stack.kubectl("hub", "rollout", "status", `deployment/${ADDON}`, ...where, "--timeout=60s"));
  await untilManagersReady(hub, replicasIn(sets) ?? readReplicas(values));
}

function replicasIn(sets: readonly string[]): number | undefined {
  const set = sets.find((each) => each.startsWith("replicas="));
  return set === undefined ? undefined : Number(set.slice("replicas=".length));
}

function readReplicas(file: string): number {
  return (JSON.parse(readFileSync(file, "utf8")) as { replicas: number }).replicas;
}
