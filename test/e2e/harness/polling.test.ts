import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withLock } from "./lock.ts";
import { met, unmet, until } from "./polling.ts";

test("waits until the condition holds and hands over its value", async () => {
  let looks = 0;
  const value = await until("the third look", () => ((looks += 1) === 3 ? met(looks) : unmet(looks)), {
    limitMs: 5_000,
    everyMs: 1,
  });
  expect(value).toBe(3);
});

test.each([
  { seen: { ready: 1 }, shown: 'Last seen: {"ready":1}' },
  { seen: "plain text", shown: "Last seen: plain text" },
])("says at the limit what was awaited and what was last seen: $shown", async ({ seen, shown }) => {
  const waiting = until("the moon", () => unmet(seen), { limitMs: 5, everyMs: 1 });
  await expect(waiting).rejects.toThrow(`Waited 0.005 s for the moon. ${shown}`);
});

test("counts an exception as not yet, and shows it at the limit", async () => {
  const fail = async (): Promise<never> => Promise.reject(new Error("connection refused"));
  await expect(until("an answer", fail, { limitMs: 5, everyMs: 1 })).rejects.toThrow("Last seen: connection refused");
});

test("ends at once when what it waits for cannot come any more", async () => {
  const signal = AbortSignal.abort(new Error("etcd has ended"));
  await expect(until("etcd", () => unmet("nothing"), { limitMs: 60_000, signal })).rejects.toThrow("etcd has ended");
});

test("a lock whose holder is gone is taken over, and given back after the work", async () => {
  const dir = mkdtempSync(join(tmpdir(), "kruise-health-lock-"));
  const file = join(dir, "build.lock");
  writeFileSync(file, "4194999");
  let holder = "";
  await withLock(
    file,
    () => undefined,
    async () => {
      holder = readFileSync(file, "utf8");
    },
  );
  expect(holder).toBe(String(process.pid));
  expect(() => readFileSync(file)).toThrow(/ENOENT/);
  rmSync(dir, { recursive: true });
});
