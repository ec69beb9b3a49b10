import { expect, test } from "vitest";
import { limitsFor, memoryOfProcess } from "./limits.ts";

const MIB = 1024 * 1024;

test.each([
  ["a pod as the chart makes it", 512 * MIB, 2556],
  ["a pod of a gibibyte", 1024 * MIB, 5113],
  ["a large one", 8192 * MIB, 20_000],
  ["one that is hardly there", 64 * MIB, 1000],
])("the connections to %s take a third of its memory, within bounds", (_what, memory, connectionsMax) => {
  expect(limitsFor(memory)).toMatchObject({ connectionsMax });
});

test("a reader that takes nothing has longer than a request that does not come: the latter is to be answered", () => {
  const { stuckMs, requestMs, checkMs } = limitsFor(MIB);
  expect(stuckMs).toBeGreaterThan(requestMs + checkMs);
});

test("the memory of this process is known", () => {
  expect(memoryOfProcess()).toBeGreaterThan(64 * MIB);
});
