// The part of a Pod that the process kubelet acts on. Everything else of the object is dropped on arrival.
import * as z from "zod";
import type { Resource } from "../../../shared/kube/types.ts";

export const PODS: Resource = { group: "", version: "v1", plural: "pods" };

const HttpGet = z.object({
  path: z.string().default("/"),
  port: z.union([z.int(), z.string()]),
  scheme: z.enum(["HTTP", "HTTPS"]).default("HTTP"),
  host: z.string().optional(),
});

const Probe = z.object({
  httpGet: HttpGet.optional(),
  initialDelaySeconds: z.int().default(0),
  timeoutSeconds: z.int().default(1),
  periodSeconds: z.int().default(10),
  successThreshold: z.int().default(1),
  failureThreshold: z.int().default(3),
});
export type Probe = z.infer<typeof Probe>;

const KeyRef = z.object({ name: z.string(), key: z.string(), optional: z.boolean().default(false) });
export type KeyRef = z.infer<typeof KeyRef>;

const FieldRef = z.object({ fieldPath: z.string() });

const EnvVar = z.object({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .object({
      fieldRef: FieldRef.optional(),
      configMapKeyRef: KeyRef.optional(),
      secretKeyRef: KeyRef.optional(),
    })
    .optional(),
});

const Container = z.object({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  env: z.array(EnvVar).default([]),
  ports: z.array(z.object({ name: z.string().optional(), containerPort: z.int() })).default([]),
  volumeMounts: z
    .array(
      z.object({
        name: z.string(),
        mountPath: z.string(),
        readOnly: z.boolean().default(false),
        subPath: z.string().optional(),
      }),
    )
    .default([]),
  securityContext: z
    .object({ readOnlyRootFilesystem: z.boolean().default(false), runAsUser: z.int().optional() })
    .default({ readOnlyRootFilesystem: false }),
  startupProbe: Probe.optional(),
  livenessProbe: Probe.optional(),
  readinessProbe: Probe.optional(),
});
export type Container = z.infer<typeof Container>;

const KeyToPath = z.object({ key: z.string(), path: z.string(), mode: z.int().optional() });
export type KeyToPath = z.infer<typeof KeyToPath>;

const DownwardItem = z.object({ path: z.string(), fieldRef: FieldRef.optional(), mode: z.int().optional() });

const Projection = z.object({
  secret: z
    .object({ name: z.string(), items: z.array(KeyToPath).optional(), optional: z.boolean().default(false) })
    .optional(),
  configMap: z
    .object({ name: z.string(), items: z.array(KeyToPath).optional(), optional: z.boolean().default(false) })
    .optional(),
  downwardAPI: z.object({ items: z.array(DownwardItem).default([]) }).optional(),
  serviceAccountToken: z
    .object({ path: z.string(), audience: z.string().optional(), expirationSeconds: z.int().default(3600) })
    .optional(),
});
export type Projection = z.infer<typeof Projection>;

const Volume = z.object({
  name: z.string(),
  emptyDir: z.object({}).optional(),
  secret: z
    .object({
      secretName: z.string(),
      items: z.array(KeyToPath).optional(),
      optional: z.boolean().default(false),
      defaultMode: z.int().default(0o644),
    })
    .optional(),
  configMap: z
    .object({
      name: z.string(),
      items: z.array(KeyToPath).optional(),
      optional: z.boolean().default(false),
      defaultMode: z.int().default(0o644),
    })
    .optional(),
  downwardAPI: z.object({ items: z.array(DownwardItem).default([]), defaultMode: z.int().default(0o644) }).optional(),
  projected: z.object({ sources: z.array(Projection).default([]), defaultMode: z.int().default(0o644) }).optional(),
});
export type Volume = z.infer<typeof Volume>;

const Pod = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().optional(),
    deletionGracePeriodSeconds: z.int().optional(),
  }),
  spec: z.object({
    nodeName: z.string().default(""),
    serviceAccountName: z.string().default("default"),
    restartPolicy: z.enum(["Always", "OnFailure", "Never"]).default("Always"),
    terminationGracePeriodSeconds: z.int().default(30),
    containers: z.array(Container),
    initContainers: z.array(z.object({ name: z.string() })).default([]),
    volumes: z.array(Volume).default([]),
  }),
  status: z.object({ phase: z.string().optional(), podIP: z.string().optional() }).default({}),
});
export type Pod = z.infer<typeof Pod>;

/** Reads a Pod as the API server sends it. */
export function parsePod(raw: unknown): Pod {
  return Pod.parse(raw);
}

/** Gives the value of a downward API field; undefined when this kubelet does not know the path. */
export function podField(pod: Pod, podIP: string, fieldPath: string): string | undefined {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (keyed !== null) return metadata[keyed[1] as "labels" | "annotations"][keyed[2] ?? ""] ?? "";
  const fields: Record<string, string> = {
    "metadata.name": metadata.name,
    "metadata.namespace": metadata.namespace,
    "metadata.uid": metadata.uid,
    "spec.nodeName": spec.nodeName,
    "spec.serviceAccountName": spec.serviceAccountName,
    "status.hostIP": "127.0.0.1",
    "status.podIP": podIP,
  };
  return fields[fieldPath];
}
