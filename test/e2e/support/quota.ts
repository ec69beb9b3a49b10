// A limit on the pods of a namespace: how the creation of pods is made to fail.
import type { Kube, KubeObject } from "../../../shared/kube/types.ts";
import { lookAt, until } from "../harness/polling.ts";

interface Place {
  kube: Kube;
  namespace: string;
}

const NAME = "pods";

/** Lets no more than so many pods exist in the namespace; returns when the limit is in force. */
export async function limitPods({ kube, namespace }: Place, pods: number): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/resourcequotas`;
  const metadata = { name: NAME, namespace };
  const body = { apiVersion: "v1", kind: "ResourceQuota", metadata, spec: { hard: { pods: String(pods) } } };
  await kube.request({ method: "POST", path, body });
  await until(
    "the quota to be counted",
    async () => {
      const { status } = await kube.request<KubeObject & { status?: { hard?: object } }>({
        method: "GET",
        path: `${path}/${NAME}`,
      });
      return lookAt(status?.hard !== undefined, status);
    },
    { limitMs: 30_000 },
  );
}

export async function removePodLimit({ kube, namespace }: Place): Promise<void> {
  await kube.request({ method: "DELETE", path: `/api/v1/namespaces/${namespace}/resourcequotas/${NAME}` });
}
