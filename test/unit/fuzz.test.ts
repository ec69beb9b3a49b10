// A slice of `npm run fuzz`, and what the fuzzer itself must do: the same objects for the same seed, small findings.
import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { collectCorpus } from "../fuzz/corpus.ts";
import { generate } from "../fuzz/generate.ts";
import { seededRandom } from "../fuzz/random.ts";
import { fuzz } from "../fuzz/run.ts";
import { shrink } from "../fuzz/shrink.ts";

const SLICE = 10_000;

describe("any JSON on its way to a record", () => {
  const seed = Date.now() % 2 ** 31;

  test(`is judged and condensed within all bounds, ${SLICE} objects of seed ${seed}`, { timeout: 30_000 }, () => {
    expect(fuzz({ objects: SLICE, seed })).toBeUndefined();
  });
});

describe("the fuzzer", () => {
  test("makes the same objects again for the same seed", () => {
    const corpus = collectCorpus();
    const objects = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 200 }, () => JSON.stringify(generate({ corpus, random })));
    };
    expect(objects(7)).toEqual(objects(7));
    expect(new Set([...objects(7), ...objects(8)]).size).toBeGreaterThan(350);
  });

  test("makes JSON that is what its text says", () => {
    const source = { corpus: collectCorpus(), random: seededRandom(1) };
    for (let index = 0; index < 500; index += 1) {
      const object = generate(source);
      expect(isDeepStrictEqual(JSON.parse(JSON.stringify(object)), object)).toBe(true);
    }
  });

  test("shrinks a finding to what makes it one", () => {
    const tree = { kind: "CloneSet", spec: { replicas: 3, list: [{ a: 1 }, { secret: "abcdef" }] }, status: null };
    const isFinding = (candidate: unknown) => JSON.stringify(candidate).includes("cde");
    expect(shrink(tree, isFinding)).toEqual({ spec: { list: [{ secret: "cde" }] } });
  });

  test("ends with its progress told in full", () => {
    let done = 0;
    fuzz({ objects: 50, seed: 1, progress: (more) => (done += more) });
    expect(done).toBe(50);
  });
});
