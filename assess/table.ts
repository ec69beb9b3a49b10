// The table of verdicts, its columns aligned.
import { styleText } from "node:util";
import type { Health } from "../shared/health/verdict.ts";
import { readyText, updatedText } from "../shared/kruise/columns.ts";
import type { Judged } from "./verdicts.ts";

const HEADS = ["KIND", "NAMESPACE", "NAME", "HEALTH", "REASON", "READY", "UPDATED", "MESSAGE"];
const HEALTH_COLUMN = HEADS.indexOf("HEALTH");
const GAP = "   ";

/** Writes the table, one line an object; nothing at all when there is none. */
export function tableText(all: readonly Judged[], coloured: boolean): string {
  if (all.length === 0) return "";
  const rows = [HEADS, ...all.map(cellsOf)];
  const widths = HEADS.map((_, column) => rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0));
  const healths = [undefined, ...all.map(({ verdict }) => verdict.health)];
  return rows
    .map((row, index) => {
      const cells = row.map((cell, column) => {
        const health = column === HEALTH_COLUMN && coloured ? healths[index] : undefined;
        const padded = cell.padEnd(widths[column] ?? 0);
        return health === undefined ? padded : colour(padded, health);
      });
      return `${cells.join(GAP).trimEnd()}\n`;
    })
    .join("");
}

function cellsOf({ kind, namespace, name, verdict, counts }: Judged): string[] {
  const columns = { k: kind, c: counts };
  return [
    kind,
    namespace || "-",
    name || "-",
    verdict.health,
    verdict.reason,
    readyText(columns),
    updatedText(columns),
    verdict.message,
  ];
}

const COLOURS = {
  Degraded: "red",
  Unknown: "magenta",
  Progressing: "cyan",
  Suspended: "yellow",
  Healthy: "green",
} as const satisfies Record<Health, string>;

/** Colours a text by a health. Whether colours are wanted is the caller's business. */
export function colour(text: string, health: Health): string {
  return styleText(COLOURS[health], text, { validateStream: false });
}
