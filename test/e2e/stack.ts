// `npm run stack [-- c1 c2 c3]`: a hub and managed clusters from the real components, for a person, until Ctrl-C.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startStack } from "./harness/stack.ts";
import type { RunningStack } from "./harness/stack.ts";

const names = process.argv.slice(2);
try {
  const stack = await startStack(names.length > 0 ? { clusters: names } : {});
  const file = join(stack.dir, "stack.json");
  await writeFile(file, JSON.stringify(stack.data), { mode: 0o600 });
  console.log(whatToType(stack, file));
} catch (error) {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) console.error(cause.message);
  process.exit(1);
}

function whatToType({ hub, clusters, dir, logsDir }: RunningStack, file: string): string {
  return `
In another terminal:
  export PATH=${join(dir, "bin")}:$PATH        # kubectl, helm, clusteradm
  export KUBECONFIG=${hub.kubeconfig}        # the hub
  kubectl get managedclusters
${Object.values(clusters)
  .map(({ name, kubeconfig }) => `  kubectl --kubeconfig ${kubeconfig} get nodes,pods -A   # ${name}`)
  .join("\n")}
Run a suite against it:
  KRUISE_HEALTH_STACK=${file} npx vitest run --config test/e2e/vitest.config.ts
Logs of every component are in ${logsDir}
Ctrl-C ends all of it.`;
}
