// What a verdict costs: verdicts a second for each kind and the time to condense an object, both beside JSON.parse of the
// same object, which nobody who reads it can save; and the size of the rules, beside that of the agent that carries them.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import type { BuildOptions } from "esbuild";
import { assess } from "../../shared/kruise/assess.ts";
import { observe } from "../../shared/kruise/observe.ts";
import { bundleOptions } from "../build.ts";
import { percentile, printFigure } from "./figure.ts";
import { benchObjects } from "./health-objects.ts";

/** Copies of an object, so that nothing is gained from looking at the same one again. */
const COPIES = 64;
const ROUNDS = 9;
const ROUND_MS = 20;

export async function health(): Promise<void> {
  for (const { kind, object } of benchObjects()) {
    const text = JSON.stringify(object);
    const copies = Array.from({ length: COPIES }, () => JSON.parse(text) as unknown);
    const [parse = 0, verdict = 0, condense = 0] = microseconds([
      () => copies.map(() => JSON.parse(text) as unknown),
      () => copies.map(assess),
      () => copies.map(observe),
    ]);
    const name = kind.toLowerCase();
    printFigure(`verdicts-${name}`, 1e6 / verdict, "per-second", 1e6 / parse);
    printFigure(`condense-${name}`, condense, "us", parse);
  }
  const rules = await bundleSizes({ stdin: { contents: allRules(), resolveDir: RULES, loader: "ts" } });
  const agent = await bundleSizes({ entryPoints: [bundleOptions.entryPoints.agent] });
  printFigure("health-code", rules.bytes, "bytes", agent.bytes);
  printFigure("health-code-brotli", rules.brotli, "bytes", agent.brotli);
}

/** Median time of each work for one object. The works take turns, so that all meet the same machine. */
function microseconds(works: readonly (() => unknown)[]): number[] {
  const samples = works.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round += 1) {
    works.forEach((work, index) => {
      const sample = timeOf(work);
      // The first round is for the compiler.
      if (round > 0) samples[index]?.push(sample);
    });
  }
  return samples.map((times) => percentile(times, 0.5));
}

function timeOf(work: () => unknown): number {
  const startMs = performance.now();
  let turns = 0;
  while (performance.now() - startMs < ROUND_MS) {
    work();
    turns += 1;
  }
  return ((performance.now() - startMs) * 1000) / (turns * COPIES);
}

const RULES = join(bundleOptions.absWorkingDir, "shared/health");

/** A module that takes in every file of the rules. */
function allRules(): string {
  const files = readdirSync(RULES, { recursive: true, encoding: "utf8" });
  const rules = files.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  return rules.map((file) => `export * from "./${file}";`).join("\n");
}

async function bundleSizes(entry: BuildOptions): Promise<{ bytes: number; brotli: number }> {
  const { absWorkingDir, bundle, platform, format, target } = bundleOptions;
  const options = { absWorkingDir, bundle, platform, format, target, ...entry };
  const { outputFiles } = await build({ ...options, minify: true, write: false, logLevel: "error" });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  return { bytes: code.length, brotli: brotliCompressSync(code).length };
}
