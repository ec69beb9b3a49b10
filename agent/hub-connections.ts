// The agent's connections to the hub, built when they are needed: its kube-apiserver, and the feedback API where the manager
// has named a way of its own to it. Both as the same user: certificate and token go to these two servers and no other.
import { buildKube } from "../shared/kube/connection.ts";
import type { KubeOptions } from "../shared/kube/connection.ts";
import { elsewhereSource, kubeconfigSource } from "../shared/kube/credentials.ts";
import { proxiedSource } from "../shared/kube/proxy.ts";
import type { Kube } from "../shared/kube/types.ts";
import type { AgentConfig } from "./config.ts";
import { lateKube } from "./late-kube.ts";

export interface HubConnections {
  hub: Kube;
  /** Where reports go: the same as `hub` without a way of its own. */
  reports: Kube;
  close(): void;
}

type Settings = Pick<
  AgentConfig,
  "HUB_KUBECONFIG" | "HTTPS_PROXY" | "NO_PROXY" | "PROXY_CA_FILE" | "FEEDBACK_URL" | "FEEDBACK_CA"
>;

/** Names the connections; none is opened. */
export function hubConnections(config: Settings, options: Omit<KubeOptions, "source" | "name">): HubConnections {
  const { HTTPS_PROXY: url, NO_PROXY: noProxy, PROXY_CA_FILE: caFile, FEEDBACK_URL: server } = config;
  const identity = kubeconfigSource(config.HUB_KUBECONFIG);
  const connect = (name: string, source: typeof identity): Kube =>
    lateKube(name, () => buildKube({ ...options, name, source: proxiedSource(source, { url, noProxy, caFile }) }));
  const hub = connect("hub", identity);
  if (server === undefined) return { hub, reports: hub, close: () => hub.close() };
  const address = { server, ca: config.FEEDBACK_CA, origin: "FEEDBACK_URL and FEEDBACK_CA" };
  const reports = connect("feedback API", elsewhereSource(identity, address));
  return {
    hub,
    reports,
    close: () => {
      hub.close();
      reports.close();
    },
  };
}
