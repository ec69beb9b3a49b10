import { expect, test } from "vitest";
import { parseConfig } from "../shared/runtime/config.ts";
import { ManagerConfig } from "./config.ts";

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
