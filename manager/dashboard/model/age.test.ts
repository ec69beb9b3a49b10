import { expect, test } from "vitest";
import { ageText, parseAge } from "./age.ts";

const S = 1000;
const M = 60 * S;
const H = 60 * M;

test.each([
  [-5, "0s"],
  [0, "0s"],
  [999, "0s"],
  [45 * S, "45s"],
  [3 * M + 12 * S, "3m12s"],
  [3 * M, "3m"],
  [12 * M + 30 * S, "12m"],
  [2 * H + 47 * M, "2h47m"],
  [25 * H, "1d1h"],
  [20 * 24 * H, "20d"],
  [Number.NaN, "?"],
  [-Infinity, "?"],
])("%d ms are %s", (ms, text) => {
  expect(ageText(ms)).toBe(text);
});

test.each([
  ["5s", 5 * S],
  ["3m12s", 3 * M + 12 * S],
  ["25h", 25 * H],
  ["3d4h", 76 * H],
  ["2y5d", (2 * 365 + 5) * 24 * H],
  ["never", undefined],
  ["<unknown>", undefined],
  ["", undefined],
])("%s of kubectl's table is %s ms", (text, ms) => {
  expect(parseAge(text)).toBe(ms);
});
