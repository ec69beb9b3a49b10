// Worked examples of partitions and allowances, checked against OpenKruise.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resolveDaemonPartition, resolveIntPartition, resolvePartition, scale } from "./partition.ts";

describe("resolvePartition()", () => {
  test.each<[partition: unknown, replicas: number, kept: number]>([
    ["40%", 10, 4],
    ["1%", 1, 1],
    ["50%", 1, 1],
    ["90%", 2, 1],
    ["33.3%", 3, 1],
    ["0.1%", 10, 1],
    ["99%", 10, 9],
    ["100%", 10, 10],
    ["100.0%", 10, 9],
    ["120%", 10, 10],
    ["7%", 100, 7],
    ["-5%", 10, 0],
    [12, 10, 10],
    [-1, 10, 0],
    [undefined, 10, 0],
    [null, 10, 0],
  ])("%s of %i keeps %i", (partition, replicas, kept) => {
    expect(resolvePartition(partition, replicas)).toEqual({ kept, malformed: false });
  });

  test.each<[unknown]>([["5"], ["abc"], ["%"], ["1e1%"], [1.5], [true], [{}], [[]], [""]])(
    "%s is neither a count nor a percentage and keeps nothing",
    (partition) => {
      expect(resolvePartition(partition, 10)).toEqual({ kept: 0, malformed: true });
    },
  );

  test("keeps between none and all for anything", () => {
    fc.assert(
      fc.property(fc.anything(), fc.nat({ max: 2 ** 31 - 1 }), (partition, replicas) => {
        const { kept } = resolvePartition(partition, replicas);
        return Number.isInteger(kept) && kept >= 0 && kept <= replicas;
      }),
    );
  });
});

describe("resolveIntPartition()", () => {
  test("takes counts only", () => {
    expect(resolveIntPartition(5, 3)).toEqual({ kept: 3, malformed: false });
    expect(resolveIntPartition(undefined, 3)).toEqual({ kept: 0, malformed: false });
    expect(resolveIntPartition("50%", 3)).toEqual({ kept: 0, malformed: true });
  });
});

describe("resolveDaemonPartition()", () => {
  test.each<[partition: unknown, desired: number, kept: number]>([
    ["50%", 5, 2],
    ["99%", 10, 9],
    ["1%", 1, 0],
    ["100%", 3, 3],
    ["120%", 3, 3],
    ["-5%", 3, 0],
    ["50%", 0, 0],
    [2, 5, 2],
    [9, 5, 5],
    [-1, 5, 0],
    [undefined, 5, 0],
    [null, 5, 0],
  ])("%s of %i keeps %i", (partition, desired, kept) => {
    expect(resolveDaemonPartition(partition, desired)).toEqual({ kept, malformed: false });
  });

  test.each<[unknown]>([["33.3%"], ["50.0%"], ["2"], ["half"], [1.5], [{}]])(
    "%s is neither a count nor a whole percentage and keeps nothing",
    (partition) => {
      expect(resolveDaemonPartition(partition, 5)).toEqual({ kept: 0, malformed: true });
    },
  );
});

describe("scale()", () => {
  test.each<[written: unknown, total: number, round: "up" | "down", result: number | undefined]>([
    ["20%", 6, "up", 2],
    ["20%", 6, "down", 1],
    [3, 6, "down", 3],
    [-3, 6, "up", 0],
    ["3", 6, "up", undefined],
    [undefined, 6, "up", undefined],
  ])("%s of %i rounded %s is %s", (written, total, round, result) => {
    expect(scale(written, total, round)).toBe(result);
  });
});
