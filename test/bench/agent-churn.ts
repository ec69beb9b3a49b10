// A day of churn in minutes: as many changes as one a second makes in 24 hours, one in a hundred of them an object that goes
// for good and another that comes, as fast as the real API server takes them. What counts is the slope of the memory.
import { setTimeout as timeout } from "node:timers/promises";
import { lookAt, until } from "../e2e/harness/polling.ts";
import { startAgent, startInformer } from "./agent-stack.ts";
import type { AgentBench, AgentProcess } from "./agent-stack.ts";
import { printFigure } from "./figure.ts";
import { residentMegabytes } from "./process-figures.ts";

export const DAY_CHANGES = 86_400;
const HOUR_CHANGES = 3_600;
const WRITERS = 16;
const RENEW_EVERY = 100;
/** The share of the changes before memory is looked at: pools fill and code is compiled. */
const WARM_UP = 0.25;
const LOOK_MS = 500;
const GC_LIMIT_MS = 10_000;

/** Resident memory after so many changes. */
interface Look {
  changes: number;
  megabytes: number;
}

export async function measureChurn(bench: AgentBench, changes: number): Promise<void> {
  const agent = await startAgent(bench, { hook: true });
  const informer = await startInformer(bench);
  const startMs = performance.now();
  let done = 0;
  const churn = async (until: number): Promise<void> => {
    const write = async (): Promise<void> => {
      while (done < until) {
        done += 1;
        if (done % RENEW_EVERY === 0) await bench.cloneSets.renew(done);
        else await bench.cloneSets.change(done);
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, write));
  };
  await churn(changes * WARM_UP);
  const liveBefore = await liveMegabytes(agent);
  const looks: [Look[], Look[]] = [[], []];
  const stop = new AbortController();
  const looking = (async () => {
    while (!stop.signal.aborted) {
      for (const [index, { pid }] of [agent, informer].entries()) {
        looks[index]?.push({ changes: done, megabytes: await residentMegabytes(pid) });
      }
      await timeout(LOOK_MS);
    }
  })();
  await churn(changes);
  stop.abort();
  await looking;
  const seconds = (performance.now() - startMs) / 1000;
  const live = (await liveMegabytes(agent)) - liveBefore;
  const hours = (changes * (1 - WARM_UP)) / HOUR_CHANGES;
  const [ours, theirs] = looks.map(slopeAnHour);
  printFigure("agent-churn-rss-slope", ours ?? Number.NaN, "MB-an-hour", theirs ?? Number.NaN);
  const first = looks[0][0]?.megabytes ?? Number.NaN;
  console.log(
    `${changes} changes in ${seconds.toFixed(0)} s, ${(changes / seconds).toFixed(0)} a second, against the real API server; ` +
      `resident from ${first.toFixed(1)} to ${(looks[0].at(-1)?.megabytes ?? Number.NaN).toFixed(1)} MB after the warm-up; ` +
      `live heap ${(live / hours).toFixed(3)} MB an hour, from ${liveBefore.toFixed(1)} MB`,
  );
  await Promise.all([agent.stop(), informer.stop()]);
}

/** Least squares: megabytes for each hour's worth of changes. */
function slopeAnHour(looks: readonly Look[]): number {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(looks.map(({ changes }) => changes));
  const y = mean(looks.map(({ megabytes }) => megabytes));
  const above = looks.reduce((sum, look) => sum + (look.changes - x) * (look.megabytes - y), 0);
  const below = looks.reduce((sum, look) => sum + (look.changes - x) ** 2, 0);
  return (above / below) * HOUR_CHANGES;
}

/** What is left after a garbage collection. */
async function liveMegabytes(agent: AgentProcess): Promise<number> {
  const heaps = async () => (await agent.trace()).flatMap((line) => (line.type === "heap" ? [line.liveMegabytes] : []));
  const before = (await heaps()).length;
  process.kill(agent.pid, "SIGUSR2");
  await until("a garbage collection", async () => lookAt((await heaps()).length > before, "none yet"), {
    limitMs: GC_LIMIT_MS,
  });
  return (await heaps()).at(-1) ?? Number.NaN;
}
