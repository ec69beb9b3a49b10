// Reads the command line. What is wrong with it is answered with a sentence, never with a guess.
import { parseArgs } from "node:util";
import { HEALTHS } from "../shared/health/verdict.ts";
import type { Health } from "../shared/health/verdict.ts";

export interface Arguments {
  /** Files, folders and "-" for stdin, as they were written. */
  inputs: string[];
  output: "table" | "json";
  explain: boolean;
  /** The mildest health that makes the command fail. */
  failOn: Health | undefined;
}

export type CommandLine = { do: "help" } | { do: "version" } | { do: "assess"; wanted: Arguments };

/** A command line that asks for something that there is not. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const OPTIONS = {
  output: { type: "string", short: "o" },
  explain: { type: "boolean" },
  "fail-on": { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
} as const;

/**
 * Parses the arguments after the command's name.
 * @throws UsageError
 */
export function parseArguments(argv: readonly string[]): CommandLine {
  const { values, positionals } = parseStrictly(argv);
  if (values.help === true) return { do: "help" };
  if (values.version === true) return { do: "version" };
  return {
    do: "assess",
    wanted: {
      inputs: [...new Set(positionals)],
      output: outputOf(values.output ?? "table"),
      explain: values.explain ?? false,
      failOn: values["fail-on"] === undefined ? undefined : healthOf(values["fail-on"]),
    },
  };
}

function parseStrictly(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    // Node's sentence says which option and what is wrong with it; what follows is advice on shells.
    const sentence = error instanceof Error ? error.message : String(error);
    throw new UsageError(sentence.split(/\.\s/)[0] ?? sentence, { cause: error });
  }
}

function outputOf(written: string): Arguments["output"] {
  if (written === "table" || written === "json") return written;
  throw new UsageError(`There is no output '${written}': table or json is wanted`);
}

function healthOf(written: string): Health {
  const health = HEALTHS.find((known) => known.toLowerCase() === written.toLowerCase());
  if (health !== undefined) return health;
  throw new UsageError(`There is no health '${written}': one of ${HEALTHS.join(", ")} is wanted`);
}
