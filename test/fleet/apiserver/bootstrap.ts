// What a new cluster holds from the start: namespaces, default roles, the authorities that aggregated servers read.
import type { ApiObject, Json } from "./json.ts";
import type { Registry } from "./registry.ts";

const RBAC = "rbac.authorization.k8s.io/v1";
const ALL: Json = { apiGroups: ["*"], resources: ["*"], verbs: ["*"] };
const DISCOVERY = [
  "/api",
  "/api/*",
  "/apis",
  "/apis/*",
  "/healthz",
  "/livez",
  "/readyz",
  "/openapi",
  "/openapi/*",
  "/version",
];

interface Authorities {
  clientCa: string;
  frontProxyCa: string;
}

export function bootstrap(registry: Registry, authorities: Authorities): void {
  const objects = [
    ...["default", "kube-system", "kube-public", "kube-node-lease"].map(namespace),
    clusterRole("cluster-admin", [ALL, { nonResourceURLs: ["*"], verbs: ["*"] }]),
    clusterRole("system:discovery", [{ nonResourceURLs: DISCOVERY, verbs: ["get"] }]),
    clusterRole("system:basic-user", [
      { apiGroups: ["authorization.k8s.io"], resources: ["selfsubjectaccessreviews"], verbs: ["create"] },
    ]),
    clusterRole("system:auth-delegator", [
      { apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] },
      { apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"], verbs: ["create"] },
    ]),
    ...["admin", "edit", "view"].map(aggregatedRole),
    clusterBinding("cluster-admin", "system:masters"),
    clusterBinding("system:discovery", "system:authenticated"),
    clusterBinding("system:basic-user", "system:authenticated"),
    authenticationReader(),
    authenticationConfig(authorities),
  ];
  for (const object of objects) registry.create(object, { manager: "kube-apiserver" });
}

function namespace(name: string): ApiObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

function clusterRole(name: string, rules: Json[]): ApiObject {
  return { apiVersion: RBAC, kind: "ClusterRole", metadata: { name }, rules };
}

function aggregatedRole(name: string): ApiObject {
  const matchLabels = { [`rbac.authorization.k8s.io/aggregate-to-${name}`]: "true" };
  return { ...clusterRole(name, []), aggregationRule: { clusterRoleSelectors: [{ matchLabels }] } };
}

function clusterBinding(role: string, group: string): ApiObject {
  return {
    apiVersion: RBAC,
    kind: "ClusterRoleBinding",
    metadata: { name: role },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: group }],
  };
}

function authenticationReader(): ApiObject {
  const name = "extension-apiserver-authentication";
  return {
    apiVersion: RBAC,
    kind: "Role",
    metadata: { name: `${name}-reader`, namespace: "kube-system" },
    rules: [{ apiGroups: [""], resources: ["configmaps"], resourceNames: [name], verbs: ["get", "list", "watch"] }],
  };
}

function authenticationConfig({ clientCa, frontProxyCa }: Authorities): ApiObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "extension-apiserver-authentication", namespace: "kube-system" },
    data: {
      "client-ca-file": clientCa,
      "requestheader-client-ca-file": frontProxyCa,
      "requestheader-allowed-names": '["front-proxy"]',
      "requestheader-username-headers": '["X-Remote-User"]',
      "requestheader-group-headers": '["X-Remote-Group"]',
      "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
    },
  };
}
