// The workloads that the simulated cluster of protocol-world.ts has.

export const SHAPES = ["complete", "updating", "paused", "away", "malformed"] as const;
export type Shape = (typeof SHAPES)[number];

/** What a CloneSet is like. The number of its pods changes no verdict, and so no digest. */
export interface Look {
  shape: Shape;
  pods: number;
}

/** A CloneSet in one of five shapes: Healthy, Progressing, Suspended, Degraded once it was healthy, Unknown. */
export function cloneSet(name: string, { shape, pods }: Look): unknown {
  const updated = shape === "updating" || shape === "paused" ? 1 : pods;
  const available = shape === "away" ? 0 : pods;
  const numbers = {
    observedGeneration: 1,
    replicas: pods,
    readyReplicas: available,
    availableReplicas: available,
    updatedReplicas: updated,
    updatedReadyReplicas: Math.min(updated, available),
    updatedAvailableReplicas: Math.min(updated, available),
    currentRevision: "web-1",
    updateRevision: updated === pods ? "web-1" : "web-2",
  };
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "CloneSet",
    metadata: { name, namespace: "shop", uid: "6f3d1c2e", generation: 1 },
    spec: {
      replicas: pods,
      updateStrategy: { paused: shape === "paused" },
      template: { spec: { containers: [{ name: "app", image: "web:1" }] } },
    },
    status: shape === "malformed" ? "?" : numbers,
  };
}
