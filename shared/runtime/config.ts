// Reads a configuration once, at start, against a schema; says all its mistakes at once.
import type { z } from "zod";

/** A configuration that cannot be used. The message lists every mistake, one a line. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Parses environment-like input. An empty string counts as not set.
 * @throws ConfigError naming every setting that is wrong, its value and what is wanted.
 */
export function parseConfig<S extends z.ZodType>(schema: S, input: Record<string, string | undefined>): z.infer<S> {
  const present = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined && value !== ""));
  const result = schema.safeParse(present);
  if (result.success) return Object.freeze(result.data) as z.infer<S>;
  const lines = result.error.issues.map((issue) => {
    const name = issue.path.join(".") || "settings";
    if (!(name in present))
      return `  ${name}: ${issue.code === "invalid_type" ? "is required and not set" : issue.message}`;
    return `  ${name}: ${issue.message} (it is ${JSON.stringify(shown(present[name]))})`;
  });
  throw new ConfigError(`Cannot start with this configuration:\n${lines.join("\n")}`);
}

/** A URL may hold a password: everything before its last "@" stays out of messages. Of a file's text only the length shows. */
function shown(value: string | undefined): string | undefined {
  const lines = value?.trim().split("\n").length ?? 0;
  if (lines > 1) return `${lines} lines`;
  return value?.replace(/^([a-z][-+.a-z0-9]*:\/\/)?.*@/is, "$1***@");
}

/** Where the API server is: a kubeconfig file, or what a kubelet says in a pod. */
interface Whereabouts {
  KUBECONFIG?: string | undefined;
  KUBERNETES_SERVICE_HOST?: string | undefined;
}

/** A rule of every process here: it must know how to reach its API server. For `refine`, with NOT_REACHABLE. */
export function isReachable({ KUBECONFIG, KUBERNETES_SERVICE_HOST }: Whereabouts): boolean {
  return KUBECONFIG !== undefined || KUBERNETES_SERVICE_HOST !== undefined;
}

export const NOT_REACHABLE = {
  path: ["KUBECONFIG"],
  message: "is wanted outside of a pod",
  // Told beside the mistakes of other settings.
  when: () => true,
};
