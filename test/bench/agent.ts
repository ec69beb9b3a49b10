// `npm run bench -- agent [PART...]`: what the agent costs and how quick it is, on the real components, each figure beside
// the baseline of the same run. Without a part: all of them, in half an hour.
import { parseArgs } from "node:util";
import { DAY_CHANGES, measureChurn } from "./agent-churn.ts";
import { measureIdle } from "./agent-idle.ts";
import { measureLatency } from "./agent-latency.ts";
import { measureEmpty, measureRest, measureStream } from "./agent-memory.ts";
import type { Empty } from "./agent-memory.ts";
import { measureOcm } from "./agent-ocm.ts";
import { withBenchStack } from "./agent-stack.ts";
import type { AgentBench } from "./agent-stack.ts";
import { measureStart } from "./agent-start.ts";

const PARTS = ["memory", "ocm", "latency", "churn", "start", "idle", "stream"] as const;
type Part = (typeof PARTS)[number];

/** How much of everything. */
const DEFAULTS = {
  few: 1_000,
  many: 10_000,
  /** Seconds of ten changes a second. */
  seconds: 60,
  /** Seconds of a hundred changes a second. */
  stream: 300,
  idle: 120,
  changes: DAY_CHANGES,
};
type Amounts = typeof DEFAULTS;

interface Step {
  parts: readonly Part[];
  /** CloneSets that it needs. */
  count: number;
  run: (bench: AgentBench) => Promise<void>;
}

/** Runs the parts that the arguments name, with `--few`, `--many`, `--seconds`, `--stream`, `--idle`, `--changes` of theirs. */
export async function agent(args: string[]): Promise<void> {
  const { parts, amounts } = readArguments(args);
  const steps = planSteps(amounts).filter((step) => step.parts.some((part) => parts.includes(part)));
  await withBenchStack(async (bench) => {
    for (const { count, run } of steps) {
      await bench.cloneSets.grow(count);
      await run(bench);
    }
  });
}

/** Objects only become more. */
function planSteps({ few, many, seconds, stream, idle, changes }: Amounts): Step[] {
  let empty: Empty = { agent: Number.NaN, informer: Number.NaN };
  const measureFirst = async (bench: AgentBench): Promise<void> => {
    empty = await measureEmpty(bench);
  };
  return [
    { parts: ["memory", "stream"], count: 0, run: measureFirst },
    { parts: ["memory"], count: few, run: async (bench) => measureRest(bench, empty) },
    { parts: ["latency"], count: few, run: async (bench) => measureLatency(bench, seconds) },
    { parts: ["ocm"], count: few, run: async (bench) => measureOcm(bench, seconds) },
    { parts: ["churn"], count: few, run: async (bench) => measureChurn(bench, changes) },
    { parts: ["start"], count: many, run: measureStart },
    { parts: ["memory"], count: many, run: async (bench) => measureRest(bench, empty) },
    { parts: ["latency"], count: many, run: async (bench) => measureLatency(bench, seconds) },
    { parts: ["idle"], count: many, run: async (bench) => measureIdle(bench, idle) },
    { parts: ["stream"], count: many, run: async (bench) => measureStream(bench, empty, stream) },
  ];
}

function readArguments(args: string[]): { parts: readonly Part[]; amounts: Amounts } {
  const options = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, { type: "string" as const }]));
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const unknown = positionals.filter((name) => !PARTS.some((part) => part === name));
  if (unknown.length > 0) throw new Error(`No part ${unknown.join(", ")}: wanted is any of ${PARTS.join(", ")}`);
  const amounts = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS) as (keyof Amounts)[]) {
    if (values[name] !== undefined) amounts[name] = Number(values[name]);
  }
  return { parts: positionals.length === 0 ? PARTS : PARTS.filter((part) => positionals.includes(part)), amounts };
}
