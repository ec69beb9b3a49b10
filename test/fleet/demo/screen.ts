// Two ways to show the story: a screen that is redrawn, for a terminal, and lines that follow each other, for anything else.
import type { Paint } from "./drawing.ts";
import { drawClusters, drawFleet, drawWorkloads, styleOf, wrap } from "./drawing.ts";
import type { Step } from "./story.ts";
import type { View } from "./view.ts";

export interface Screen {
  /** A step begins. */
  begin(title: string, step: Pick<Step, "text" | "commands">): void;
  /** A newer view, several times a second. */
  show(view: View): void;
  /** The step is over. */
  end(view: View): void;
}

const WIDTH = 110;

interface Output {
  write: (text: string) => void;
  paint: Paint;
  /** First lines of the screen: how to look for oneself. */
  banner: string;
}

/** Redraws one screen. */
export function liveScreen({ write, paint, banner }: Output): Screen {
  let header = "";
  const show = (view: View): void => {
    const body = drawAll(view, paint);
    const lines = `${banner}\n${header}\n${body}\n  Ctrl-C ends the demo.`.split("\n");
    // Home, each line cleared to its end, the rest of the screen cleared: no flicker.
    write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join("\n")}\u001b[J`);
  };
  return {
    begin: (title, step) => {
      header = describe(title, step, paint);
    },
    show,
    end: show,
  };
}

/** Prints each step, each change of a verdict as it comes, and the tables at the end of the step. */
export function plainScreen({ write, paint, banner }: Output): Screen {
  const startMs = Date.now();
  const verdicts = new Map<string, string>();
  let isFirst = true;
  const show = ({ rows }: View): void => {
    for (const row of rows) {
      const key = `${row.cluster} ${row.workload}`;
      const verdict = `${row.health}/${row.reason}`;
      if (verdicts.get(key) === verdict) continue;
      verdicts.set(key, verdict);
      const time = `${((Date.now() - startMs) / 1000).toFixed(1)}s`.padStart(7);
      write(`${time}  ${row.cluster.padEnd(8)}${row.workload.padEnd(32)}${paint(verdict, styleOf(row.health))}\n`);
    }
  };
  return {
    begin: (title, step) => {
      if (isFirst) write(`${banner}\n`);
      isFirst = false;
      write(`\n${describe(title, step, paint)}\n`);
    },
    show,
    end: (view) => {
      show(view);
      write(`\n${drawAll(view, paint)}`);
    },
  };
}

function drawAll(view: View, paint: Paint): string {
  return `${drawWorkloads(view.rows, paint)}\n\n${drawFleet(view, paint)}\n\n${drawClusters(view, paint)}\n`;
}

function describe(title: string, { text, commands }: Pick<Step, "text" | "commands">, paint: Paint): string {
  const shown = commands.map((command) => `  $ ${command}`).join("\n");
  return `${paint(title, "bold")}\n${wrap(text, WIDTH)}\n${paint(shown, "blue")}\n`;
}
