// How memory, the time of a start and the price of idle agents grow with the fleet: measured at three sizes, as a table and
// as the line through them; and what a larger machine would carry if it went on like that.
import type { Carrier } from "./hub-carry.ts";
import { beat, withCarrier } from "./hub-carry.ts";
import type { Amounts } from "./hub.ts";
import { fitLine, printFigure } from "./figure.ts";
import { peakMegabytes, restingMegabytes } from "./process-figures.ts";

/** Shares of the wanted clusters. */
const SIZES = [0.01, 0.1, 1];
const LOOKS = 10;
const MEGABYTE = 1024 * 1024;
/** The machine on paper. What is left of it is for the kernel and for what is young in memory. */
const PAPER = { megabytes: 16_384, share: 0.6 };
/** Agents heartbeat without a pause: their share of the one thread that answers, so that changes and readers have the rest. */
const IDLE_SHARE = 50;

interface Size {
  clusters: number;
  restMegabytes: number;
  peakMegabytes: number;
  startSeconds: number;
  /** Until an empty server has read as much. */
  emptySeconds: number;
  /** Percent of a core. */
  idleCore: number;
  recordMegabytes: number;
  emptyCore: number;
}

export async function measureGrowth(amounts: Amounts): Promise<void> {
  const sizes: Size[] = [];
  for (const share of SIZES) {
    const clusters = Math.max(1, Math.round(amounts.clusters * share));
    await withCarrier({ ...amounts, clusters }, async (carrier) => {
      sizes.push(await measureSize(carrier));
    });
  }
  console.log("clusters  RSS at rest  peak of start  start  idle agents");
  for (const size of sizes) {
    const { clusters, restMegabytes, startSeconds, idleCore } = size;
    const cells = [
      String(clusters).padStart(8),
      `${restMegabytes.toFixed(0)} MB`.padStart(11),
      `${size.peakMegabytes.toFixed(0)} MB`.padStart(13),
      `${startSeconds.toFixed(1)} s`.padStart(7),
      `${idleCore.toFixed(1)} %`.padStart(10),
    ];
    console.log(cells.join("  "));
  }
  const fit = (read: (size: Size) => number) => fitLine(sizes.map((size) => ({ x: size.clusters, y: read(size) })));
  const memory = fit(({ restMegabytes }) => restMegabytes);
  const records = fit(({ recordMegabytes }) => recordMegabytes);
  const start = fit(({ startSeconds }) => startSeconds);
  const emptyStart = fit(({ emptySeconds }) => emptySeconds);
  const idle = fit(({ idleCore }) => idleCore);
  const empty = fit(({ emptyCore }) => emptyCore);
  printFigure("hub-growth-rss-a-1000-clusters", memory.slope * 1000, "MB", records.slope * 1000);
  printFigure("hub-growth-start-a-1000-clusters", start.slope * 1000, "s", emptyStart.slope * 1000);
  printFigure("hub-growth-idle-a-1000-clusters", idle.slope * 1000, "percent-of-a-core", empty.slope * 1000);
  const byMemory = (PAPER.megabytes * PAPER.share - memory.intercept) / memory.slope;
  const byCpu = (IDLE_SHARE - idle.intercept) / idle.slope;
  console.log(
    `A manager without clusters: ${memory.intercept.toFixed(0)} MB, ${idle.intercept.toFixed(1)} % of a core, ` +
      `${start.intercept.toFixed(1)} s to start (where the lines meet the axis)`,
  );
  console.log(
    `On paper, with ${PAPER.megabytes / 1024} GB: memory ends at ${Math.floor(byMemory)} clusters; heartbeats take ` +
      `${IDLE_SHARE} % of the one thread that answers at ${Math.floor(byCpu)}, however many cores there are`,
  );
}

/** The agents come as fast as they are taken: what is counted is the manager's work, not their patience. */
async function measureSize(carrier: Carrier): Promise<Size> {
  const { manager, agents, empty, amounts, recordBytes, untilQuiet, talkTo } = carrier;
  const { doneMs } = await agents.call("flood", {});
  const startSeconds = (doneMs - manager.startedMs) / 1000;
  await talkTo(empty.target);
  const { doneMs: emptyDoneMs, firstMs } = await agents.call("flood", {});
  await talkTo(manager.target);
  await untilQuiet();
  const peak = await peakMegabytes(manager.pid);
  const [restMegabytes = Number.NaN] = await restingMegabytes([manager.pid], LOOKS);
  const { core: idleCore } = await beat(carrier, manager);
  const { core: emptyCore } = await beat(carrier, empty);
  return {
    clusters: amounts.clusters,
    restMegabytes,
    peakMegabytes: peak,
    startSeconds,
    emptySeconds: (emptyDoneMs - firstMs) / 1000,
    idleCore,
    emptyCore,
    recordMegabytes: recordBytes / MEGABYTE,
  };
}
