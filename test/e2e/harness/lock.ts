// A lock between processes of one machine: a file that names its holder. A holder that is gone loses it.
import { readFile, rm, writeFile } from "node:fs/promises";
import { met, unmet, until } from "./polling.ts";

const WAIT_LIMIT_MS = 45 * 60_000;

/** Runs `work` while no other process holds the lock of that file name. */
export async function withLock(file: string, say: (line: string) => void, work: () => Promise<void>): Promise<void> {
  let told = false;
  await until(
    `the lock ${file}`,
    async () => {
      if (await tryLock(file)) return met(undefined);
      const holder = Number(await readFile(file, "utf8"));
      if (!isAlive(holder)) {
        await rm(file, { force: true });
        return unmet(`process ${holder} is gone`);
      }
      if (!told) say(`Waiting for process ${holder}, which is doing the same (${file})`);
      told = true;
      return unmet(`process ${holder} holds it`);
    },
    { limitMs: WAIT_LIMIT_MS, everyMs: 500 },
  );
  try {
    await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function tryLock(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return false;
    throw cause;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM";
  }
}
