// Stage one over the tables of test/fixtures/assess: one real situation a row, with its verdict.
import { describe, expect, test } from "vitest";
import { KIND_FILES, loadAssessCases } from "../../test/fixtures/cases.ts";
import type { KindFile } from "../../test/fixtures/cases.ts";
import { assess } from "./assess.ts";

const files: (KindFile | "prelude")[] = ["cloneset", "statefulset", "sidecarset", "uniteddeployment", "prelude"];

describe.each(files)("assess() of %s", (file) => {
  test.each(loadAssessCases(file))("$name", ({ object, expect: expected, notes, message }) => {
    const verdict = assess(object);
    expect(`${verdict.health}/${verdict.reason}`).toBe(expected);
    expect([...verdict.notes].sort()).toEqual([...notes].sort());
    expect(verdict.message).toBe(message ?? verdict.message);
  });
});

describe("assess()", () => {
  test.each(Object.keys(KIND_FILES) as KindFile[])(
    "reads no number of a %s whose generation is not observed",
    (file) => {
      const objects = loadAssessCases(file).map(({ object }) => object as { metadata: object; status?: object });
      for (const object of objects.filter(({ status }) => status !== undefined)) {
        const unseen = { ...object, metadata: { ...object.metadata, generation: 99, deletionTimestamp: undefined } };
        expect(assess(unseen).reason).toBe("GenerationNotObserved");
      }
    },
  );
});
