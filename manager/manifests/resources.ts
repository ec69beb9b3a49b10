// CPU and memory of the agent's container, by an AddOnDeploymentConfig's resourceRequirements. Pure.
// OCM's rules: an entry names its containers as TYPE:NAME:CONTAINER, a part `*` stands for anything, other parts are
// regular expressions, all is anchored, and the last entry that matches replaces the defaults as a whole.
import type { V1ResourceRequirements } from "@kubernetes/client-node";
import type { ContainerResources } from "../ocm/types.ts";
import type { Reading } from "./reading.ts";

const DEFAULTS: V1ResourceRequirements = { requests: { cpu: "20m", memory: "96Mi" }, limits: { memory: "256Mi" } };

/** The resources of one container; mistakes are named whether or not the entry matches it. */
export function readResources(
  requirements: readonly ContainerResources[] | undefined,
  container: string,
): Reading<V1ResourceRequirements> {
  const entries = (requirements ?? []).map((entry) => ({ ...entry, pattern: containerPattern(entry.containerID) }));
  const mistakes = entries.flatMap(({ containerID, pattern, resources }) => [
    ...(pattern ? [] : [`resourceRequirements (containerID is "${containerID}"): ${WANTED}`]),
    ...(resources.claims?.length
      ? [
          `resourceRequirements (containerID is "${containerID}"): claims are not supported; wanted are requests, limits`,
        ]
      : []),
  ]);
  if (mistakes.length > 0) return { mistakes };
  const chosen = entries.findLast(({ pattern }) => pattern?.test(container));
  return { value: chosen ? toResources(chosen.resources) : DEFAULTS };
}

const WANTED = 'wanted is TYPE:NAME:CONTAINER, each part "*" or a regular expression';

function containerPattern(containerID: string): RegExp | undefined {
  const parts = containerID.split(":");
  if (parts.length !== 3) return undefined;
  try {
    return new RegExp(`^${parts.map((part) => (part === "*" ? ".+" : part)).join(":")}$`);
  } catch {
    return undefined;
  }
}

// A quantity may be stored as a number; a Deployment keeps it as text, and the work has to hold what is compared.
function toResources({ requests, limits }: ContainerResources["resources"]): V1ResourceRequirements {
  return { ...(requests && { requests: toText(requests) }), ...(limits && { limits: toText(limits) }) };
}

function toText(quantities: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(quantities).map(([name, quantity]) => [name, String(quantity)]));
}
