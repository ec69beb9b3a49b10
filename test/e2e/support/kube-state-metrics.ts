// The real kube-state-metrics on the hub, with the configuration that the chart ships.
import { join } from "node:path";
import { binary } from "../harness/context.ts";
import { lookAt, until } from "../harness/polling.ts";
import { Ports } from "../harness/ports.ts";
import { Processes } from "../harness/processes.ts";
import type { Stack } from "../harness/stack-data.ts";
import { CHART } from "./release.ts";

const CONFIG = join(CHART, "alerts/kube-state-metrics.yaml");

export interface KubeStateMetrics {
  /** Where it is scraped: host and port. */
  address: string;
  stop(): Promise<void>;
}

/** Starts it for nothing but the custom resources of the configuration, and waits until it has listed them. */
export async function startKubeStateMetrics(stack: Stack): Promise<KubeStateMetrics> {
  const ports = new Ports();
  const [port, telemetryPort] = [await ports.take(), await ports.take()];
  const processes = new Processes({ logsDir: stack.logsDir, env: stack.data.env, onDeath: () => undefined });
  processes.start({
    name: "kube-state-metrics",
    command: binary(stack.binaries, "kube-state-metrics"),
    args: [
      `--kubeconfig=${stack.hub.kubeconfig}`,
      `--custom-resource-state-config-file=${CONFIG}`,
      "--custom-resource-state-only=true",
      "--host=127.0.0.1",
      `--port=${port}`,
      "--telemetry-host=127.0.0.1",
      `--telemetry-port=${telemetryPort}`,
    ],
  });
  const address = `127.0.0.1:${port}`;
  await until(
    "kube-state-metrics to know the add-ons",
    async () => {
      const text = await (await fetch(`http://${address}/metrics`)).text();
      return lookAt(text.includes("kube_managedclusteraddon_status_condition_info{"), text.slice(-500));
    },
    { limitMs: 30_000, signal: processes.failure },
  );
  return { address, stop: async () => processes.stopAll() };
}
