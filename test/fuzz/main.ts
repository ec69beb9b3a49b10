// `npm run fuzz -- [OBJECTS] [SEED]`: passes generated objects through every stage and ends at the first fault.
// The same numbers give the same objects again, on a machine with as many cores.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Finding } from "./run.ts";
import type { Told } from "./worker.ts";

const PROGRESS_MS = 10_000;

const objects = Number(process.argv[2] ?? 10_000_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
if (!Number.isSafeInteger(objects) || objects < 1 || !Number.isSafeInteger(seed)) {
  console.error("Cannot run: wanted are a number of objects and, if it is to be repeated, the seed of a run");
  process.exit(2);
}

const threads = availableParallelism();
const startMs = performance.now();
let done = 0;

function printProgress(): void {
  const seconds = (performance.now() - startMs) / 1000;
  console.log(`${done} of ${objects} objects, ${Math.round(done / seconds)} a second`);
}

async function runThread(index: number): Promise<Finding | undefined> {
  const share = Math.floor(objects / threads) + (index < objects % threads ? 1 : 0);
  // Far apart: neighbouring seeds of two runs do not share a stretch.
  const workerData = { objects: share, seed: seed + index * 0x9e3779b1 };
  const worker = new Worker(new URL("worker.ts", import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    worker.on("error", reject);
    worker.on("message", (told: Told) => {
      if ("done" in told) done += told.done;
      else if (told.finding === undefined) resolve(undefined);
      else reportFinding(told.finding);
    });
  });
}

/** The first finding ends the run; the other threads go with the process. */
function reportFinding({ fault, input }: Finding): void {
  console.log(`finding of seed ${seed}, after about ${done} objects: the object\n${input}\n${fault}`);
  process.exit(1);
}

console.log(`seed ${seed}, ${objects} objects on ${threads} threads`);
const ticking = setInterval(printProgress, PROGRESS_MS);
await Promise.all(Array.from({ length: threads }, async (_, index) => runThread(index)));
clearInterval(ticking);
printProgress();
console.log(`${done} objects, no finding`);
