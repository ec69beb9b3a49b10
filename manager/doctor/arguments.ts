// Reads the command line. What is wrong with it is answered with a sentence, never with a guess.
import { parseArgs } from "node:util";

export interface Arguments {
  /** "": the hub alone. */
  cluster: string;
  kubeconfig: string | undefined;
  context: string | undefined;
  managedKubeconfig: string | undefined;
  managedContext: string | undefined;
  output: "table" | "json";
}

export type CommandLine = { do: "help" } | { do: "version" } | { do: "check"; wanted: Arguments };

/** A command line that asks for something that there is not. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const OPTIONS = {
  cluster: { type: "string" },
  kubeconfig: { type: "string" },
  context: { type: "string" },
  "managed-kubeconfig": { type: "string" },
  "managed-context": { type: "string" },
  output: { type: "string", short: "o" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
} as const;

/** Names of namespaces, which those of managed clusters are. */
const CLUSTER_NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/**
 * Parses the arguments after the command's name.
 * @throws UsageError
 */
export function parseArguments(argv: readonly string[]): CommandLine {
  const values = parseStrictly(argv);
  if (values.help === true) return { do: "help" };
  if (values.version === true) return { do: "version" };
  const { cluster = "", kubeconfig, context, output = "table" } = values;
  const { "managed-kubeconfig": managedKubeconfig, "managed-context": managedContext } = values;
  if (values.cluster !== undefined && !CLUSTER_NAME.test(cluster)) {
    throw new UsageError(`There is no cluster '${cluster}': a name of lower-case letters, digits and - is wanted`);
  }
  if (cluster === "" && (managedKubeconfig ?? managedContext) !== undefined) {
    throw new UsageError("--managed-kubeconfig and --managed-context want --cluster: whose are they?");
  }
  if (output !== "table" && output !== "json") {
    throw new UsageError(`There is no output '${output}': table or json is wanted`);
  }
  return { do: "check", wanted: { cluster, kubeconfig, context, managedKubeconfig, managedContext, output } };
}

function parseStrictly(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: false, strict: true }).values;
  } catch (error) {
    // Node's sentence says which option and what is wrong with it; what follows is advice on shells.
    const sentence = error instanceof Error ? error.message : String(error);
    throw new UsageError(sentence.split(/\.\s/)[0] ?? sentence, { cause: error });
  }
}
