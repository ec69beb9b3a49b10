// Many clusters get the add-on at the same moment: the manager's controllers, and a bare script that does the same, each on a
// local fleet of its own. API server, OCM and both sides share this one process: read the ratio.
import { pino } from "pino";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import { WORKS } from "../fleet/actors/hub.ts";
import type { ApiObject, Json } from "../fleet/apiserver/json.ts";
import { at, listOf } from "../fleet/apiserver/json.ts";
import { ManyClusters } from "../fleet/many.ts";
import { recorded } from "../fleet/recorded.ts";
import type { Recorded } from "../fleet/recorded.ts";
import { ByHand } from "./enable-by-hand.ts";
import { printFigure } from "./figure.ts";

const JUDGE_MS = 1000;
/** As many as the manager's controllers work on together. */
const HANDS = 48;

/** Measures `count` clusters. */
export async function measureFleet(count: number): Promise<void> {
  const clusters = Array.from({ length: count }, (_, index) => `c${index}`);
  const script: unknown[] = [];
  const ours = await enableAll(clusters, async ({ kube }, many) => {
    const leader = many.lead(kube);
    return async () => {
      const [work] = many.hub.server.registry.storage.list(WORKS);
      script.push(...manifestsOf(work));
      await leader.stop();
    };
  });
  const byHand = await enableAll(clusters, async ({ kube }) => {
    const stop = new AbortController();
    const hands = new ByHand(kube, ADDON_NAME);
    const following = hands.follow(stop.signal);
    const left = [...clusters];
    const work = async (): Promise<void> => {
      for (let cluster = left.shift(); cluster !== undefined; cluster = left.shift()) {
        await hands.enable(cluster, script);
      }
    };
    const working = Promise.all(Array.from({ length: HANDS }, work));
    return async () => {
      await working;
      stop.abort();
      await following;
      kube.close();
    };
  });
  printFigure(`enable-${count}-cpu-seconds`, ours.cpuMs / 1000, "s", byHand.cpuMs / 1000);
  printFigure(`enable-${count}-seconds`, ours.ms / 1000, "s", byHand.ms / 1000);
  printFigure(`enable-${count}-requests-a-cluster`, ours.requests / count, "requests", byHand.requests / count);
  console.log(`Of ${ours.requests} requests ${ours.conflicts} met a conflict`);
}

interface Result {
  ms: number;
  /** Of the whole process: the hub, OCM and the klusterlets are in it too. */
  cpuMs: number;
  requests: number;
  conflicts: number;
}

/** Enables all clusters at once while `start`'s work goes on; returns when OCM calls all of them Available and complete. */
async function enableAll(
  clusters: string[],
  start: (record: Recorded, many: ManyClusters) => Promise<() => Promise<void>>,
): Promise<Result> {
  const many = await ManyClusters.start({ log: pino({ level: "silent" }), judgeMs: JUDGE_MS });
  for (const cluster of clusters) many.join(cluster);
  const record = recorded(await many.connect());
  const startMs = performance.now();
  const before = process.cpuUsage();
  for (const cluster of clusters) many.enable(cluster);
  const end = await start(record, many);
  await many.untilComplete(clusters);
  const ms = performance.now() - startMs;
  const { user, system } = process.cpuUsage(before);
  await end();
  await many.close();
  return { ms, cpuMs: (user + system) / 1000, requests: record.requests.length, conflicts: record.conflicts };
}

function manifestsOf(work: ApiObject | undefined): Json[] {
  return listOf(at(work?.spec, "workload", "manifests"));
}
