// One run of the doctor: connects, reads, judges, and gives what is to be written.
import { buildKube } from "../../shared/kube/connection.ts";
import { inClusterSource, kubeconfigSource } from "../../shared/kube/credentials.ts";
import type { CredentialSource } from "../../shared/kube/credentials.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { buildLog } from "../../shared/runtime/log.ts";
import { RELEASE_VERSION } from "../../shared/version.ts";
import type { Arguments } from "./arguments.ts";
import { runChecks } from "./check.ts";
import type { Check, Part, Result, Scene } from "./check.ts";
import { AGENT_CHECKS } from "./checks/agent.ts";
import { CLUSTER_CHECKS } from "./checks/cluster.ts";
import { HUB_CHECKS } from "./checks/hub.ts";
import { MANAGED_CHECKS } from "./checks/managed.ts";
import { MANAGER_CHECKS } from "./checks/manager.ts";
import { buildCommands } from "./commands.ts";
import type { Reached } from "./commands.ts";
import { jsonText, summaryText, tableText } from "./print.ts";
import { readFacts } from "./read.ts";
import type { Connection } from "./read.ts";

export const EXIT = { fine: 0, failed: 1, usage: 2 } as const;

export interface Written {
  stdout: string;
  stderr: string;
  code: number;
}

/** What the process knows and the command line does not say. */
export interface Surroundings {
  /** How this program is called: words of a shell. */
  program: string;
  /** The kubeconfig to take when none is named; undefined: there is none. */
  defaultKubeconfig: string | undefined;
  /** Where a pod finds its API server. */
  pod: { host: string; port: string } | undefined;
  coloured: boolean;
}

/** The checks for a look at the hub, at a cluster too, and at it from inside too. */
export function checksFor({ cluster, seesManaged }: Pick<Scene, "cluster" | "seesManaged">): Check[] {
  return [
    ...HUB_CHECKS,
    ...MANAGER_CHECKS,
    ...(cluster === "" ? [] : [...CLUSTER_CHECKS, ...AGENT_CHECKS]),
    ...(seesManaged ? MANAGED_CHECKS : []),
  ];
}

/** Does what the command line asks for. */
export async function runDoctor(wanted: Arguments, around: Surroundings): Promise<Written> {
  const { cluster } = wanted;
  const hub: Reached = { kubeconfig: wanted.kubeconfig, context: wanted.context };
  const seesManaged = (wanted.managedKubeconfig ?? wanted.managedContext) !== undefined;
  const managed: Reached = {
    kubeconfig: wanted.managedKubeconfig ?? wanted.kubeconfig,
    context: wanted.managedContext,
  };
  const commands = buildCommands({ hub, managed, program: around.program });
  const hubConnection = await connect(hub, around, "hub");
  const managedConnection = seesManaged ? await connect(managed, around, "managed cluster") : undefined;
  const seen = await readFacts({ hub: hubConnection, managed: managedConnection, cluster });
  for (const each of [hubConnection, managedConnection]) if (each && "kube" in each) each.kube.close();
  const scene = { nowMs: systemClock.wallMs(), cluster, commands, seesManaged };
  const results = runChecks(checksFor(scene), seen, scene);
  return written(results, wanted, around);
}

function written(results: Result[], { output, cluster }: Arguments, { coloured }: Surroundings): Written {
  const titles: Record<Part, string> = {
    hub: "HUB",
    cluster: `CLUSTER ${cluster}, as the hub sees it`,
    "managed cluster": `CLUSTER ${cluster} itself`,
  };
  return {
    stdout: output === "json" ? jsonText(results) : tableText(results, titles, coloured),
    stderr: summaryText(results),
    code: results.some(({ state }) => state === "failed") ? EXIT.failed : EXIT.fine,
  };
}

async function connect(reached: Reached, around: Surroundings, name: string): Promise<Connection> {
  const source = sourceOf(reached, around);
  if (!source) return { trouble: "There is no kubeconfig: give one with --kubeconfig" };
  try {
    const { server } = await source.load();
    // The doctor tells what it sees itself: a log beside it would only repeat it.
    const log = buildLog("kruise-health-doctor", "silent");
    const userAgent = `kruise-health-doctor/${RELEASE_VERSION}`;
    return { kube: await buildKube({ source, log, userAgent, name }), url: server };
  } catch (error) {
    return { trouble: error instanceof Error ? error.message : String(error) };
  }
}

function sourceOf({ kubeconfig, context }: Reached, around: Surroundings): CredentialSource | undefined {
  const file = kubeconfig ?? around.defaultKubeconfig;
  if (file !== undefined) return kubeconfigSource(file, context);
  return around.pod && context === undefined ? inClusterSource(around.pod) : undefined;
}
