// One object of each kind as an API server sends it: with a whole pod template, the marks of the tools that delivered
// it, and the managedFields of all who wrote it. The numbers are those of a case of the kind that is not in trouble.
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import type { KindName } from "../../shared/kruise/kinds.ts";
import { loadAssessCases } from "../fixtures/cases.ts";

type Tree = Record<string, unknown>;

export interface BenchObject {
  kind: KindName;
  object: Tree;
}

/** Builds the objects, one a kind. */
export function benchObjects(): BenchObject[] {
  return KRUISE_KINDS.map(({ kind }) => {
    const cases = loadAssessCases(kind.toLowerCase());
    const calm = cases.find(({ expect }) => /^(Healthy|Progressing)/.test(expect)) ?? cases[0];
    if (calm === undefined) throw new Error(`There is no case of ${kind}: wanted is one in test/fixtures/assess`);
    return { kind, object: completed(kind, calm.object as Tree) };
  });
}

function completed(kind: KindName, object: Tree): Tree {
  const spec = { ...(object["spec"] as Tree | undefined), ...TEMPLATES[kind] };
  const metadata = { ...METADATA, ...(object["metadata"] as Tree), name: "checkout-api" };
  const whole = { ...object, metadata, spec };
  const lastApplied = JSON.stringify({ ...whole, metadata: { name: "checkout-api" } });
  return {
    ...whole,
    metadata: {
      ...metadata,
      annotations: { ...ANNOTATIONS, "kubectl.kubernetes.io/last-applied-configuration": lastApplied },
      managedFields: ["work-agent", "kruise-manager", "kubectl-edit"].map((manager) => managedBy(manager, whole)),
    },
  };
}

const LABELS = { "app.kubernetes.io/name": "checkout", "app.kubernetes.io/part-of": "shop", team: "payments" };

const METADATA = {
  creationTimestamp: "2026-03-01T09:00:00Z",
  resourceVersion: "184467440",
  labels: LABELS,
  ownerReferences: [
    {
      apiVersion: "work.open-cluster-management.io/v1",
      kind: "AppliedManifestWork",
      name: `${"3f0a9c".padEnd(64, "7")}-checkout`,
      uid: "7c7f7c2a-5b3d-4a57-9f6c-0d8a6b1f2e3d",
    },
  ],
};

const ANNOTATIONS = { "open-cluster-management.io/config-spec-hash": "b1946ac92492d2347c6235b4d2611184" };

/** A pod template as people write them: three containers, 6 KB of JSON. */
export const POD_TEMPLATE = {
  metadata: { labels: LABELS, annotations: { "prometheus.io/scrape": "true", "prometheus.io/port": "9090" } },
  spec: {
    containers: ["app", "proxy"].map(container),
    initContainers: [container("migrate")],
    volumes: Array.from({ length: 6 }, (_, index) => ({ name: `data-${index}`, configMap: { name: `data-${index}` } })),
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels: LABELS }, topologyKey: "kubernetes.io/hostname" },
        ],
      },
    },
    tolerations: [{ key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" }],
    serviceAccountName: "checkout",
    restartPolicy: "Always",
    dnsPolicy: "ClusterFirst",
    schedulerName: "default-scheduler",
    terminationGracePeriodSeconds: 30,
    securityContext: { runAsNonRoot: true, fsGroup: 1000 },
  },
};

/** Where a kind has its pod template. */
const TEMPLATES: Partial<Record<KindName, Tree>> = {
  CloneSet: { template: POD_TEMPLATE },
  StatefulSet: { template: POD_TEMPLATE },
  DaemonSet: { template: POD_TEMPLATE },
  BroadcastJob: { template: POD_TEMPLATE },
  GameServerSet: { gameServerTemplate: POD_TEMPLATE },
  SidecarSet: POD_TEMPLATE.spec,
  UnitedDeployment: {
    template: { cloneSetTemplate: { metadata: POD_TEMPLATE.metadata, spec: { template: POD_TEMPLATE } } },
  },
  AdvancedCronJob: { template: { broadcastJobTemplate: { spec: { template: POD_TEMPLATE } } } },
  EphemeralJob: { template: { ephemeralContainers: POD_TEMPLATE.spec.containers } },
};

function container(name: string): Tree {
  const probe = { httpGet: { path: "/healthz", port: 8080, scheme: "HTTP" }, periodSeconds: 10, timeoutSeconds: 1 };
  return {
    name,
    image: `registry.example/shop/${name}:2.14.1@sha256:${"1f2e3d4c5b6a".padEnd(64, "0")}`,
    args: ["--listen=:8080", "--log-level=info", "--database=postgres://checkout"],
    env: Array.from({ length: 12 }, (_, index) => ({ name: `SETTING_${index}`, value: `value of setting ${index}` })),
    ports: [{ containerPort: 8080, name: "http", protocol: "TCP" }],
    resources: { requests: { cpu: "250m", memory: "256Mi" }, limits: { memory: "512Mi" } },
    livenessProbe: probe,
    readinessProbe: probe,
    volumeMounts: Array.from({ length: 6 }, (_, index) => ({ name: `data-${index}`, mountPath: `/data/${index}` })),
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: "IfNotPresent",
  };
}

/** What server-side apply keeps of one writer: a tree of all fields that it set. */
function managedBy(manager: string, object: Tree): Tree {
  const { apiVersion, spec, status } = object;
  const fieldsV1 = fieldsOf(manager === "kruise-manager" ? { status } : { spec });
  return { manager, operation: "Update", apiVersion, time: "2026-03-01T09:00:00Z", fieldsType: "FieldsV1", fieldsV1 };
}

function fieldsOf(value: unknown): Tree {
  if (typeof value !== "object" || value === null) return {};
  const prefix = Array.isArray(value) ? "k:" : "f:";
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [`${prefix}${key}`, fieldsOf(child)]));
}
