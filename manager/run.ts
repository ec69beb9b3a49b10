// Puts the manager together: the hub's trust and certificate for every replica, the feedback API, the probes, and the
// controllers while this replica leads. Tests and the local fleet run exactly this, with a connection of their own.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { electLeader } from "../shared/kube/election.ts";
import type { Kube } from "../shared/kube/types.ts";
import type { Clock } from "../shared/runtime/clock.ts";
import type { Log } from "../shared/runtime/log.ts";
import { linkedController, supervise } from "../shared/runtime/supervise.ts";
import { buildReviewAccess } from "./access-review.ts";
import { buildIdentify, parseTrust } from "./api/authentication.ts";
import type { Trust } from "./api/authentication.ts";
import { readDashboard } from "./api/dashboard-files.ts";
import type { Dashboard } from "./api/dashboard-files.ts";
import { buildApi } from "./api/server.ts";
import { buildIdentifyByToken } from "./api/tokens.ts";
import { ApiHost } from "./api-host.ts";
import { LEADER_LEASE } from "./config.ts";
import type { ManagerConfig } from "./config.ts";
import { followTrust } from "./controllers/authentication-trust.ts";
import { clusterRoleOwner } from "./controllers/owner.ts";
import type { CheckedServing } from "./controllers/serving-check.ts";
import { followServing, servingNames } from "./controllers/serving-term.ts";
import { DirectWays, externalHostOf } from "./direct-way.ts";
import { Fleet } from "./fleet/fleet.ts";
import { certificateEnds } from "./metrics/certificate-ends.ts";
import { buildMetrics } from "./metrics/metrics.ts";
import type { ManagedClusterAddOn } from "./ocm/types.ts";
import { Replicas } from "./replicas.ts";
import { lead } from "./term.ts";
import type { Term } from "./term.ts";
import { buildReviewToken } from "./token-review.ts";
import { serveProbes } from "../shared/runtime/probes.ts";
import { RELEASE_VERSION } from "../shared/version.ts";

const LAG_RESOLUTION_MS = 10;
const NOBODY: Trust = {
  clientCas: [],
  requestHeaderCas: [],
  allowedNames: [],
  userHeaders: [],
  groupHeaders: [],
  uidHeaders: [],
  extraPrefixes: [],
};

export interface ManagerDeps {
  log: Log;
  clock: Clock;
  /** Connection to the hub. */
  kube: Kube;
  signal: AbortSignal;
  /** Told the ports in use; they differ from the configured ones where those are 0. */
  onApiListening?: (port: number) => void;
  onProbesListening?: (port: number) => void;
}

/** Runs one manager until the signal aborts. Rejects when it cannot go on, also when it has lost the lead. */
export async function runManager(config: ManagerConfig, deps: ManagerDeps): Promise<void> {
  const { log, clock, kube, signal } = deps;
  const stop = linkedController(signal);
  const leading = { yes: false };
  const isLeading = () => leading.yes;
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  const [serverName = config.SERVICE_NAME] = servingNames(config.SERVICE_NAME, config.POD_NAMESPACE);
  const replicas = new Replicas({ clock, log, name: config.POD_NAME, host: config.POD_IP, serverName });
  const { peers, link } = replicas.forwarding;
  const dashboard = await dashboardOf(config, log);
  const direct = new DirectWays(config.FEEDBACK_URL, config.FEEDBACK_CA);
  const newFleet = () => buildFleet(config, clock, () => readLagMs(lag));
  let addons: () => ManagedClusterAddOn[] = () => [];
  const onAddons = (read: typeof addons) => (addons = read);
  let controllers: Parameters<Term["onControllers"]>[0] = {};
  const onControllers = (read: typeof controllers) => (controllers = read);
  const metrics = buildMetrics({
    version: RELEASE_VERSION,
    fleet: () => host.fleet(),
    isLeading,
    addons: () => addons(),
    controllers: () => controllers,
    forwarded: () => link.counts,
    certificateEnds: () => certificateEnds(host.serving()),
    workloadSeriesMax: config.WORKLOAD_SERIES_MAX,
  });
  // Where there is no other way than kube-apiserver, nobody has a reason to show a token.
  const identifyByToken =
    config.FEEDBACK_MODE === "aggregated"
      ? undefined
      : buildIdentifyByToken(buildReviewToken(kube, stop.signal), clock);
  const host = new ApiHost(
    {
      log,
      host: config.POD_IP,
      port: config.API_PORT,
      onListening: (port) => {
        replicas.useListening(port);
        deps.onApiListening?.(port);
      },
      build: (fleet, tls) =>
        buildApi({
          fleet,
          log,
          clock,
          tls,
          isLeading,
          version: RELEASE_VERSION,
          identify: peers.identify(
            buildIdentify(
              () => host.trust() ?? NOBODY,
              () => clock.wallMs(),
              identifyByToken,
            ),
          ),
          forwarding: replicas.forwarding,
          reviewAccess: buildReviewAccess(kube, stop.signal),
          meter: metrics.meter,
          dashboard,
        }),
    },
    newFleet(),
  );
  const serving = {
    kube,
    clock,
    log,
    namespace: config.POD_NAMESPACE,
    service: { name: config.SERVICE_NAME },
    secretName: config.SERVING_SECRET,
    certificateMode: config.CERTIFICATE_MODE,
    externalHost: externalHostOf(config),
  };
  const useServing = ({ serving: usable, fault = "" }: CheckedServing) => {
    if (usable !== undefined) {
      replicas.useServing(usable);
      direct.useServing(usable);
    }
    host.change({ servingFault: fault, ...(usable && { serving: usable }) });
  };
  const findOwner = clusterRoleOwner(kube, config.OWNER_CLUSTER_ROLE);
  lag.enable();
  try {
    await supervise(
      {
        api: (ending) => host.run(ending),
        probes: (ending) =>
          serveProbes(
            {
              host: config.POD_IP,
              port: config.HEALTH_PORT,
              registry: metrics.registry,
              series: metrics.series,
              missing: () => host.missing(),
              onListening: deps.onProbesListening,
            },
            ending,
          ),
        trust: (ending) =>
          followTrust({ kube, clock, log, onTrust: (data) => host.change({ trust: parseTrust(data) }) }, ending),
        certificate: (ending) => followServing(serving, useServing, ending),
        lead: (ending) =>
          electLeader({
            kube,
            clock,
            log,
            namespace: config.POD_NAMESPACE,
            name: LEADER_LEASE,
            identity: config.POD_NAME,
            findOwner,
            annotations: () => replicas.annotations(),
            onLeader: (holder, annotations) => replicas.useLeader(holder, annotations),
            signal: ending,
            lead: (term) =>
              lead(config, deps, {
                fleet: newFleet(),
                host,
                leading,
                term,
                findOwner,
                direct,
                onAddons,
                onControllers,
              }),
          }),
      },
      stop,
    );
  } finally {
    lag.disable();
  }
}

async function dashboardOf(config: ManagerConfig, log: Log): Promise<Dashboard | undefined> {
  if (config.DASHBOARD_ENABLED === "false" || config.DASHBOARD_DIR === undefined) return undefined;
  const dashboard = await readDashboard(config.DASHBOARD_DIR);
  if ("missing" in dashboard) log.warn({ why: dashboard.missing }, "no page is served");
  return dashboard;
}

function buildFleet(config: ManagerConfig, clock: Clock, loopLagMs: () => number): Fleet {
  return new Fleet({
    clock,
    epochMs: clock.wallMs(),
    staleAfterMs: config.STALE_AFTER_SECONDS * 1000,
    heartbeatMs: config.HEARTBEAT_SECONDS * 1000,
    loopLagMs,
  });
}

/** Worst lag since the last call. The histogram counts the timer's own interval in. */
function readLagMs(lag: ReturnType<typeof monitorEventLoopDelay>): number {
  const worstMs = lag.max / 1e6 - LAG_RESOLUTION_MS;
  lag.reset();
  return Math.max(0, worstMs);
}
