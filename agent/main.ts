// Starts the agent: its environment, its connections, signals and exit codes.
// 0: stopped; 1: cannot go on, to be restarted; 2: wrong configuration.
import { buildKube } from "../shared/kube/connection.ts";
import { settingsSource } from "../shared/kube/credentials.ts";
import { KubeconfigError } from "../shared/kube/kubeconfig.ts";
import { systemClock } from "../shared/runtime/clock.ts";
import { ConfigError, parseConfig } from "../shared/runtime/config.ts";
import { buildLog } from "../shared/runtime/log.ts";
import { RELEASE_VERSION } from "../shared/version.ts";
import { AgentConfig } from "./config.ts";
import { hubConnections } from "./hub-connections.ts";
import { runAgent } from "./run.ts";

/** A stop takes at most this long, whatever still hangs; all state is kept elsewhere. */
const STOP_MS = 4_500;

function loadConfig(): AgentConfig {
  try {
    return parseConfig(AgentConfig, process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return refuse(error.message);
  }
}

function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}

const config = loadConfig();
const log = buildLog("kruise-health-agent", config.LOG_LEVEL);
const stop = new AbortController();
const halt = (signal: NodeJS.Signals): void => {
  if (stop.signal.aborted) process.exit(1);
  log.info({ signal }, "stopping");
  setTimeout(() => process.exit(0), STOP_MS).unref();
  stop.abort();
};
process.on("SIGTERM", halt);
process.on("SIGINT", halt);

try {
  const userAgent = `kruise-health-agent/${RELEASE_VERSION}`;
  const managed = await buildKube({ source: settingsSource(config), log, userAgent, name: "managed cluster" });
  const connections = hubConnections(config, { log, userAgent });
  log.info({ version: RELEASE_VERSION, cluster: config.CLUSTER_NAME }, "agent started");
  const { hub, reports } = connections;
  await runAgent(config, { log, clock: systemClock, managed, hub, reports, signal: stop.signal });
  managed.close();
  connections.close();
  log.info("agent stopped");
  process.exit(0);
} catch (error) {
  if (error instanceof KubeconfigError) refuse(error.message);
  log.fatal({ err: error }, "agent cannot go on");
  process.exit(1);
}
