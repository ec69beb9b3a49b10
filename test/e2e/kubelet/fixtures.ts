// Pods and cluster material for the kubelet's own tests.
import type { Material } from "./material.ts";
import { parsePod } from "./pod.ts";
import type { Pod } from "./pod.ts";

/** A pod with one container "c" and these volumes, as the API server would send it. */
export function podOf(container: Record<string, unknown> = {}, volumes: unknown[] = []): Pod {
  return parsePod({
    metadata: { name: "p", namespace: "ns", uid: "u-1", labels: { app: "shop" } },
    spec: {
      nodeName: "n1",
      serviceAccountName: "sa",
      containers: [{ name: "c", image: "i", ...container }],
      volumes,
    },
  });
}

export function materialOf(have: {
  secrets?: Record<string, Record<string, string>>;
  configMaps?: Record<string, Record<string, string>>;
  tokens?: Record<string, string>;
}): Material {
  const find = (
    from: Record<string, Record<string, string>> = {},
    name: string,
  ): Record<string, Buffer> | undefined => {
    const found = from[name];
    return found && Object.fromEntries(Object.entries(found).map(([key, value]) => [key, Buffer.from(value)]));
  };
  return {
    secret: (name) => find(have.secrets, name),
    configMap: (name) => find(have.configMaps, name),
    token: (audience) => have.tokens?.[audience ?? ""],
  };
}
