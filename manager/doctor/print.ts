// What the doctor writes: a table for people, an array for programs.
import { styleText } from "node:util";
import { keepMessage } from "../../shared/kruise/kept-text.ts";
import type { Part, Result, State } from "./check.ts";

const GAP = "   ";
const STATE_WIDTH = "skipped".length;
/** Messages of other programs go in: a long one would drown the rest. */
const SAW_BYTES = 600;

const COLOURS = { ok: "green", warning: "yellow", failed: "red", skipped: "gray" } as const satisfies Record<
  State,
  string
>;

/** Writes the table: the checks of each part under its title, what to type next below what needs it. */
export function tableText(
  results: readonly Result[],
  titles: Readonly<Record<Part, string>>,
  coloured: boolean,
): string {
  const width = Math.max(0, ...results.map(({ check }) => check.length));
  const indent = " ".repeat(STATE_WIDTH + GAP.length + width + GAP.length);
  const parts = Object.entries(Object.groupBy(results, ({ part }) => part)) as [Part, Result[]][];
  return parts
    .map(([part, group]) => {
      const lines = group.flatMap(({ check, state, saw, next }) => {
        const word = state.padEnd(STATE_WIDTH);
        const cells = [coloured ? paint(word, state) : word, check.padEnd(width), keepMessage(saw, SAW_BYTES)];
        return [cells.join(GAP).trimEnd(), ...(next === null ? [] : [`${indent}next: ${next}`])];
      });
      return [titles[part], ...lines].map((line) => `${line}\n`).join("");
    })
    .join("\n");
}

function paint(word: string, state: State): string {
  return styleText(COLOURS[state], word, { validateStream: false });
}

/** Writes an array with one element a check, in the order of the table. */
export function jsonText(results: readonly Result[]): string {
  const elements = results.map(({ check, state, saw, next }) => ({
    check,
    state,
    saw: keepMessage(saw, SAW_BYTES),
    next,
  }));
  return `${JSON.stringify(elements, null, 2)}\n`;
}

/** One line: how many checks came out how, and what is the first thing to do. */
export function summaryText(results: readonly Result[]): string {
  const states: State[] = ["ok", "warning", "failed", "skipped"];
  const counts = states.flatMap((state) => {
    const count = results.filter((result) => result.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  const first = results.find(({ state }) => state === "failed");
  const advice = first === undefined ? "" : `; begin with "${first.check}"`;
  return `${results.length} ${results.length === 1 ? "check" : "checks"}: ${counts.join(", ")}${advice}\n`;
}
