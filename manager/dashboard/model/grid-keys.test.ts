import { expect, test } from "vitest";
import { moved } from "./grid-keys.ts";

const SIZE = { rows: 100, columns: 10, page: 20 };
const plain = { ctrlKey: false, altKey: false, metaKey: false };

test.each([
  ["ArrowDown", { row: 3, column: 4 }, { row: 4, column: 4 }],
  ["ArrowUp", { row: 0, column: 4 }, { row: -1, column: 4 }],
  ["ArrowLeft", { row: 3, column: 0 }, { row: 3, column: -1 }],
  // The corner stands for nothing.
  ["ArrowUp", { row: 0, column: -1 }, { row: 0, column: -1 }],
  ["ArrowRight", { row: 3, column: 9 }, { row: 3, column: 9 }],
  ["ArrowDown", { row: 99, column: 9 }, { row: 99, column: 9 }],
  ["PageDown", { row: 3, column: 4 }, { row: 23, column: 4 }],
  ["PageDown", { row: 95, column: 4 }, { row: 99, column: 4 }],
  ["PageUp", { row: 3, column: 4 }, { row: 0, column: 4 }],
  ["Home", { row: 3, column: 4 }, { row: 3, column: -1 }],
  ["End", { row: 3, column: 4 }, { row: 3, column: 9 }],
])("%s leads from %j to %j", (key, from, to) => {
  expect(moved(from, { key, ...plain }, SIZE)).toEqual(to);
});

test("Control with Home and End leads to the first and the last", () => {
  const from = { row: 3, column: 4 };
  expect(moved(from, { ...plain, key: "Home", ctrlKey: true }, SIZE)).toEqual({ row: -1, column: 0 });
  expect(moved(from, { ...plain, key: "End", ctrlKey: true }, SIZE)).toEqual({ row: 99, column: 9 });
});

test.each(["a", "Tab", "Escape"])("%s is left to others", (key) => {
  expect(moved({ row: 3, column: 4 }, { key, ...plain }, SIZE)).toBeUndefined();
});

test("the browser's own keys are left to it", () => {
  expect(moved({ row: 3, column: 4 }, { key: "ArrowLeft", ...plain, altKey: true }, SIZE)).toBeUndefined();
});
