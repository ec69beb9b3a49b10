// Ends process groups when this process is gone, in whatever way it went: a shell learns the groups through a pipe and
// kills them when the pipe closes. After a normal end there is nothing left for it to do.
import { spawn } from "node:child_process";

const SCRIPT = `groups=
while read -r verb id; do
  rest=
  for group in $groups; do [ "$group" = "$id" ] || rest="$rest $group"; done
  if [ "$verb" = add ]; then groups="$rest $id"; else groups=$rest; fi
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done`;

export interface Undertaker {
  /** The group of the process `pid` ends with us. */
  add(pid: number): void;
  /** The group has ended by itself: its number may be given to others. */
  remove(pid: number): void;
  /** Kills all groups at once; for the "exit" event, where nothing asynchronous can run. */
  killAll(): void;
  dismiss(): void;
}

export function startUndertaker(): Undertaker {
  const groups = new Set<number>();
  const shell = spawn("/bin/sh", ["-c", SCRIPT], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  shell.unref();
  // A write that meets a shell already killed from outside: the "exit" event below still does the work.
  shell.stdin.on("error", () => undefined);
  const killAll = (): void => {
    for (const group of groups) signalGroup(group, "SIGKILL");
    shell.kill("SIGKILL");
  };
  process.once("exit", killAll);
  return {
    add(pid) {
      groups.add(pid);
      shell.stdin.write(`add ${pid}\n`);
    },
    remove(pid) {
      groups.delete(pid);
      shell.stdin.write(`remove ${pid}\n`);
    },
    killAll,
    dismiss() {
      process.off("exit", killAll);
      shell.kill("SIGKILL");
    },
  };
}

/** Sends a signal to a process group; one that has ended already is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ESRCH")) throw cause;
  }
}
