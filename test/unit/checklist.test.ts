// What OCM may expect of an add-on is numbered; each line has a test on the real OCM whose name begins with its number.
// Held here, so that none gets lost when tests are moved or renamed.
import { describe, expect, test } from "vitest";
import { CONTRACT, numberedTests } from "../docs/ocm-contract.ts";

const lines = Object.values(CONTRACT).flatMap((section) => Object.entries(section));
const tests = numberedTests();
const shown = new Set(tests.flatMap(({ numbers }) => numbers));

describe("what OCM may expect of an add-on", () => {
  test("has forty lines, from 1 on", () => {
    expect(lines.map(([number]) => Number(number))).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  test.each(lines)("has a test on the real OCM named by number %s: %s", (number) => {
    expect(shown).toContain(Number(number));
  });

  test("is all that such numbers stand for", () => {
    expect(tests.filter(({ numbers }) => numbers.some((number) => number < 1 || number > 40))).toEqual([]);
  });
});
