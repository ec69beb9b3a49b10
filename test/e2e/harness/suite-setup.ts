// Runs in each worker before its suite. A suite finds the hub as if it were the first: OCM asks for no certificate while
// ten requests for the same add-on of the same cluster are on the hub, where Kubernetes keeps them for an hour.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect } from "vitest";
import type { Kube, KubeObject } from "../../../shared/kube/types.ts";
import { suiteStack } from "./suite.ts";

const REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

interface Request extends KubeObject {
  status: { certificate?: string };
}

beforeAll(async () => {
  const stack = suiteStack();
  // For whoever wonders what an earlier suite has left behind.
  appendFileSync(join(stack.logsDir, "suites.log"), `${new Date().toISOString()} ${expect.getState().testPath}\n`);
  const hub = await stack.hub.admin();
  await deleteIssued(hub);
  hub.close();
});

/** Deletes the requests of the add-on's agents that have been answered: nobody looks at them any more. */
async function deleteIssued(hub: Kube): Promise<void> {
  const query = { labelSelector: "open-cluster-management.io/addon-name=kruise-health" };
  const { items } = await hub.request<{ items: Request[] }>({ method: "GET", path: REQUESTS, query });
  const issued = items.filter(({ status }) => status.certificate !== undefined);
  await Promise.all(
    issued.map(async ({ metadata }) => hub.request({ method: "DELETE", path: `${REQUESTS}/${metadata.name}` })),
  );
}
