// One thread of the fuzzer: does its stretch and tells the main thread.
import { parentPort, workerData } from "node:worker_threads";
import { fuzz } from "./run.ts";
import type { Finding, Stretch } from "./run.ts";

/** What a worker says: how far it has come, or that it has ended. */
export type Told = { done: number } | { finding: Finding | undefined };

const stretch = workerData as Pick<Stretch, "objects" | "seed">;
const tell = (told: Told) => parentPort?.postMessage(told);
tell({ finding: fuzz({ ...stretch, progress: (done) => tell({ done }) }) });
