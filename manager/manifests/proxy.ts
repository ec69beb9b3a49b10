// The way to the hub through a proxy, by an AddOnDeploymentConfig's proxyConfig: environment variables for the agent, and
// the CA bundle of the proxy as a ConfigMap that the agent mounts. Pure. Certificates are public: no Secret is made.
// A proxy's URL may carry a password, so it is never repeated in a message.
import { X509Certificate, createHash } from "node:crypto";
import type { V1ConfigMap, V1EnvVar, V1Volume, V1VolumeMount } from "@kubernetes/client-node";
import { NOT_A_PROXY, parseProxyUrl } from "../../shared/kube/proxy.ts";
import type { ProxyConfig } from "../ocm/types.ts";
import { AGENT_LABELS, AGENT_NAME } from "./agent-rbac.ts";
import type { Reading } from "./reading.ts";
import { literal } from "./settings.ts";

const CA_NAME = `${AGENT_NAME}-proxy-ca`;
const CA_DIRECTORY = "/var/run/kruise-health/proxy";
const CA_FILE = "ca-bundle.crt";
/** On the pod: changed certificates are taken up by a new pod. */
const CA_HASH_ANNOTATION = "kruise-health.open-cluster-management.io/proxy-ca-hash";
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** How the agent reaches the hub. */
export interface Proxy {
  environment: V1EnvVar[];
  /** PEM; undefined when the proxy needs no CA of its own. */
  caBundle: string | undefined;
}

/** Nothing but a proxy's address makes a proxy: noProxy and caBundle alone say nothing. */
export function readProxy({ httpProxy, httpsProxy, noProxy, caBundle }: ProxyConfig = {}): Reading<Proxy> {
  const mistakes = [
    ...urlMistakes("httpProxy", httpProxy),
    ...urlMistakes("httpsProxy", httpsProxy),
    ...bundleMistakes(caBundle),
  ];
  if (mistakes.length > 0) return { mistakes };
  if (!httpProxy && !httpsProxy) return { value: { environment: [], caBundle: undefined } };
  const environment = [
    ...variable("HTTP_PROXY", httpProxy),
    ...variable("HTTPS_PROXY", httpsProxy),
    ...variable("NO_PROXY", noProxy),
    ...variable("PROXY_CA_FILE", caBundle && `${CA_DIRECTORY}/${CA_FILE}`),
  ];
  return { value: { environment, caBundle: caBundle ? decode(caBundle) : undefined } };
}

/** What a CA bundle adds to the agent: a ConfigMap, the pod's volume and mount, and the annotation that restarts it. */
export function renderProxyCa(
  namespace: string,
  { caBundle }: Proxy,
): { configMap: V1ConfigMap; volume: V1Volume; mount: V1VolumeMount; annotations: Record<string, string> } | undefined {
  if (caBundle === undefined) return undefined;
  return {
    configMap: {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: CA_NAME, namespace, labels: AGENT_LABELS },
      data: { [CA_FILE]: caBundle },
    },
    volume: { name: "proxy-ca", configMap: { name: CA_NAME } },
    mount: { name: "proxy-ca", mountPath: CA_DIRECTORY, readOnly: true },
    annotations: { [CA_HASH_ANNOTATION]: createHash("sha256").update(caBundle).digest("hex") },
  };
}

function variable(name: string, value: string | undefined): V1EnvVar[] {
  return value ? [{ name, value: literal(value) }] : [];
}

function urlMistakes(field: string, value: string | undefined): string[] {
  return !value || parseProxyUrl(value) ? [] : [`proxyConfig.${field}: ${NOT_A_PROXY}`];
}

function bundleMistakes(caBundle: string | undefined): string[] {
  if (!caBundle) return [];
  const certificates = decode(caBundle).match(CERTIFICATE) ?? [];
  if (certificates.length === 0) return ["proxyConfig.caBundle: it has no certificate; wanted is base64 of PEM"];
  const broken = certificates.findIndex((pem) => !isCertificate(pem));
  return broken === -1
    ? []
    : [`proxyConfig.caBundle: certificate ${broken + 1} of ${certificates.length} cannot be read; wanted is PEM`];
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
