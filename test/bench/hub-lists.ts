// Lists of the whole fleet's rows: ten thousand objects at once; as many as a Table in kubectl's chunks; and all of them so.
// Beside an empty server that sends as many bytes.
import { API_VERSION } from "../../shared/wire/group.ts";
import type { Carrier } from "./hub-carry.ts";
import { Reader, TABLE } from "./hub-reads.ts";
import type { Read } from "./hub-reads.ts";
import { percentile, printFigure } from "./figure.ts";

const PATH = `/apis/${API_VERSION}/kruiseworkloads`;
export const ROWS = 10_000;
/** kubectl's. */
export const CHUNK = 500;
const READS = 30;
/** Reads for the compiler, before those that count. */
const WARM_UP = 3;

export interface ListTimes {
  firstByte: number[];
  total: number[];
  bytes: number;
}

export async function measureLists(carrier: Carrier): Promise<void> {
  const { manager, empty, name, rows } = carrier;
  const ours = new Reader(manager.target);
  const kubectl = new Reader(manager.target, TABLE);
  const theirs = new Reader(empty.target);
  const atOnce = await timesOf(async () => ours.read(`${PATH}?limit=${ROWS}`));
  const emptyAtOnce = await timesOf(async () => theirs.read(`${PATH}?bytes=${atOnce.bytes}`));
  printTimes(`hub-list-${ROWS}-${name}`, atOnce, emptyAtOnce);
  const chunks = Math.ceil(Math.min(ROWS, rows) / CHUNK);
  const inChunks = await timesOf(async () => kubectl.readChunks(PATH, CHUNK, chunks));
  const emptyChunk = Math.round(inChunks.bytes / chunks);
  const emptyInChunks = await timesOf(async () => {
    let last = await theirs.read(`${PATH}?bytes=${emptyChunk}`);
    const { firstByteMs } = last;
    let { totalMs } = last;
    for (let chunk = 1; chunk < chunks; chunk += 1) {
      last = await theirs.read(`${PATH}?bytes=${emptyChunk}`);
      totalMs += last.totalMs;
    }
    return { ...last, firstByteMs, totalMs, bytes: emptyChunk * chunks };
  });
  printTimes(`hub-list-${ROWS}-by-${CHUNK}-${name}`, inChunks, emptyInChunks);
  const whole = await kubectl.readChunks(PATH, CHUNK);
  const wholeEmpty = await theirs.read(`${PATH}?bytes=${Math.min(whole.bytes, 2 ** 31)}`);
  printFigure(`hub-list-all-${rows}-by-${CHUNK}-${name}`, whole.totalMs / 1000, "s", wholeEmpty.totalMs / 1000);
  ours.close();
  kubectl.close();
  theirs.close();
}

/** Reads some times over. */
export async function timesOf(read: () => Promise<Read>): Promise<ListTimes> {
  const times: ListTimes = { firstByte: [], total: [], bytes: 0 };
  for (let turn = 0; turn < WARM_UP + READS; turn += 1) {
    const { firstByteMs, totalMs, bytes } = await read();
    times.bytes = bytes;
    if (turn < WARM_UP) continue;
    times.firstByte.push(firstByteMs);
    times.total.push(totalMs);
  }
  return times;
}

export function printTimes(name: string, ours: ListTimes, theirs: ListTimes): void {
  for (const share of [0.5, 0.99]) {
    printFigure(`${name}-p${share * 100}`, percentile(ours.total, share), "ms", percentile(theirs.total, share));
  }
  printFigure(`${name}-first-byte`, percentile(ours.firstByte, 0.5), "ms", percentile(theirs.firstByte, 0.5));
  printFigure(`${name}-size`, ours.bytes / 1024, "KiB", theirs.bytes / 1024);
}
