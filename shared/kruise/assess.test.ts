// Stage one over the tables of test/fixtures/assess: one real situation a row, with its verdict.
import { describe, expect, test } from "vitest";
import { assessFiles, loadAssessCases } from "../../test/fixtures/cases.ts";
import { assess } from "./assess.ts";
import { KRUISE_KINDS } from "./kinds.ts";
import { READERS } from "./readers/all.ts";

describe.each(assessFiles())("assess() of %s", (file) => {
  test.each(loadAssessCases(file))("$name", ({ object, expect: expected, notes, message }) => {
    const verdict = assess(object);
    expect(`${verdict.health}/${verdict.reason}`).toBe(expected);
    expect([...verdict.notes].sort()).toEqual([...notes].sort());
    expect(verdict.message).toBe(message ?? verdict.message);
  });
});

describe("assess()", () => {
  const observing = KRUISE_KINDS.filter(({ kind }) => READERS[kind].observesGeneration);
  test.each(observing.map(({ kind }) => [kind.toLowerCase()]))(
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
