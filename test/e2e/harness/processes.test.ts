import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lookAt, until } from "./polling.ts";
import { Processes } from "./processes.ts";

const LIMIT = { limitMs: 10_000, everyMs: 20 };
let logsDir: string;
let processes: Processes;
let deaths: string[];

beforeEach(() => {
  logsDir = mkdtempSync(join(tmpdir(), "kruise-health-processes-"));
  deaths = [];
  processes = new Processes({ logsDir, env: {}, onDeath: (error) => deaths.push(error.message) });
});

afterEach(async () => {
  await processes.stopAll();
  rmSync(logsDir, { recursive: true });
});

function shell(script: string): { command: string; args: string[] } {
  return { command: "/bin/sh", args: ["-c", script] };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A zombie has ended, even if nobody asks for its exit code. Systems without /proc collect theirs.
  if (!existsSync("/proc/self/status")) return true;
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

test("a component that ends unasked is named, with its last words", async () => {
  processes.start({ name: "c1/broken", ...shell("echo first; echo 'unknown flag: --x' >&2; exit 3") });
  await until("the failure", () => lookAt(processes.failure.aborted, "none"), LIMIT);
  expect(deaths).toEqual([
    expect.stringMatching(/^c1\/broken has ended \(exit code 3\).*\nfirst\nunknown flag: --x$/s),
  ]);
  expect(processes.failure.reason).toBeInstanceOf(Error);
});

test("a program that does not exist is named", async () => {
  processes.start({ name: "absent", command: join(logsDir, "absent"), args: [] });
  await until("the failure", () => lookAt(processes.failure.aborted, "none"), LIMIT);
  expect(deaths).toEqual([expect.stringContaining("Cannot start absent")]);
});

test("a component keeps the further arguments that it was started with, until it is started without them", async () => {
  const component = processes.start({ name: "says", restart: true, ...shell('echo "$0"; exec sleep 60') });
  const said = (): string[] => readFileSync(component.logFile, "utf8").split("\n").slice(0, -1);
  await until("the first", () => lookAt(said().length === 1, said()), LIMIT);
  await component.stop();
  component.start(["--other"]);
  await until("the second", () => lookAt(said().length === 2, said()), LIMIT);
  component.signal("SIGKILL");
  await until("the third", () => lookAt(said().length === 3, said()), LIMIT);
  await component.stop();
  component.start();
  await until("the fourth", () => lookAt(said().length === 4, said()), LIMIT);
  expect(said()).toEqual(["/bin/sh", "--other", "--other", "/bin/sh"]);
});

test("a component that may end is started again, and given up when it never lives", async () => {
  processes.start({ name: "ends", restart: true, ...shell("echo started") });
  await until("the failure", () => lookAt(processes.failure.aborted, "none"), LIMIT);
  const starts = readFileSync(join(logsDir, "ends.log"), "utf8").trim().split("\n");
  expect(starts).toHaveLength(6);
});

test("a component that is stopped or killed on purpose is no failure, and can be started again", async () => {
  const component = processes.start({ name: "sleeper", ...shell("trap '' TERM; sleep 1000 & wait; wait") });
  const first = component.pid;
  await component.stop(50);
  expect(component.pid).toBeUndefined();
  component.start();
  expect(component.pid).not.toBe(first);
  await component.kill();
  expect(processes.failure.aborted).toBe(false);
});

test("a stopped component takes its children with it", async () => {
  const component = processes.start({ name: "parent", ...shell("sleep 1000 & echo $!; wait") });
  const log = join(logsDir, "parent.log");
  await until("the child", () => lookAt(readFileSync(log, "utf8").includes("\n"), "no line"), LIMIT);
  const child = Number(readFileSync(log, "utf8"));
  await component.stop();
  await until("the child to be gone", () => lookAt(!isAlive(child), child), LIMIT);
  expect(isAlive(child)).toBe(false);
});

test("nothing is started once the stack is being stopped", async () => {
  await processes.stopAll();
  expect(() => processes.start({ name: "late", ...shell("sleep 1000") })).toThrow(/late was not started/);
  expect(processes.failure.reason).toMatchObject({ message: "The stack is being stopped" });
});

test("all groups end when their owner is killed outright", async () => {
  const script = `
    const { Processes } = await import(${JSON.stringify(join(import.meta.dirname, "processes.ts"))});
    const processes = new Processes({ logsDir: ${JSON.stringify(logsDir)}, env: {}, onDeath: console.error });
    console.log(processes.start({ name: "orphan", command: "/bin/sh", args: ["-c", "sleep 1000"] }).pid);
  `;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise<string>((resolve) => owner.stdout.setEncoding("utf8").once("data", resolve));
  const orphan = Number(line);
  expect(isAlive(orphan)).toBe(true);
  owner.kill("SIGKILL");
  await until("the orphan to be gone", () => lookAt(!isAlive(orphan), orphan), LIMIT);
  expect(isAlive(orphan)).toBe(false);
});
