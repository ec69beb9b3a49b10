// Starts the manager: its environment, its connection to the hub, signals and exit codes.
// 0: stopped; 1: cannot go on or no longer leads, to be restarted; 2: wrong configuration.
import closeWithGrace from "close-with-grace";
import { join } from "node:path";
import { buildKube } from "../shared/kube/connection.ts";
import { settingsSource } from "../shared/kube/credentials.ts";
import { KubeconfigError } from "../shared/kube/kubeconfig.ts";
import { systemClock } from "../shared/runtime/clock.ts";
import { ConfigError, parseConfig } from "../shared/runtime/config.ts";
import { buildLog } from "../shared/runtime/log.ts";
import { RELEASE_VERSION } from "../shared/version.ts";
import { ManagerConfig } from "./config.ts";
import { runManager } from "./run.ts";

/** A stop takes at most this long, whatever still hangs: less than the pod's grace period. */
const STOP_MS = 8_000;

function loadConfig(): ManagerConfig {
  try {
    return parseConfig(ManagerConfig, process.env);
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
const log = buildLog("kruise-health-manager", config.LOG_LEVEL);
const stop = new AbortController();

async function run(): Promise<void> {
  const kube = await buildKube({
    source: settingsSource(config),
    log,
    userAgent: `kruise-health-manager/${RELEASE_VERSION}`,
  });
  log.info({ version: RELEASE_VERSION }, "manager started");
  const DASHBOARD_DIR = config.DASHBOARD_DIR ?? join(import.meta.dirname, "dashboard");
  await runManager({ ...config, DASHBOARD_DIR }, { log, clock: systemClock, kube, signal: stop.signal });
  kube.close();
  log.info("manager stopped");
}

const done = run();
closeWithGrace({ delay: STOP_MS, logger: log }, async ({ err, signal }) => {
  if (err) log.fatal({ err }, "manager failed");
  else log.info({ signal }, "stopping");
  stop.abort();
  await Promise.allSettled([done]);
});

try {
  await done;
} catch (err) {
  if (err instanceof KubeconfigError) refuse(err.message);
  log.fatal({ err }, "manager cannot go on");
  process.exit(1);
}
