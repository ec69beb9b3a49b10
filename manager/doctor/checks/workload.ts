// How a Deployment of ours and its pods are judged, on the hub and on a managed cluster alike.
import type { V1ContainerStatus, V1Deployment, V1Pod } from "@kubernetes/client-node";
import type { Finding } from "../check.ts";
import type { Command } from "../commands.ts";

export interface DeploymentLook {
  deployment: V1Deployment;
  pods: readonly V1Pod[];
  kubectl: Command;
  /** How many pods to propose when the Deployment wants none. */
  replicas: number;
}

/** Says whether a Deployment runs; if not, what its pods suffer from. */
export function judgeDeployment(look: DeploymentLook): Finding {
  const { deployment, kubectl, replicas } = look;
  const { namespace, target, title, wanted } = describe(deployment);
  if (wanted > 0) return judgePods(look);
  const next = kubectl("-n", namespace, "scale", target, `--replicas=${replicas}`);
  return { state: "failed", saw: `${title} is scaled to 0: nothing runs`, next };
}

function judgePods({ deployment, pods, kubectl }: DeploymentLook): Finding {
  const { namespace, target, title, wanted, ready, image } = describe(deployment);
  const trouble = pods.map(podTrouble).find((each) => each !== undefined);
  const saw = `${title}: ${ready} of ${wanted} pods are ready`;
  if (ready >= wanted && !trouble) return { state: "ok", saw: `${saw}, image ${image}` };
  const state = ready > 0 ? "warning" : "failed";
  if (trouble) return { state, saw: `${saw}; ${trouble.saw}`, next: kubectl("-n", namespace, ...trouble.look) };
  return { state, saw: `${saw}${refusal(deployment)}`, next: kubectl("-n", namespace, "describe", target) };
}

function describe({ metadata, spec, status }: V1Deployment) {
  const { name = "", namespace = "" } = metadata ?? {};
  return {
    namespace,
    target: `deployment/${name}`,
    title: `Deployment ${namespace}/${name}`,
    wanted: spec?.replicas ?? 1,
    ready: status?.readyReplicas ?? 0,
    image: spec?.template.spec?.containers[0]?.image ?? "unknown",
  };
}

interface PodTrouble {
  saw: string;
  /** Arguments of kubectl. */
  look: string[];
}

/** What keeps a pod from running; undefined when nothing does. */
function podTrouble({ metadata, status }: V1Pod): PodTrouble | undefined {
  const name = metadata?.name ?? "";
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False") {
    return {
      saw: `pod ${name} has no node: ${scheduled.message ?? "no reason given"}`,
      look: ["describe", `pod/${name}`],
    };
  }
  const containers = status?.containerStatuses ?? [];
  return containers.map((container) => containerTrouble(name, container)).find((each) => each !== undefined);
}

function containerTrouble(
  pod: string,
  { name, ready, state, restartCount }: V1ContainerStatus,
): PodTrouble | undefined {
  const waiting = state?.waiting;
  if (waiting?.reason === "CrashLoopBackOff" || (state?.terminated && restartCount > 0)) {
    const saw = `container ${name} of pod ${pod} crashes: ${restartCount} restarts`;
    return { saw, look: ["logs", `pod/${pod}`, "-c", name, "--previous", "--tail=50"] };
  }
  if (waiting)
    return {
      saw: `container ${name} of pod ${pod} waits: ${text(waiting.reason, waiting.message)}`,
      look: ["describe", `pod/${pod}`],
    };
  if (state?.terminated) {
    const { exitCode, reason } = state.terminated;
    const saw = `container ${name} of pod ${pod} has ended with code ${exitCode} (${reason ?? "no reason given"})`;
    return { saw, look: ["logs", `pod/${pod}`, "-c", name, "--tail=50"] };
  }
  if (ready) return undefined;
  return { saw: `container ${name} of pod ${pod} is not ready`, look: ["logs", `pod/${pod}`, "-c", name, "--tail=50"] };
}

/** Why no pod can be created, in the words of the Deployment controller. */
function refusal({ status }: V1Deployment): string {
  const failure = status?.conditions?.find(({ type, status: value }) => type === "ReplicaFailure" && value === "True");
  return failure === undefined ? "" : `; no pod can be created: ${text(failure.reason, failure.message)}`;
}

function text(reason: string | undefined, message: string | undefined): string {
  return [reason, message].filter(Boolean).join(": ") || "no reason given";
}
