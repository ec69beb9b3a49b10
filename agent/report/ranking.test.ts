import fc from "fast-check";
import { expect, test } from "vitest";
import { HEALTHS } from "../../shared/health/verdict.ts";
import { Ranking } from "./ranking.ts";

test("each health's keys are in order, whatever was added and removed before", () => {
  const step = fc.record({ key: fc.string({ maxLength: 2 }), health: fc.constantFrom(...HEALTHS) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const ranking = new Ranking();
      const known = new Map<string, (typeof HEALTHS)[number]>();
      for (const { key, health } of steps) {
        const before = known.get(key);
        if (before !== undefined) ranking.remove(key, before);
        // A key that comes again with the same health goes, so that removals are tried too.
        if (before === health) known.delete(key);
        else {
          known.set(key, health);
          ranking.add(key, health);
        }
      }
      for (const health of HEALTHS) {
        const wanted = [...known].filter(([, each]) => each === health).map(([key]) => key);
        expect(ranking.of(health)).toEqual(wanted.sort());
      }
    }),
  );
});

test("a key that is not there is not removed", () => {
  const ranking = new Ranking();
  ranking.add("b", "Healthy");
  ranking.remove("a", "Healthy");
  ranking.remove("b", "Degraded");
  expect(ranking.of("Healthy")).toEqual(["b"]);
});
