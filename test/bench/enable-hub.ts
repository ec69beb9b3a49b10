// One cluster gets the add-on on the real hub, beside one that is enabled by hand at the same moment: both meet the same
// klusterlet, which looks at Leases each thirty seconds. Then the manager is left alone and its requests are counted.
import { setTimeout as timeout } from "node:timers/promises";
import type { Condition, Kube, KubeObject } from "../../shared/kube/types.ts";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import { installAddon } from "../e2e/harness/addon.ts";
import { startStack } from "../e2e/harness/stack.ts";
import type { RunningStack } from "../e2e/harness/stack.ts";
import { untilConditions, untilGone } from "../e2e/support/addon.ts";
import { MANAGER, readRequests } from "../e2e/support/audit.ts";
import type { SeenRequest } from "../e2e/support/audit.ts";
import { placementValues } from "../e2e/support/values.ts";
import { recorded } from "../fleet/recorded.ts";
import { arrivals } from "./arrivals.ts";
import { ByHand, INSTALL_NAMESPACE, renewByHand } from "./enable-by-hand.ts";
import { percentile, printFigure } from "./figure.ts";
import { machineMs } from "./process-figures.ts";

const CLUSTER = "c1";
const BY_HAND = "by-hand";
const NAMES = [ADDON_NAME, BY_HAND];
const ADDON_API = "/apis/addon.open-cluster-management.io/v1alpha1";
const ADDONS = `${ADDON_API}/namespaces/${CLUSTER}/managedclusteraddons`;
const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${INSTALL_NAMESPACE}/leases`;
/** The chart's own times, where the e2e suites have shorter ones. */
const TIMES = { heartbeatSeconds: 30, staleAfterSeconds: 90, silenceGraceSeconds: 120 };
/** client-go's leader election with its usual times: one update each two seconds. */
const ELECTION_REQUESTS_AN_HOUR = 1800;
const HOUR_SECONDS = 3600;

type Addon = KubeObject & { status?: { conditions?: Condition[] } };
type Lease = KubeObject & { spec: { renewTime: string } };

/** When something was, in milliseconds after the ManagedClusterAddOn was created. */
interface Times {
  completed: number;
  alive: number;
  available: number;
}

export async function measureHub(rounds: number, idleSeconds: number): Promise<void> {
  const stack = await startStack({ clusters: [CLUSTER] });
  try {
    await installAddon(stack, { ...TIMES, values: { ...placementValues(), logLevel: "info" } });
    const hub = await stack.hub.admin();
    const managed = await stack.cluster(CLUSTER).admin();
    await measureRounds({ stack, hub, managed }, rounds);
    await measureIdle({ stack, hub, managed }, idleSeconds);
    hub.close();
    managed.close();
  } finally {
    await stack.stop();
  }
}

interface Bench {
  stack: RunningStack;
  hub: Kube;
  managed: Kube;
}

async function measureRounds(bench: Bench, rounds: number): Promise<void> {
  const { stack, hub, managed } = bench;
  await define(hub);
  const record = recorded(await stack.hub.admin());
  const stop = new AbortController();
  const hands = new ByHand(record.kube, BY_HAND);
  const following = hands.follow(stop.signal);
  const times: Record<string, Times[]> = { [ADDON_NAME]: [], [BY_HAND]: [] };
  const requests: Record<string, number[]> = { [ADDON_NAME]: [], [BY_HAND]: [] };
  for (let round = 0; round < rounds; round += 1) {
    const sinceMs = Date.now();
    const before = record.requests.length;
    const seen = followBoth(bench);
    const marks = await Promise.all(NAMES.map(async (name) => create(hub, name)));
    const byHand = hands.enable(CLUSTER, [serviceAccount]).then(async () => renewByHand(managed, BY_HAND));
    for (const { name, uid, startMs } of marks) times[name]?.push(await seen.times(name, uid, startMs));
    await byHand;
    seen.stop();
    const all = await readRequests(stack.hub, MANAGER);
    const ours = all.filter(({ atMs, verb, uri }) => atMs >= sinceMs && isForEnabling(verb, uri));
    if (round === 0) printKinds("Enabling", ours);
    requests[ADDON_NAME]?.push(ours.length);
    requests[BY_HAND]?.push(record.requests.length - before);
    await disable(bench);
  }
  stop.abort();
  await following;
  record.kube.close();
  const median = (samples: readonly number[] = []): number => percentile(samples, 0.5);
  for (const what of ["completed", "alive", "available"] as const) {
    const [ours = Number.NaN, theirs = Number.NaN] = NAMES.map((name) => median(times[name]?.map((one) => one[what])));
    printFigure(`enable-one-${what}`, ours, "ms", theirs);
  }
  printFigure("enable-one-requests", median(requests[ADDON_NAME]), "requests", median(requests[BY_HAND]));
}

function printKinds(when: string, requests: readonly SeenRequest[]): void {
  const kinds = Map.groupBy(requests, ({ verb, resource, code }) => `${verb} ${resource} ${code}`);
  for (const [kind, some] of kinds) console.log(`${when}: ${some.length} x ${kind}`);
}

/** The manager's own Lease goes on meanwhile, and agents' reports are asked about. */
function isForEnabling(verb: string, uri: string): boolean {
  return verb !== "watch" && !uri.includes("/leases/") && !uri.includes("subjectaccessreviews");
}

const serviceAccount = {
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name: BY_HAND, namespace: INSTALL_NAMESPACE },
};

async function define(hub: Kube): Promise<void> {
  const spec = { addOnMeta: { displayName: BY_HAND }, installStrategy: { type: "Manual" } };
  const apiVersion = "addon.open-cluster-management.io/v1alpha1";
  const body = { apiVersion, kind: "ClusterManagementAddOn", metadata: { name: BY_HAND }, spec };
  await hub.request({ method: "POST", path: `${ADDON_API}/clustermanagementaddons`, body });
}

async function create(hub: Kube, name: string): Promise<{ name: string; uid: string; startMs: number }> {
  const startMs = machineMs();
  const apiVersion = "addon.open-cluster-management.io/v1alpha1";
  const metadata = { name, namespace: CLUSTER };
  const spec = { installNamespace: INSTALL_NAMESPACE };
  const body = { apiVersion, kind: "ManagedClusterAddOn", metadata, spec };
  const created = await hub.request<Addon>({ method: "POST", path: ADDONS, body });
  return { name, uid: created.metadata.uid ?? "", startMs };
}

function followBoth({ hub, managed }: Bench): {
  times(name: string, uid: string, startMs: number): Promise<Times>;
  stop(): void;
} {
  const sinceMs = Date.now();
  const isSo = ({ status }: Addon, type: string, wanted: string): boolean =>
    status?.conditions?.some((found) => found.type === type && `${found.status}/${found.reason}`.startsWith(wanted)) ===
    true;
  const addons = (type: string, wanted: string) =>
    arrivals(hub, {
      path: ADDONS,
      read: (addon: Addon) => (isSo(addon, type, wanted) ? addon.metadata.uid : undefined),
    });
  const completed = addons("Progressing", "False/Completed");
  const available = addons("Available", "True/");
  const leases = arrivals(managed, {
    path: LEASES,
    read: ({ metadata, spec }: Lease) => (Date.parse(spec.renewTime) >= sinceMs ? metadata.name : undefined),
  });
  return {
    times: async (name, uid, startMs) => ({
      completed: (await completed.of(uid)) - startMs,
      alive: (await leases.of(name)) - startMs,
      available: (await available.of(uid)) - startMs,
    }),
    stop: () => {
      for (const watch of [completed, available, leases]) watch.stop();
    },
  };
}

/** Takes both away and waits until nothing is left that the next round would find. */
async function disable({ hub, managed }: Bench): Promise<void> {
  const works = `/apis/work.open-cluster-management.io/v1/namespaces/${CLUSTER}/manifestworks`;
  const secrets = `/api/v1/namespaces/${INSTALL_NAMESPACE}/secrets`;
  for (const name of NAMES) await hub.request({ method: "DELETE", path: `${ADDONS}/${name}` });
  for (const name of NAMES) {
    await untilGone(hub, `${ADDONS}/${name}`);
    await untilGone(hub, `${works}/addon-${name}-deploy-0`);
    await untilGone(managed, `${secrets}/${name}-hub-kubeconfig`);
  }
}

/** Counts what the manager asks of the hub while nothing happens, with one cluster that reports. */
async function measureIdle({ stack, hub }: Bench, seconds: number): Promise<void> {
  await create(hub, ADDON_NAME);
  await untilConditions(hub, CLUSTER, { Available: "True/", Reporting: "True/", Progressing: "False/Completed" });
  const sinceMs = Date.now();
  await timeout(seconds * 1000);
  const requests = (await readRequests(stack.hub, MANAGER)).filter(({ atMs }) => atMs >= sinceMs);
  printKinds(`While idle, in ${seconds} s`, requests);
  const anHour = (requests.length / seconds) * HOUR_SECONDS;
  printFigure("enable-idle-requests-an-hour", anHour, "requests", ELECTION_REQUESTS_AN_HOUR);
}
