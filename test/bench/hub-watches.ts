// How soon a change that an agent sends is told to watchers: to one, to a hundred, to a thousand of a cluster each, and how
// many changes a second a thousand watchers of everything bear. Beside a server that passes a line on and does nothing else.
import { API_VERSION } from "../../shared/wire/group.ts";
import type { Carrier } from "./hub-carry.ts";
import { startChild } from "./hub-child.ts";
import type { Target } from "./hub-lanes.ts";
import { Reader } from "./hub-reads.ts";
import { clusterName } from "./hub-reports.ts";
import type { Collected, WatcherCalls } from "./hub-watchers.ts";
import { percentile, printFigure } from "./figure.ts";
import { cpuSeconds, peakMegabytes, residentMegabytes } from "./process-figures.ts";

const ROOT = `/apis/${API_VERSION}`;
const SAMPLED = 5;
/** Lines that have not come by then never will. */
const LATE_MS = 15_000;
/** A watcher is told in time within this. */
export const IN_TIME_MS = 50;
/** Of the changes for the compiler, before those that count. */
const WARM_UP_SECONDS = 5;
const KNEE_SECONDS = 10;

interface Load {
  watchers: number;
  /** Each of one cluster; else of all. */
  ofOne: boolean;
  perSecond: number;
  seconds: number;
}

interface Told {
  /** From sending to the line, of the watchers that are looked at. */
  ms: number[];
  /** How long the answers to the reports took. */
  answerMs: Float64Array;
  /** Lines that never came, of all that should have; watches that were ended. */
  lost: number;
  ended: number;
  bytesALine: number;
  core: number;
  megabytes: number;
}

let firstMark = 1;

export async function measureWatches(carrier: Carrier): Promise<void> {
  const { amounts, manager } = carrier;
  const { perSecond, seconds, watchers } = amounts;
  await carrier.agents.call("changes", { perSecond, seconds: WARM_UP_SECONDS, firstMark });
  firstMark += perSecond * WARM_UP_SECONDS;
  for (const count of [1, amounts.some]) await compare(carrier, { watchers: count, ofOne: false, perSecond, seconds });
  await compare(carrier, { watchers, ofOne: true, perSecond, seconds });
  await measureKnee(carrier);
  printFigure(
    `hub-rss-peak-${carrier.name}`,
    await peakMegabytes(manager.pid),
    "MB",
    carrier.recordBytes / 1024 / 1024,
  );
}

async function compare(carrier: Carrier, load: Load): Promise<void> {
  const { manager, empty } = carrier;
  const ours = await tell(carrier, manager, load);
  const theirs = await tell(carrier, empty, load.ofOne ? { ...load, watchers: 1, ofOne: false } : load);
  const whose = load.ofOne ? "-of-one-cluster-each" : "";
  const name = `${load.watchers}${whose}-at-${load.perSecond}-a-second-${carrier.name}`;
  for (const share of [0.5, 0.99]) {
    printFigure(`hub-watch-p${share * 100}-${name}`, percentile(ours.ms, share), "ms", percentile(theirs.ms, share));
  }
  const answered = [ours, theirs].map(({ answerMs }) => percentile([...answerMs], 0.99));
  printFigure(`hub-report-answered-p99-${name}`, answered[0] ?? Number.NaN, "ms", answered[1] ?? Number.NaN);
  printFigure(`hub-watch-cpu-${name}`, ours.core, "percent-of-a-core", theirs.core);
  printFigure(`hub-rss-${name}`, ours.megabytes, "MB", carrier.recordBytes / 1024 / 1024);
  if (ours.lost + ours.ended > 0) {
    console.log(
      `${name}: ${ours.lost} lines did not come within ${LATE_MS / 1000} s, ${ours.ended} watches were ended`,
    );
  }
}

/** The most changes a second, of halves of the wanted rate, that all watchers are told of in time. */
async function measureKnee(carrier: Carrier): Promise<void> {
  const { manager, empty, amounts } = carrier;
  const knee = async (server: { pid: number; target: Target }): Promise<{ rate: number; last: Told | undefined }> => {
    let last: Told | undefined;
    for (let rate = amounts.perSecond; rate >= 1; rate = Math.floor(rate / 2)) {
      last = await tell(carrier, server, {
        watchers: amounts.watchers,
        ofOne: false,
        perSecond: rate,
        seconds: KNEE_SECONDS,
      });
      if (last.lost + last.ended === 0 && percentile(last.ms, 0.99) <= IN_TIME_MS) return { rate, last };
      const p99 = percentile(last.ms, 0.99).toFixed(0);
      console.log(
        `${amounts.watchers} watchers at ${rate} a second: p99 ${p99} ms, ${last.lost} lost, ${last.ended} ended`,
      );
    }
    return { rate: 0, last };
  };
  const ours = await knee(manager);
  const theirs = await knee(empty);
  const name = `${amounts.watchers}-${carrier.name}`;
  printFigure(`hub-watch-in-time-${name}`, ours.rate, "changes-a-second", theirs.rate);
  printFigure(
    `hub-rss-with-watchers-${name}`,
    ours.last?.megabytes ?? Number.NaN,
    "MB",
    carrier.recordBytes / 1024 / 1024,
  );
}

async function tell(carrier: Carrier, server: { pid: number; target: Target }, load: Load): Promise<Told> {
  const { agents, amounts, talkTo } = carrier;
  const watchers = startChild<WatcherCalls>("hub-watchers.ts");
  try {
    await talkTo(server.target);
    const paths = await pathsOf(server.target, load, amounts.clusters);
    await watchers.call("open", { target: server.target, paths, sampled: load.ofOne ? load.watchers : SAMPLED });
    const cpuBefore = await cpuSeconds(server.pid);
    const { perSecond, seconds } = load;
    const { sentMs, ms: answerMs } = await agents.call("changes", { perSecond, seconds, firstMark });
    const megabytes = await residentMegabytes(server.pid);
    // Of those that follow one cluster nobody knows how many lines they are to get.
    const wanted = load.ofOne ? 0 : sentMs.length * load.watchers;
    const collected = await watchers.call("collect", { lines: wanted, limitMs: LATE_MS });
    const core = (((await cpuSeconds(server.pid)) - cpuBefore) / seconds) * 100;
    const ms = delays(collected, sentMs);
    firstMark += sentMs.length;
    const { lines, ended, bytes } = collected;
    return { ms, answerMs, core, megabytes, ended, lost: Math.max(0, wanted - lines), bytesALine: bytes / lines };
  } finally {
    await watchers.stop();
    await talkTo(carrier.manager.target);
  }
}

/** Watches from now on. */
async function pathsOf(target: Target, { watchers, ofOne }: Load, clusters: number): Promise<string[]> {
  const reader = new Reader(target);
  const version = await reader.version(`${ROOT}/kruiseworkloads?limit=1&bytes=100`);
  reader.close();
  const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${version}`;
  return Array.from({ length: watchers }, (_, index) => {
    const namespace = ofOne ? `/namespaces/${clusterName(index % clusters)}` : "";
    return `${ROOT}${namespace}/kruiseworkloads?${query}`;
  });
}

function delays({ seen }: Collected, sentMs: Float64Array): number[] {
  const ms: number[] = [];
  for (let index = 0; index < seen.length; index += 2) {
    const sent = sentMs[(seen[index] ?? 0) - firstMark];
    if (sent !== undefined) ms.push((seen[index + 1] ?? Number.NaN) - sent);
  }
  return ms;
}
