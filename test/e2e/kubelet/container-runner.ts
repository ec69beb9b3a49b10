// Runs one container: its process, its probes, its restarts with growing pauses.
import { EventEmitter, once } from "node:events";
import { closeSync, openSync } from "node:fs";
import type { ChildProcess } from "node:child_process";
import { rfc3339Seconds } from "../../../shared/runtime/clock.ts";
import { sleep } from "../../../shared/runtime/sleep.ts";
import { NotReadyError } from "./material.ts";
import type { Container, Pod, Probe } from "./pod.ts";
import { askHttp, probePort, verdicts } from "./probe.ts";
import type { ProbeVerdict } from "./probe.ts";
import { startSandbox } from "./sandbox.ts";
import type { Sandbox } from "./sandbox.ts";
import type { ContainerView, Terminated } from "./status.ts";

export interface ContainerOptions {
  pod: Pod;
  container: Container;
  podIP: string;
  logFile: string;
  /** Prepares the next start. @throws NotReadyError when something is missing; then it is tried again. */
  prepare: () => Promise<Sandbox>;
  /** Told after each change of the view. */
  onChange: (view: ContainerView) => void;
  /** Pause after the second failure; doubled by each further one. Kubelets take 10 s and 300 s. */
  restartBaseMs: number;
  restartMaxMs: number;
}

export interface RunningContainer {
  view(): ContainerView;
  /** Ends the process at once, as a crash does. */
  kill(): void;
  /** Ends the process at once and does not start it again before `hold(false)`. */
  hold(isHeld: boolean): void;
  /** Asks the process to end, ends it after the grace period, and restarts it no more. */
  stop(graceMs: number): Promise<void>;
}

/** How long a process must have run for its failures to be forgotten. */
const FORGET_AFTER_MS = 600_000;
const PREPARE_RETRY_MS = 500;
const EXIT_BY_SIGNAL = 128;

/** Starts a container and keeps it running as its pod's restartPolicy says. */
export function runContainer(options: ContainerOptions): RunningContainer {
  const { pod, container, onChange } = options;
  const stopping = new AbortController();
  const gate = buildGate();
  let child: ChildProcess | undefined;
  let view: ContainerView = {
    name: container.name,
    image: container.image,
    restarts: 0,
    started: false,
    ready: false,
    containerId: "",
    state: { kind: "waiting", reason: "ContainerCreating", message: "" },
    lastTerminated: undefined,
  };
  const set = (change: Partial<ContainerView>): void => {
    view = { ...view, ...change };
    onChange(view);
  };

  const attempt = async (): Promise<Terminated> => {
    await gate.passed(stopping.signal);
    const sandbox = await prepared(options, stopping.signal, (reason, message) => {
      set({ state: { kind: "waiting", reason, message } });
    });
    const startedAt = rfc3339Seconds(Date.now());
    const log = openSync(options.logFile, "a");
    child = startSandbox(sandbox, log);
    closeSync(log);
    const exit = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
    const over = new AbortController();
    set({
      state: { kind: "running", startedAt },
      containerId: `${pod.metadata.uid}-${container.name}-${child.pid ?? 0}`,
      started: container.startupProbe === undefined,
      ready: container.startupProbe === undefined && container.readinessProbe === undefined,
    });
    const probes = runProbes(options, { signal: over.signal, set, restart: () => void end(child, graceMs(pod)) });
    const [code, signal] = await exit;
    over.abort();
    await probes;
    return terminated(code, signal, startedAt);
  };

  const loop = async (): Promise<void> => {
    let pauseMs = 0;
    while (!stopping.signal.aborted) {
      const startMs = performance.now();
      const ended = await attempt();
      set({ state: { kind: "terminated", ...ended }, ready: false, started: false });
      const isOver =
        pod.spec.restartPolicy === "Never" || (pod.spec.restartPolicy === "OnFailure" && ended.exitCode === 0);
      if (isOver || stopping.signal.aborted) return;
      if (performance.now() - startMs > FORGET_AFTER_MS) pauseMs = 0;
      if (pauseMs > 0) {
        const message = `back-off ${pauseMs / 1000}s restarting failed container=${container.name}`;
        set({ state: { kind: "waiting", reason: "CrashLoopBackOff", message }, lastTerminated: ended });
        await sleep(pauseMs, stopping.signal);
      }
      pauseMs = Math.min(options.restartMaxMs, pauseMs === 0 ? options.restartBaseMs : pauseMs * 2);
      set({ restarts: view.restarts + 1, lastTerminated: ended });
    }
  };

  const done = loop().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  return {
    view: () => view,
    kill: () => void child?.kill("SIGKILL"),
    hold: (isHeld) => {
      gate.close(isHeld);
      if (isHeld) child?.kill("SIGKILL");
    },
    stop: async (grace) => {
      stopping.abort();
      await end(child, grace);
      await done;
    },
  };
}

/** Lets starts pass, or makes them wait. */
function buildGate(): { close(isClosed: boolean): void; passed(signal: AbortSignal): Promise<void> } {
  const events = new EventEmitter();
  let closed = false;
  return {
    close(isClosed) {
      closed = isClosed;
      if (!closed) events.emit("open");
    },
    passed: async (signal) => {
      while (closed) await once(events, "open", { signal });
    },
  };
}

async function prepared(
  { prepare }: ContainerOptions,
  signal: AbortSignal,
  onMissing: (reason: string, message: string) => void,
): Promise<Sandbox> {
  for (;;) {
    try {
      const sandbox = await prepare();
      signal.throwIfAborted();
      return sandbox;
    } catch (error) {
      if (!(error instanceof NotReadyError)) throw error;
      onMissing(error.reason, error.message);
      await sleep(PREPARE_RETRY_MS, signal);
    }
  }
}

interface ProbeEffects {
  signal: AbortSignal;
  set: (change: Partial<ContainerView>) => void;
  restart: () => void;
}

/** Startup first; readiness and liveness begin when it has succeeded. Settles after the signal. */
async function runProbes(options: ContainerOptions, { signal, set, restart }: ProbeEffects): Promise<void> {
  const { startupProbe, readinessProbe, livenessProbe } = options.container;
  if (startupProbe !== undefined) {
    const first = await answers(options, startupProbe, signal).next();
    if (first.done === true) return;
    if (first.value !== "Success") return restart();
    set({ started: true, ready: readinessProbe === undefined });
  }
  const followReadiness = async (probe: Probe): Promise<void> => {
    for await (const verdict of answers(options, probe, signal)) set({ ready: verdict === "Success" });
  };
  const followLiveness = async (probe: Probe): Promise<void> => {
    for await (const verdict of answers(options, probe, signal)) if (verdict === "Failure") return restart();
  };
  await Promise.all([
    readinessProbe && followReadiness(readinessProbe),
    livenessProbe && followLiveness(livenessProbe),
  ]);
}

function answers(
  { container, podIP }: ContainerOptions,
  probe: Probe,
  signal: AbortSignal,
): AsyncGenerator<ProbeVerdict, void, undefined> {
  const at = { host: probe.httpGet?.host ?? podIP, port: probePort(probe, container) };
  return verdicts(probe, (limit) => askHttp(probe, at, limit), signal);
}

/** Ends a process: politely, then after the grace period by force. Resolves when it has ended. */
async function end(child: ChildProcess | undefined, grace: number): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), grace);
  await exit;
  clearTimeout(force);
}

function graceMs(pod: Pod): number {
  return pod.spec.terminationGracePeriodSeconds * 1000;
}

function terminated(code: number | null, signal: NodeJS.Signals | null, startedAt: string): Terminated {
  const numbers: Partial<Record<NodeJS.Signals, number>> = {
    SIGKILL: 9,
    SIGTERM: 15,
    SIGINT: 2,
    SIGSEGV: 11,
    SIGABRT: 6,
  };
  const number = signal === null ? 0 : (numbers[signal] ?? 1);
  const exitCode = signal === null ? (code ?? 0) : EXIT_BY_SIGNAL + number;
  const reason = exitCode === 0 ? "Completed" : "Error";
  return { exitCode, signal: number, reason, startedAt, finishedAt: rfc3339Seconds(Date.now()) };
}
