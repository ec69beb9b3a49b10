// `npm run stack [-- --bare c1 c2 c3]`: a hub and managed clusters from the real components with the add-on's chart
// installed, for a person, until Ctrl-C. `--bare` leaves the add-on out.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installAddon } from "./harness/addon.ts";
import { startStack } from "./harness/stack.ts";
import type { RunningStack } from "./harness/stack.ts";
import { placementValues } from "./support/values.ts";

const { values, positionals: names } = parseArgs({ options: { bare: { type: "boolean" } }, allowPositionals: true });
try {
  const stack = await startStack(names.length > 0 ? { clusters: names } : {});
  const file = join(stack.dir, "stack.json");
  await writeFile(file, JSON.stringify(stack.data), { mode: 0o600 });
  const isInstalled = values.bare !== true && (await install(stack));
  console.log(whatToType(stack, file, isInstalled));
} catch (error) {
  tell(error);
  process.exit(1);
}

/** A stack without the add-on is still worth looking at: that is how one finds out why it was not installed. */
async function install(stack: RunningStack): Promise<boolean> {
  try {
    await installAddon(stack, { values: placementValues() });
    return true;
  } catch (error) {
    console.error("The add-on could not be installed:");
    tell(error);
    return false;
  }
}

function tell(error: unknown): void {
  for (let cause = error; cause instanceof Error; cause = cause.cause) console.error(cause.message);
}

function whatToType({ hub, clusters, dir, logsDir }: RunningStack, file: string, isInstalled: boolean): string {
  const names = Object.keys(clusters);
  const enable = `  clusteradm addon enable --names kruise-health --clusters ${names.join(",")}
  kubectl get managedclusteraddons -A
  kubectl --kubeconfig ${clusters[names[0] ?? ""]?.kubeconfig ?? ""} apply -f docs/using/cloneset.yaml
  kubectl get kruiseworkloads -A -w\n`;
  return `
In another terminal:
  export PATH=${join(dir, "bin")}:$PATH        # kubectl, helm, clusteradm
  export KUBECONFIG=${hub.kubeconfig}        # the hub
  kubectl get managedclusters
${isInstalled ? enable : ""}${Object.values(clusters)
    .map(({ name, kubeconfig }) => `  kubectl --kubeconfig ${kubeconfig} get nodes,pods -A   # ${name}`)
    .join("\n")}
Run a suite against it:
  KRUISE_HEALTH_STACK=${file} npx vitest run --config test/e2e/vitest.config.ts
Logs of every component are in ${logsDir}
Ctrl-C ends all of it.`;
}
