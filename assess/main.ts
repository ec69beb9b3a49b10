// The command `npm run -s assess`: its arguments, its environment, what it writes, and how it ends.
import { createReadStream, fstatSync } from "node:fs";
import { resolve } from "node:path";
import { RELEASE_VERSION } from "../shared/version.ts";
import { UsageError, parseArguments } from "./arguments.ts";
import type { CommandLine } from "./arguments.ts";
import { STDIN } from "./inputs.ts";
import { EXIT, runAssess } from "./run.ts";
import type { Result } from "./run.ts";
import { HELP, USAGE } from "./usage.ts";

const { env, stdin, stdout, stderr } = process;

// A reader that has seen enough, as `head` has, is no error.
for (const stream of [stdout, stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

const result = await run();
process.exitCode = result.code;
stdout.write(result.stdout);
// Last, so that a terminal shows the summary below the table.
stderr.write(result.stderr);

async function run(): Promise<Result> {
  try {
    return await obey(parseArguments(process.argv.slice(2)));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { stdout: "", stderr: `${error.message}\n\n${USAGE}\nSee --help.\n`, code: EXIT.usage };
  }
}

async function obey(line: CommandLine): Promise<Result> {
  if (line.do === "help") return { stdout: HELP, stderr: "", code: EXIT.done };
  if (line.do === "version") return { stdout: `${RELEASE_VERSION}\n`, stderr: "", code: EXIT.done };
  const { wanted } = line;
  if (wanted.inputs.length === 0 && stdin.isTTY)
    throw new UsageError("Nothing to read: a file, a folder, or the output of kubectl through a pipe is wanted");
  const inputs = wanted.inputs.length === 0 ? [STDIN] : wanted.inputs;
  const around = { stdin: standardInput(), resolve: (name: string) => resolve(folder(), name) };
  return runAssess({ ...wanted, inputs }, around, isColoured());
}

/** A folder as the standard input is an empty stream to Node; read as a file it is the mistake that it is. */
function standardInput(): AsyncIterable<Uint8Array> {
  return fstatSync(stdin.fd).isDirectory() ? createReadStream("", { fd: stdin.fd }) : stdin;
}

/** npm runs scripts in the package's folder; names are meant from where somebody typed them. */
function folder(): string {
  return (env["npm_lifecycle_event"] === "assess" && env["INIT_CWD"]) || process.cwd();
}

function isColoured(): boolean {
  return stdout.isTTY && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}
