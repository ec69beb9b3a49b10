import { assert, integer, array, property } from "fast-check";
import { expect, test } from "vitest";
import { Heap } from "./heap.ts";

test("Heap gives any numbers back in order", () => {
  const anyNumbers = property(array(integer()), (numbers) => {
    const heap = new Heap<number>((item) => item);
    for (const number of numbers) heap.push(number);
    expect(heap.size).toBe(numbers.length);
    const sorted = numbers.toSorted((a, b) => a - b);
    expect(heap.peek()).toBe(sorted[0]);
    expect(numbers.map(() => heap.pop())).toEqual(sorted);
    expect(heap.pop()).toBeUndefined();
  });
  assert(anyNumbers);
});
