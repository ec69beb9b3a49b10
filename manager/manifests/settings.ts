// Reads the agent's settings from an AddOnDeploymentConfig's customizedVariables. Pure.
// Every mistake is named at once: a hub user sees the sentence in the ManifestApplied condition.
import { AgentSettings } from "../../shared/wire/agent-settings.ts";
import type { Reading } from "./reading.ts";

/** Checks customizedVariables against the agent's own schema; an unknown name is a mistake, not a thing to ignore. */
export function readSettings(variables: readonly { name: string; value?: string }[]): Reading<AgentSettings> {
  const known = Object.keys(AgentSettings.shape);
  const unknown = variables
    .filter(({ name }) => !known.includes(name))
    .map(
      ({ name, value = "" }) =>
        `${name} (it is ${JSON.stringify(value)}): no such setting; known are ${known.join(", ")}`,
    );
  const given = Object.fromEntries(variables.map(({ name, value = "" }) => [name, value]));
  const result = AgentSettings.safeParse(given);
  const wrong = (result.error?.issues ?? []).map((issue) => {
    const name = issue.path.join(".");
    return `${name} (it is ${JSON.stringify(given[name])}): ${issue.message}`;
  });
  const mistakes = [...unknown, ...wrong];
  if (result.success && mistakes.length === 0) return { value: result.data };
  return { mistakes: mistakes.map((mistake) => `customizedVariables: ${mistake}`) };
}

/** The settings that differ from their defaults, as environment variables in a fixed order. */
export function settingsEnvironment(settings: AgentSettings): { name: string; value: string }[] {
  const defaults: Record<string, unknown> = AgentSettings.parse({});
  return Object.entries(settings)
    .filter(([name, value]) => value !== defaults[name])
    .toSorted(([a], [b]) => a.localeCompare(b, "en"))
    .map(([name, value]) => ({ name, value: literal(String(value)) }));
}

/** A value as it is to arrive: the kubelet replaces $(NAME) in what it is given, and takes $$ for one dollar. */
export function literal(value: string): string {
  return value.replaceAll("$", () => "$$");
}
