// Starts the components as processes, each in a group of its own with its own log file, and ends all of them:
// on the normal end, on failure, on an uncaught error, and even when this process is killed outright.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as timeout } from "node:timers/promises";
import { signalGroup, startUndertaker } from "./undertaker.ts";
import type { Undertaker } from "./undertaker.ts";

const LAST_LINES = 15;
const RESTART_DELAY_MS = 300;
/** A component with `restart` that ends this often without living for LIVELY_MS is broken. */
const SHORT_LIVES_ALLOWED = 5;
const LIVELY_MS = 5_000;

export interface ProcessSpec {
  /** Names the log file and the component in errors: "c1/work-agent". */
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string>;
  cwd?: string;
  /** Starts it again whenever it ends: OCM's agents end on purpose when their credentials change. */
  restart?: boolean;
}

/** One component: started, and to be stopped and started again by tests. */
export interface Component {
  readonly name: string;
  readonly logFile: string;
  readonly pid: number | undefined;
  /** With `further` arguments behind its own, until it is started without them. */
  start(further?: readonly string[]): void;
  /** Asks the group to end, kills it after `graceMs`, and returns when the process is gone. */
  stop(graceMs?: number): Promise<void>;
  /** Ends it without warning, as a crash would. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT, for a component that hangs. */
  signal(signal: NodeJS.Signals): void;
}

/** All processes of one stack. */
export class Processes {
  private readonly components = new Map<string, SpawnedComponent>();
  private readonly death = new AbortController();
  private readonly undertaker: Undertaker = startUndertaker();
  private closed = false;
  private readonly options: { logsDir: string; env: Record<string, string>; onDeath: (error: Error) => void };

  constructor(options: { logsDir: string; env: Record<string, string>; onDeath: (error: Error) => void }) {
    this.options = options;
  }

  /** Aborts with the error that names it as soon as a component dies unasked. */
  get failure(): AbortSignal {
    return this.death.signal;
  }

  start(spec: ProcessSpec): Component {
    if (this.closed) throw new Error(`${spec.name} was not started: the stack is being stopped`);
    if (this.components.has(spec.name)) throw new Error(`Component ${spec.name} was started twice`);
    const component = new SpawnedComponent(
      { ...spec, env: { ...this.options.env, ...spec.env } },
      join(this.options.logsDir, `${spec.name.replaceAll("/", "-")}.log`),
      {
        undertaker: this.undertaker,
        died: (error) => {
          if (!this.death.signal.aborted) this.death.abort(error);
          this.options.onDeath(error);
        },
      },
    );
    this.components.set(spec.name, component);
    component.start();
    return component;
  }

  component(name: string): Component {
    const found = this.components.get(name);
    if (!found) throw new Error(`No component ${name}. There are: ${[...this.components.keys()].join(", ")}`);
    return found;
  }

  names(): string[] {
    return [...this.components.keys()];
  }

  /** Ends everything at once, with little patience: nothing of a test cluster is worth keeping. */
  async stopAll(graceMs = 1_000): Promise<void> {
    // Whoever still waits for a component, or is about to start one, ends here.
    this.closed = true;
    if (!this.death.signal.aborted) this.death.abort(new Error("The stack is being stopped"));
    await Promise.all([...this.components.values()].map((component) => component.stop(graceMs)));
    this.undertaker.dismiss();
  }

  /** The group of a process that somebody else has started ends with the stack, whatever happens. */
  guard(pid: number): void {
    this.undertaker.add(pid);
  }

  unguard(pid: number): void {
    this.undertaker.remove(pid);
  }
}

interface Listeners {
  undertaker: Undertaker;
  died: (error: Error) => void;
}

class SpawnedComponent implements Component {
  readonly name: string;
  readonly logFile: string;
  private child: ChildProcess | undefined;
  private wanted = false;
  private shortLives = 0;
  private startedMs = 0;
  private further: readonly string[] = [];
  private readonly spec: ProcessSpec;
  private readonly listeners: Listeners;

  constructor(spec: ProcessSpec, logFile: string, listeners: Listeners) {
    this.spec = spec;
    this.name = spec.name;
    this.logFile = logFile;
    this.listeners = listeners;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(further: readonly string[] = []): void {
    if (this.child) return;
    this.further = further;
    this.spawn();
  }

  private spawn(): void {
    this.wanted = true;
    this.startedMs = performance.now();
    const log = openSync(this.logFile, "a");
    const { command, args, env, cwd } = this.spec;
    const child = spawn(command, [...args, ...this.further], {
      stdio: ["ignore", log, log],
      detached: true,
      ...(env && { env }),
      ...(cwd !== undefined && { cwd }),
    });
    closeSync(log);
    this.child = child;
    if (child.pid !== undefined) this.listeners.undertaker.add(child.pid);
    child.once("error", (cause) => {
      this.child = undefined;
      this.listeners.died(new Error(`Cannot start ${this.name} (${command})`, { cause }));
    });
    child.once("exit", (code, signal) => this.ended(child, signal ?? `exit code ${code}`));
  }

  async stop(graceMs = 10_000): Promise<void> {
    await this.end("SIGTERM", graceMs);
  }

  async kill(): Promise<void> {
    await this.end("SIGKILL", 0);
  }

  private async end(first: NodeJS.Signals, graceMs: number): Promise<void> {
    this.wanted = false;
    const child = this.child;
    if (child?.pid === undefined) return;
    const gone = new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      child.once("error", () => resolve());
    });
    signalGroup(child.pid, first);
    await Promise.race([gone, timeout(graceMs, undefined, { ref: false })]);
    // The whole group: a component may have children that outlive it.
    signalGroup(child.pid, "SIGKILL");
    await gone;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.child?.pid !== undefined) signalGroup(this.child.pid, signal);
  }

  private ended(child: ChildProcess, how: string): void {
    if (this.child === child) this.child = undefined;
    if (child.pid !== undefined) this.listeners.undertaker.remove(child.pid);
    if (!this.wanted) return;
    this.shortLives = performance.now() - this.startedMs < LIVELY_MS ? this.shortLives + 1 : 0;
    if (this.spec.restart === true && this.shortLives <= SHORT_LIVES_ALLOWED) {
      setTimeout(() => {
        if (this.wanted && !this.child) this.spawn();
      }, RESTART_DELAY_MS);
      return;
    }
    this.wanted = false;
    this.listeners.died(
      new Error(`${this.name} has ended (${how}). Last lines of ${this.logFile}:\n${lastLines(this.logFile)}`),
    );
  }
}

/** The last lines of a log, for an error message; with what to do where they only name the limit that was met. */
function lastLines(file: string, count: number = LAST_LINES): string {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n").slice(-count).join("\n");
  return lines.includes("too many open files")
    ? `${lines}\nMost often these are inotify instances, which other stacks and programs have taken: sysctl fs.inotify.max_user_instances`
    : lines;
}

/** Runs `stop` on SIGINT and SIGTERM, then lets the signal do what it does. Returns what takes the listeners away. */
export function onEndSignals(stop: () => Promise<void>): () => void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    // Ctrl-C reaches us from the terminal and once more from our launcher: the second one says nothing new.
    if (stopping) return;
    stopping = true;
    void stop().finally(() => process.kill(process.pid, signal));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return () => {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  };
}
