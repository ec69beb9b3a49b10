// One run of the command: reads all inputs, judges what is in them, and gives what is to be written.
import { keepMessage } from "../shared/kruise/kept-text.ts";
import type { Arguments } from "./arguments.ts";
import { decode } from "./decode.ts";
import { explanationText } from "./explanation.ts";
import { findSources, readSource } from "./inputs.ts";
import type { Source, Surroundings } from "./inputs.ts";
import { jsonText } from "./json.ts";
import { findObjects } from "./objects.ts";
import { parseDocuments } from "./parse.ts";
import { tableText } from "./table.ts";
import { InputError, troubleText } from "./trouble.ts";
import { judge, reaches, summaryText, worstFirst } from "./verdicts.ts";
import type { Judged } from "./verdicts.ts";

export const EXIT = { done: 0, unreadable: 1, usage: 2, unhealthy: 3 } as const;

export interface Result {
  stdout: string;
  stderr: string;
  code: number;
}

/** Assesses everything that the command line names. What cannot be read costs only itself. */
export async function runAssess(wanted: Arguments, around: Surroundings, coloured: boolean): Promise<Result> {
  const look: Look = { judged: [], skipped: 0, troubles: [] };
  for (const name of wanted.inputs) {
    const sources = await unlessTrouble(look, name, () => findSources(name, around));
    for (const source of sources ?? []) await unlessTrouble(look, source.file, () => readInto(look, source, around));
  }
  const all = worstFirst(look.judged);
  const lines = [...look.troubles, summaryText(all, look.skipped)];
  return {
    stdout: written(all, wanted, coloured),
    stderr: lines.map((line) => `${line}\n`).join(""),
    code: exitCode(look, wanted),
  };
}

/** What has been seen so far. */
interface Look {
  judged: Judged[];
  skipped: number;
  troubles: string[];
}

async function readInto(look: Look, source: Source, around: Surroundings): Promise<void> {
  const documents = parseDocuments(decode(await readSource(source, around)));
  const { objects, skipped } = findObjects(documents);
  // One by one: spread as arguments, a hundred thousand would not fit on the stack.
  for (const object of objects) look.judged.push(judge(source.file, object));
  look.skipped += skipped;
}

async function unlessTrouble<T>(look: Look, file: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    look.troubles.push(keepMessage(troubleText(file, error), TROUBLE_BYTES));
    return undefined;
  }
}

/** Most bytes of a line about an input: a path has up to 4096. */
const TROUBLE_BYTES = 5000;

function written(all: Judged[], { output, explain }: Arguments, coloured: boolean): string {
  if (output === "json") return jsonText(all, explain);
  return explain ? explanationText(all, coloured) : tableText(all, coloured);
}

function exitCode({ judged, troubles }: Look, { failOn }: Arguments): number {
  if (troubles.length > 0) return EXIT.unreadable;
  return failOn !== undefined && reaches(judged, failOn) ? EXIT.unhealthy : EXIT.done;
}
