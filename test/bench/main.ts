// `npm run bench -- NAME [ARGUMENTS]`: measures one thing, on real components or (health) on code alone, beside a baseline of the same run.
// Prints one line a figure: `figure NAME VALUE UNIT baseline VALUE ratio R`.
import { agent } from "./agent.ts";
import { enable } from "./enable.ts";
import { freshness } from "./freshness.ts";
import { health } from "./health.ts";
import { hub } from "./hub.ts";
import { hubMemory } from "./hub-memory.ts";
import { page } from "./page.ts";
import { metrics } from "./metrics.ts";

const BENCHES: Record<string, (args: string[]) => Promise<void>> = {
  agent,
  enable,
  freshness,
  health,
  hub,
  "hub-memory": hubMemory,
  page,
  metrics,
};

const name = process.argv[2] ?? "";
const bench = BENCHES[name];
if (bench === undefined) {
  console.error(`Cannot run "${name}": wanted is one of ${Object.keys(BENCHES).join(", ")}`);
  process.exit(2);
}
try {
  await bench(process.argv.slice(3));
  process.exit(0);
} catch (error) {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) console.error(cause.message);
  process.exit(1);
}
