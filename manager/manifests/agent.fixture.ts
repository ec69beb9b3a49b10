// What the agent of one cluster is rendered from, for tests: no config, and one that asks for everything there is.
import type { AddOnDeploymentConfigSpec } from "../ocm/types.ts";
import type { AgentInput } from "./agent.ts";
import { readWishes } from "./wishes.ts";

const IMAGE = "ghcr.io/org/kruise-health-agent:1";

/** A self-signed certificate of nobody, as a user would paste it. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBfjCCASOgAwIBAgIUPsimulLtn4UsFGohb99x1L/1CvgwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIcHJveHktY2EwIBcNMjYxMTIxMTYxMDUwWhgPMjEyNjEwMjgx
NjEwNTBaMBMxETAPBgNVBAMMCHByb3h5LWNhMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEEWFkcv20syDczgEf0FAk6x7sY6pOQybSTUqO7zgiqkCIDxx+c0tgJE0F
ytCTDcgZxXdi/xL7dgdQJOJnyMVsA6NTMFEwHQYDVR0OBBYEFNmNhyjqoJTMmsqb
tT3GwbEZZizJMB8GA1UdIwQYMBaAFNmNhyjqoJTMmsqbtT3GwbEZZizJMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAMz+m9mYrYnFvF1NBKnjTd7K
BHEsqWnbTNsIhHYZEPyqAiEA9JkFqC40SR5kBc125MvBZm4wsMrrQ93g4Lzod183
sVE=
-----END CERTIFICATE-----
`;

export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** Every field of an AddOnDeploymentConfig. */
export const EVERYTHING: AddOnDeploymentConfigSpec = {
  agentInstallNamespace: "addon-ns",
  nodePlacement: {
    nodeSelector: { infra: "true" },
    tolerations: [{ key: "infra", operator: "Exists", effect: "NoSchedule" }],
  },
  registries: [{ source: "ghcr.io/org", mirror: "mirror.example/x/" }],
  proxyConfig: {
    httpProxy: "http://proxy.example:3128",
    httpsProxy: "https://proxy.example:3129",
    noProxy: "10.0.0.0/8,.svc",
    caBundle: base64(CERTIFICATE),
  },
  resourceRequirements: [{ containerID: "*:*:*", resources: { limits: { memory: "512Mi" } } }],
  customizedVariables: [{ name: "LOG_LEVEL", value: "debug" }],
};

/** The input that a config leads to. */
export function agentInput(change: Partial<AgentInput> = {}, spec: AddOnDeploymentConfigSpec = {}): AgentInput {
  const wishes = readWishes(spec, { image: IMAGE, cluster: undefined });
  if ("mistakes" in wishes) throw new Error(wishes.mistakes);
  return { ...wishes, cluster: "cluster1", namespace: "addon-ns", imagePullPolicy: "IfNotPresent", ...change };
}
