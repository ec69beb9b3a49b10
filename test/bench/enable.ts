// `npm run bench -- enable [hub] [fleet]`: what it takes to give clusters the add-on, beside the same done by hand, and what
// the manager asks of the hub when nothing happens.
import { parseArgs } from "node:util";
import { measureFleet } from "./enable-fleet.ts";
import { measureHub } from "./enable-hub.ts";

const PARTS = ["hub", "fleet"];

/** Runs the parts that the arguments name, with `--rounds`, `--idle` (seconds) and `--clusters` of theirs. */
export async function enable(args: string[]): Promise<void> {
  const options = {
    rounds: { type: "string", default: "5" },
    idle: { type: "string", default: "120" },
    clusters: { type: "string", default: "1000" },
  } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const unknown = positionals.filter((name) => !PARTS.includes(name));
  if (unknown.length > 0) throw new Error(`No part ${unknown.join(", ")}: wanted is any of ${PARTS.join(", ")}`);
  const isWanted = (part: string): boolean => positionals.length === 0 || positionals.includes(part);
  if (isWanted("hub")) await measureHub(Number(values.rounds), Number(values.idle));
  if (isWanted("fleet")) await measureFleet(Number(values.clusters));
}
