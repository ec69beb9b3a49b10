// docs/settings.md: every setting, as the schemas have them.
import * as z from "zod";
import { AgentConfig } from "../../agent/config.ts";
import { ManagerConfig } from "../../manager/config.ts";
import { AgentSettings } from "../../shared/wire/agent-settings.ts";

interface Property {
  type?: string;
  enum?: string[];
  default?: string | number | boolean;
  description?: string;
}

/** Every setting of manager and agent. */
export function settingsPage(): string {
  return [
    "# Settings",
    "",
    "Written from the schemas in `manager/config.ts`, `agent/config.ts` and `shared/wire/agent-settings.ts` by `npm run gen`.",
    "A setting that is wrong stops the start; all mistakes are listed at once.",
    "",
    "## Of every agent, through an AddOnDeploymentConfig",
    "",
    "Name them in `spec.customizedVariables`; the manager checks them before it changes any agent.",
    "",
    ...table(AgentSettings),
    "",
    "## The agent's environment",
    "",
    "Set by the manager in the agent's Deployment.",
    "",
    ...table(AgentConfig, new Set(Object.keys(AgentSettings.shape))),
    "",
    "## The manager's environment",
    "",
    "Set by the chart; see `charts/kruise-health/values.yaml`.",
    "",
    ...table(ManagerConfig),
    "",
  ].join("\n");
}

function table(schema: z.ZodType, leaveOut = new Set<string>()): string[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as {
    properties?: Record<string, Property>;
    required?: string[];
  };
  const output = z.toJSONSchema(schema, { io: "output", unrepresentable: "any" }) as {
    properties?: Record<string, Property>;
  };
  const rows = Object.entries(properties)
    .filter(([name]) => !leaveOut.has(name))
    .map(([name, input]) => {
      const kind = (output.properties?.[name] ?? input).enum?.join(", ") ?? output.properties?.[name]?.type ?? "string";
      const given = input.default === undefined ? "" : String(input.default);
      const fallback = given === "" ? (required.includes(name) ? "required" : "") : `\`${given}\``;
      return `| \`${name}\` | ${kind} | ${fallback} | ${input.description ?? ""} |`;
    });
  return ["| name | type | default | meaning |", "|---|---|---|---|", ...rows];
}
