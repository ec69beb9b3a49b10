// Draws the demo's tables as text, with colour where the terminal can show it. Pure.
import type { Row, View } from "./view.ts";

export type Paint = (text: string, style: Style) => string;
export type Style = "green" | "blue" | "yellow" | "red" | "grey" | "bold" | "plain";

const CODES: Record<Style, number> = { green: 32, blue: 34, yellow: 33, red: 31, grey: 90, bold: 1, plain: 0 };
const STYLES: Record<string, Style> = {
  Healthy: "green",
  Suspended: "blue",
  Progressing: "yellow",
  Degraded: "red",
  Unknown: "grey",
  Stale: "grey",
};

/** Paints with escape codes, or not at all. */
export function buildPaint(hasColour: boolean): Paint {
  return (text, style) => (hasColour && style !== "plain" ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
}

export function styleOf(health: string): Style {
  return STYLES[health] ?? "plain";
}

const HEAD = ["CLUSTER", "WORKLOAD", "HEALTH", "REASON", "READY", "UPDATED", "SINCE"];

export function drawWorkloads(rows: readonly Row[], paint: Paint): string {
  const lines = rows.map((row) => [
    row.cluster,
    row.workload,
    row.health,
    row.reason,
    row.ready,
    row.updated,
    row.since,
  ]);
  return draw([HEAD, ...lines], (line, text) =>
    paint(text, line === 0 ? "bold" : styleOf(rows[line - 1]?.health ?? "")),
  );
}

export function drawClusters({ clusters, clusterHead }: View, paint: Paint): string {
  const lines = [clusterHead, ...clusters.map(({ cells }) => cells)];
  return draw(lines, (line, text) => paint(text, line === 0 ? "bold" : styleOf(clusters[line - 1]?.state ?? "")));
}

/** The workloads over all clusters. */
export function drawFleet({ fleet }: View, paint: Paint): string {
  const health = fleet[0]?.indexOf("HEALTH") ?? -1;
  return draw(fleet, (line, text) => paint(text, line === 0 ? "bold" : styleOf(fleet[line]?.[health] ?? "")));
}

function draw(lines: string[][], paintLine: (line: number, text: string) => string): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const texts = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("   ")
      .trimEnd(),
  );
  return texts.map((text, index) => `  ${paintLine(index, text)}`).join("\n");
}

/** Breaks a paragraph into lines of at most `width` characters. */
export function wrap(text: string, width: number): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join("\n");
}
