// Runs one agent until its signal aborts. Several may run in one process.
import { linkedController, supervise } from "../shared/runtime/supervise.ts";
import { Agent } from "./agent.ts";
import type { AgentDeps } from "./agent.ts";
import type { AgentConfig } from "./config.ts";

/** Runs one agent. Rejects with an AggregateError when a part of it fails for good. */
export async function runAgent(config: AgentConfig, deps: AgentDeps & { signal: AbortSignal }): Promise<void> {
  const stop = linkedController(deps.signal);
  await supervise(new Agent(config, deps, stop.signal).tasks(), stop);
}
