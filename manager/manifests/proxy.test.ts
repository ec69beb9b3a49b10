import { describe, expect, test } from "vitest";
import { base64, CERTIFICATE, EVERYTHING } from "./agent.fixture.ts";
import { readProxy, renderProxyCa } from "./proxy.ts";

const http = "http://proxy.example:3128";
const NONE = { environment: [], caBundle: undefined };

describe("readProxy()", () => {
  test("writes the variables that the agent reads, and nothing for what is not said", () => {
    expect(readProxy(EVERYTHING.proxyConfig)).toEqual({
      value: {
        environment: [
          { name: "HTTP_PROXY", value: http },
          { name: "HTTPS_PROXY", value: "https://proxy.example:3129" },
          { name: "NO_PROXY", value: "10.0.0.0/8,.svc" },
          { name: "PROXY_CA_FILE", value: "/var/run/kruise-health/proxy/ca-bundle.crt" },
        ],
        caBundle: CERTIFICATE,
      },
    });
    expect(readProxy({ httpsProxy: http })).toEqual({
      value: { environment: [{ name: "HTTPS_PROXY", value: http }], caBundle: undefined },
    });
  });

  test.each([
    { name: "no config", config: undefined },
    { name: "an empty config", config: {} },
    { name: "noProxy alone", config: { noProxy: ".svc" } },
    { name: "caBundle alone", config: { caBundle: base64(CERTIFICATE) } },
  ])("makes no proxy of $name", ({ config }) => {
    expect(readProxy(config)).toEqual({ value: NONE });
  });

  test("keeps a dollar that the kubelet would expand", () => {
    expect(readProxy({ httpProxy: "http://u:$(POD_IP)@p" })).toMatchObject({
      value: { environment: [{ value: "http://u:$$(POD_IP)@p" }] },
    });
  });

  test.each([
    { config: { httpProxy: "proxy:x" }, says: "proxyConfig.httpProxy: wanted is the URL of a proxy" },
    { config: { httpsProxy: "socks5://u:secret@proxy" }, says: "proxyConfig.httpsProxy: wanted is the URL of a proxy" },
    {
      config: { httpsProxy: "http://me:secret%zz@proxy" },
      says: "proxyConfig.httpsProxy: wanted is the URL of a proxy",
    },
    { config: { httpProxy: http, caBundle: base64("hello") }, says: "proxyConfig.caBundle: it has no certificate" },
    {
      config: { caBundle: base64(`${CERTIFICATE}${CERTIFICATE.replace("MII", "AAA")}`) },
      says: "proxyConfig.caBundle: certificate 2 of 2 cannot be read",
    },
  ])("names a mistake, without the value: $says", ({ config, says }) => {
    const read = readProxy(config);
    expect(read).toEqual({ mistakes: [expect.stringContaining(says)] });
    expect(JSON.stringify(read)).not.toContain("secret");
  });
});

describe("renderProxyCa()", () => {
  const proxy = (caBundle: string | undefined) => ({ environment: [], caBundle });

  test("makes a ConfigMap of the bundle, mounts it, and marks the pod so that another bundle makes another pod", () => {
    const ca = renderProxyCa("ns", proxy(CERTIFICATE));
    expect(ca?.configMap).toMatchObject({
      metadata: { name: "kruise-health-agent-proxy-ca", namespace: "ns" },
      data: { "ca-bundle.crt": CERTIFICATE },
    });
    expect(ca?.mount).toMatchObject({ name: ca?.volume.name, mountPath: "/var/run/kruise-health/proxy" });
    expect(ca?.annotations).not.toEqual(renderProxyCa("ns", proxy("other"))?.annotations);
  });

  test("makes nothing without a bundle", () => {
    expect(renderProxyCa("ns", proxy(undefined))).toBeUndefined();
  });
});
