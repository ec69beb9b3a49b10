// A pod's status, as the API server is told it. Pure.
import type { Pod } from "./pod.ts";

export interface Terminated {
  exitCode: number;
  signal: number;
  reason: "Completed" | "Error";
  startedAt: string;
  finishedAt: string;
}

/** What a container is doing, as its runner knows it. */
export interface ContainerView {
  name: string;
  image: string;
  state:
    | { kind: "waiting"; reason: string; message: string }
    | { kind: "running"; startedAt: string }
    | ({ kind: "terminated" } & Terminated);
  lastTerminated: Terminated | undefined;
  restarts: number;
  started: boolean;
  ready: boolean;
  /** Changes with every process. */
  containerId: string;
}

export interface StatusInput {
  pod: Pod;
  podIP: string;
  startTime: string;
  containers: ContainerView[];
  /** When each condition last changed, by type and status; kept by the caller from one status to the next. */
  since: Map<string, { status: string; at: string }>;
  now: string;
}

/** Gives the status to patch. PodScheduled is the scheduler's and left out: the patch merges conditions by type. */
export function planStatus(input: StatusInput): Record<string, unknown> {
  const { pod, podIP, startTime, containers } = input;
  const ready = containers.length > 0 && containers.every((container) => container.ready);
  const unready = containers.filter((container) => !container.ready).map(({ name }) => name);
  const notReady = { reason: "ContainersNotReady", message: `containers with unready status: [${unready.join(" ")}]` };
  return {
    phase: phaseOf(pod, containers),
    hostIP: "127.0.0.1",
    hostIPs: [{ ip: "127.0.0.1" }],
    podIP,
    // A kubelet that was started anew gives a new address, which must not be merged with the former one.
    podIPs: [{ ip: podIP }, { $patch: "replace" }],
    startTime,
    conditions: [
      condition(input, "PodReadyToStartContainers", true),
      condition(input, "Initialized", true),
      { ...condition(input, "ContainersReady", ready), ...(ready ? {} : notReady) },
      { ...condition(input, "Ready", ready), ...(ready ? {} : notReady) },
    ],
    containerStatuses: containers.map(containerStatus),
  };
}

function phaseOf({ spec }: Pod, containers: ContainerView[]): string {
  const ended = containers.flatMap(({ state }) => (state.kind === "terminated" ? [state.exitCode] : []));
  if (ended.length === containers.length && spec.restartPolicy !== "Always") {
    return ended.every((code) => code === 0) ? "Succeeded" : "Failed";
  }
  const began = ({ state, restarts }: ContainerView): boolean => state.kind !== "waiting" || restarts > 0;
  return containers.every(began) ? "Running" : "Pending";
}

function condition({ since, now }: StatusInput, type: string, isTrue: boolean): Record<string, unknown> {
  const status = isTrue ? "True" : "False";
  const known = since.get(type);
  const at = known?.status === status ? known.at : now;
  since.set(type, { status, at });
  return { type, status, lastTransitionTime: at, reason: null, message: null };
}

function containerStatus(view: ContainerView): Record<string, unknown> {
  const { name, image, state, lastTerminated, restarts, started, ready, containerId } = view;
  return {
    name,
    image,
    imageID: `process://${image}`,
    ready,
    started,
    restartCount: restarts,
    ...(containerId === "" ? {} : { containerID: `process://${containerId}` }),
    state: { [state.kind]: fields(state) },
    lastState: lastTerminated === undefined ? {} : { terminated: lastTerminated },
  };
}

function fields({ kind: _kind, ...rest }: ContainerView["state"]): Record<string, unknown> {
  return rest;
}
