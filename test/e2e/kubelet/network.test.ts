// Addresses of pods: no two pods of one machine share one, whichever kubelet runs them.
import { afterEach, expect, test } from "vitest";
import { buildAddressPool, claimAddresses } from "./network.ts";
import type { AddressPool } from "./network.ts";

const claimed: AddressPool[] = [];

afterEach(() => {
  for (const pool of claimed.splice(0)) pool.release();
});

async function claim(): Promise<AddressPool> {
  const pool = await claimAddresses(() => 0.5);
  claimed.push(pool);
  return pool;
}

test("two kubelets that look at the same place take blocks of their own", async () => {
  const [one, other] = [await claim(), await claim()];
  const blockOf = (pool: AddressPool): string => pool.take().replace(/\.\d+$/, "");
  expect(blockOf(one)).toMatch(/^127\.1\.\d+$/);
  expect(blockOf(other)).not.toBe(blockOf(one));
});

test("a block that was released can be had again", async () => {
  const pool = await claim();
  const address = pool.take();
  pool.release();
  expect((await claim()).take()).toBe(address);
});

test("an address is not given again while its pod runs, and rests when it does not", () => {
  const pool = buildAddressPool("127.1.7");
  const first = pool.take();
  expect(first).toBe("127.1.7.1");
  pool.give(first);
  const rest = Array.from({ length: 253 }, () => pool.take());
  expect(rest).not.toContain(first);
  expect(pool.take()).toBe(first);
  expect(() => pool.take()).toThrow("No free address in 127.1.7.0/24: 254 pods run");
});
