// Reads the agent's settings from an AddOnDeploymentConfig's customizedVariables. Pure.
// Every mistake is named at once: a hub user sees the sentence in the ManifestApplied condition.
import { AgentSettings } from "../../shared/wire/agent-settings.ts";

export type SettingsResult = { settings: AgentSettings } | { mistakes: string };

/** Checks customizedVariables against the agent's own schema; an unknown name is a mistake, not a thing to ignore. */
export function readSettings(variables: readonly { name: string; value: string }[]): SettingsResult {
  const known = Object.keys(AgentSettings.shape);
  const unknown = variables
    .filter(({ name }) => !known.includes(name))
    .map(
      ({ name, value }) => `${name} (it is ${JSON.stringify(value)}): no such setting; known are ${known.join(", ")}`,
    );
  const given = Object.fromEntries(variables.map(({ name, value }) => [name, value]));
  const result = AgentSettings.safeParse(given);
  const wrong = (result.error?.issues ?? []).map((issue) => {
    const name = issue.path.join(".");
    return `${name} (it is ${JSON.stringify(given[name])}): ${issue.message}`;
  });
  const mistakes = [...unknown, ...wrong];
  return result.success && mistakes.length === 0
    ? { settings: result.data }
    : { mistakes: `customizedVariables: ${mistakes.join("; ")}` };
}

/** The settings that differ from their defaults, as environment variables in a fixed order. */
export function settingsEnvironment(settings: AgentSettings): { name: string; value: string }[] {
  const defaults: Record<string, unknown> = AgentSettings.parse({});
  return Object.entries(settings)
    .filter(([name, value]) => value !== defaults[name])
    .toSorted(([a], [b]) => a.localeCompare(b, "en"))
    .map(([name, value]) => ({ name, value: String(value) }));
}
