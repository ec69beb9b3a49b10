// The command `kruise-health doctor`: its arguments, its environment, what it writes, and how it ends.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { RELEASE_VERSION } from "../../shared/version.ts";
import { UsageError, parseArguments } from "./arguments.ts";
import type { Arguments, CommandLine } from "./arguments.ts";
import { EXIT, runDoctor } from "./run.ts";
import type { Surroundings, Written } from "./run.ts";
import { helpText, usageText } from "./usage.ts";

const { env, stdout, stderr } = process;
const isNpmScript = env["npm_lifecycle_event"] === "doctor";
const program = isNpmScript ? "npm run -s doctor --" : `node ${process.argv[1] ?? "doctor.js"}`;

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

async function run(): Promise<Written> {
  try {
    return await obey(parseArguments(process.argv.slice(2)));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { stdout: "", stderr: `${error.message}\n\n${usageText(program)}\nSee --help.\n`, code: EXIT.usage };
  }
}

async function obey(line: CommandLine): Promise<Written> {
  if (line.do === "help") return { stdout: helpText(program), stderr: "", code: EXIT.fine };
  if (line.do === "version") return { stdout: `${RELEASE_VERSION}\n`, stderr: "", code: EXIT.fine };
  return runDoctor(withFiles(line.wanted), surroundings());
}

/** npm runs scripts in the package's folder; names are meant from where somebody typed them. */
function withFiles(wanted: Arguments): Arguments {
  const folder = (isNpmScript && env["INIT_CWD"]) || process.cwd();
  const named = (file: string | undefined) => (file === undefined ? undefined : resolve(folder, file));
  return { ...wanted, kubeconfig: named(wanted.kubeconfig), managedKubeconfig: named(wanted.managedKubeconfig) };
}

function surroundings(): Surroundings {
  const host = env["KUBERNETES_SERVICE_HOST"];
  return {
    program,
    defaultKubeconfig: defaultKubeconfig(),
    pod: host ? { host, port: env["KUBERNETES_SERVICE_PORT"] ?? "443" } : undefined,
    coloured: stdout.isTTY && !env["NO_COLOR"] && env["TERM"] !== "dumb",
  };
}

/** As kubectl finds it, but that several files are not put together. */
function defaultKubeconfig(): string | undefined {
  const named = (env["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  if (named.length > 1) {
    throw new UsageError("KUBECONFIG names several files, and only one can be read: name it with --kubeconfig");
  }
  const usual = join(homedir(), ".kube", "config");
  return named[0] ?? (existsSync(usual) ? usual : undefined);
}
