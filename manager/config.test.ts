import { expect, test } from "vitest";
import { parseConfig } from "../shared/runtime/config.ts";
import { ManagerConfig } from "./config.ts";
import { CERTIFICATE } from "./manifests/agent.fixture.ts";

const least = {
  POD_NAME: "manager-1",
  POD_NAMESPACE: "addons",
  AGENT_IMAGE: "agent:1",
  KUBERNETES_SERVICE_HOST: "10.0.0.1",
};

test("ManagerConfig needs only what the chart cannot default", () => {
  expect(parseConfig(ManagerConfig, least)).toMatchObject({
    API_PORT: 8443,
    STALE_AFTER_SECONDS: 90,
    LOG_LEVEL: "info",
  });
});

test("ManagerConfig tells the mistakes of single settings and of their combination together", () => {
  const read = (): unknown => parseConfig(ManagerConfig, { HEARTBEAT_SECONDS: "60", LOG_LEVEL: "loud", API_PORT: "0" });
  for (const name of [
    "POD_NAME",
    "POD_NAMESPACE",
    "AGENT_IMAGE",
    "LOG_LEVEL",
    "API_PORT",
    "STALE_AFTER_SECONDS",
    "KUBECONFIG",
  ]) {
    expect(read).toThrow(new RegExp(`^ {2}${name}: `, "m"));
  }
});

test.each([
  ["45", "90", true],
  ["46", "90", false],
])("ManagerConfig with a heartbeat of %s s and a stale limit of %s s is usable: %s", (heartbeat, stale, usable) => {
  const input = { ...least, HEARTBEAT_SECONDS: heartbeat, STALE_AFTER_SECONDS: stale };
  expect(ManagerConfig.safeParse(input).success).toBe(usable);
});

const withWay = (mode: string, url: string | undefined): unknown =>
  parseConfig(ManagerConfig, { ...least, FEEDBACK_MODE: mode, FEEDBACK_URL: url });

test.each([
  ["aggregated", undefined],
  ["direct", "https://health.example.com"],
  ["both", "https://health.example.com:8443"],
  ["both", "https://192.0.2.7"],
  ["both", "https://[2001:db8::7]:8443"],
])("ManagerConfig with FEEDBACK_MODE %s and FEEDBACK_URL %s is usable", (mode, url) => {
  expect(withWay(mode, url)).toMatchObject({ FEEDBACK_MODE: mode });
});

const NO_ADDRESS = "FEEDBACK_URL: wanted is https://HOST or https://HOST:PORT, without user, path or query";
test.each([
  ["direct", undefined, "FEEDBACK_URL: is wanted when FEEDBACK_MODE is direct or both"],
  ["aggregated", "https://health.example.com", "FEEDBACK_URL: would do nothing: FEEDBACK_MODE must be direct or both"],
  ["near", "https://health.example.com", "FEEDBACK_MODE: "],
  ["both", "http://health.example.com", NO_ADDRESS],
  ["both", "health.example.com", NO_ADDRESS],
  ["both", "https://health.example.com/", NO_ADDRESS],
  ["both", "https://health.example.com/api", NO_ADDRESS],
  ["both", "https://health.example.com?a=b", NO_ADDRESS],
  ["both", "https://ann:secret@health.example.com", NO_ADDRESS],
  ["both", "https://health.example.com:70000", NO_ADDRESS],
  ["both", "https://health.example.com:0", NO_ADDRESS],
  ["both", "https://health_.example.com", NO_ADDRESS],
])("ManagerConfig with FEEDBACK_MODE %s and FEEDBACK_URL %s says: %s", (mode, url, sentence) => {
  expect(() => withWay(mode, url)).toThrow(sentence);
  expect(() => withWay(mode, url)).not.toThrow("secret");
});

test("ManagerConfig takes certificates for FEEDBACK_CA, repeats nothing of what else stands there", () => {
  const input = { ...least, FEEDBACK_MODE: "both", FEEDBACK_URL: "https://health.example.com" };
  const read = (pem: string): unknown => parseConfig(ManagerConfig, { ...input, FEEDBACK_CA: pem });
  expect(read(`${CERTIFICATE}# another\n${CERTIFICATE}`)).toMatchObject({ FEEDBACK_MODE: "both" });
  const key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----";
  for (const wrong of ["ca.crt", key, CERTIFICATE.replace("MII", "AAA")]) {
    expect(() => read(wrong)).toThrow("FEEDBACK_CA: wanted are certificates in PEM");
    expect(() => read(wrong)).not.toThrow("c2VjcmV0");
  }
});
