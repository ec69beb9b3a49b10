// `npm run bench -- hub [PART...]`: what one manager of a whole fleet costs and how quick it is, with simulated agents over
// real TLS; and, on the real components, how soon a change shows in kubectl. Without a part: all of them.
import { parseArgs } from "node:util";
import { measureCarry } from "./hub-carry.ts";
import { measureConfigMaps } from "./hub-configmaps.ts";
import { measureFresh } from "./hub-fresh.ts";
import { measureGrowth } from "./hub-growth.ts";

/** `idle`, `watches` and `lists` are parts of `carry`, which is all three. */
const PARTS = ["carry", "idle", "watches", "lists", "growth", "configmaps", "fresh"];
const OF_CARRY = ["idle", "watches", "lists"];

/** How much of everything. */
const DEFAULTS = {
  clusters: 10_000,
  /** On each of them. */
  workloads: 100,
  /** From kube-apiserver's aggregator, which keeps 25 idle ones: three kube-apiservers. */
  connections: 75,
  /** The manager pod's limit, in MB. */
  memory: 1024,
  seconds: 60,
  /** Changes. */
  perSecond: 1_000,
  some: 100,
  watchers: 1_000,
  /** Agents beside the real one. */
  simulated: 10_000,
};
export type Amounts = typeof DEFAULTS & { flags: readonly string[] };

/** Runs the parts that the arguments name, with amounts of theirs (`--clusters 1000`) and `--flag` for the manager's node. */
export async function hub(args: string[]): Promise<void> {
  const { parts, amounts } = readArguments(args);
  const ofCarry = parts.includes("carry") ? OF_CARRY : OF_CARRY.filter((part) => parts.includes(part));
  if (ofCarry.length > 0) await measureCarry(amounts, ofCarry);
  if (parts.includes("growth")) await measureGrowth(amounts);
  if (parts.includes("configmaps")) await measureConfigMaps(amounts);
  if (parts.includes("fresh")) await measureFresh(amounts);
}

function readArguments(args: string[]): { parts: readonly string[]; amounts: Amounts } {
  const numbers = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, { type: "string" as const }]));
  const flag = { type: "string" as const, multiple: true as const };
  const { values, positionals } = parseArgs({ args, options: { ...numbers, flag }, allowPositionals: true });
  const unknown = positionals.filter((name) => !PARTS.includes(name));
  if (unknown.length > 0) throw new Error(`No part ${unknown.join(", ")}: wanted is any of ${PARTS.join(", ")}`);
  const amounts = { ...DEFAULTS, flags: values.flag ?? [] };
  for (const name of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    const given = (values as Record<string, unknown>)[name];
    if (given !== undefined) amounts[name] = Number(given);
  }
  return { parts: positionals.length === 0 ? PARTS : positionals, amounts };
}
