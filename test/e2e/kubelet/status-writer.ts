// Writes a pod's status, newest state only, one request at a time; tried again until it is written or the pod is gone.
import { isNotFound } from "../../../shared/kube/errors.ts";
import { objectPath } from "../../../shared/kube/paths.ts";
import type { Kube } from "../../../shared/kube/types.ts";
import { rfc3339Seconds } from "../../../shared/runtime/clock.ts";
import type { Log } from "../../../shared/runtime/log.ts";
import { sleep } from "../../../shared/runtime/sleep.ts";
import { PODS } from "./pod.ts";
import type { Pod } from "./pod.ts";
import { planStatus } from "./status.ts";
import type { ContainerView } from "./status.ts";

const RETRY_MS = 500;
const ATTEMPTS = 20;

export interface StatusWriter {
  write(view: ContainerView): void;
  /** Resolves when nothing is left to write. */
  settled(): Promise<void>;
}

export function buildStatusWriter(options: {
  kube: Kube;
  log: Log;
  pod: Pod;
  podIP: string;
  startTime: string;
}): StatusWriter {
  const { kube, log, pod, podIP, startTime } = options;
  const { name, namespace, uid } = pod.metadata;
  const views = new Map<string, ContainerView>();
  const since = new Map<string, { status: string; at: string }>();
  let dirty = false;
  let writing: Promise<void> | undefined;

  const patch = async (): Promise<void> => {
    const containers = pod.spec.containers.flatMap((container) => views.get(container.name) ?? []);
    const status = planStatus({ pod, podIP, startTime, containers, since, now: rfc3339Seconds(Date.now()) });
    await kube.request({
      method: "PATCH",
      path: objectPath(PODS, { namespace, name, subresource: "status" }),
      contentType: "application/strategic-merge-patch+json",
      // With another uid the answer is 409: a later pod of that name is not ours to describe.
      body: { metadata: { uid }, status },
    });
  };
  const drain = async (): Promise<void> => {
    for (let attempt = 0; dirty && attempt < ATTEMPTS; attempt += 1) {
      dirty = false;
      try {
        await patch();
        attempt = 0;
      } catch (error) {
        if (isNotFound(error)) return;
        log.debug({ err: error, pod: `${namespace}/${name}` }, "pod status not written");
        dirty = true;
        await sleep(RETRY_MS);
      }
    }
  };
  return {
    write(view) {
      views.set(view.name, view);
      dirty = true;
      writing ??= drain().finally(() => {
        writing = undefined;
      });
    },
    settled: async () => writing,
  };
}
