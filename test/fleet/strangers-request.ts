// A certificate request in the add-on's name by somebody who is no agent: it carries the labels, and is not approved.
import type { ApiObject } from "./apiserver/json.ts";

export function strangersRequest(): ApiObject {
  const labels = {
    "open-cluster-management.io/addon-name": "kruise-health",
    "open-cluster-management.io/cluster-name": "c1",
  };
  return {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name: "strange", labels },
    spec: { request: "eA==", signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] },
  };
}
