// The invariants of a SidecarSet whose updates are not switched off, over small numbers.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assessSidecarSet } from "./sidecarset.ts";
import type { SidecarNumbers, SidecarSetInput } from "./sidecarset.ts";
import type { Verdict } from "../verdict.ts";

const small = fc.nat({ max: 6 });
/** Numbers as a controller can write them: no part is larger than its whole. */
const inputs: fc.Arbitrary<SidecarSetInput> = fc
  .record({
    matched: fc.integer({ min: 1, max: 6 }),
    updated: small,
    ready: small,
    updatedReady: small,
    partition: fc.constantFrom<unknown>(undefined, 0, 2, "50%", "100%"),
    maxUnavailable: fc.constantFrom<unknown>(undefined, 0, 2, "50%", "100%"),
    paused: fc.boolean(),
    selective: fc.boolean(),
    injectionPaused: fc.boolean(),
  })
  .map(({ matched, ready, updatedReady, ...rest }) => {
    const updated = Math.min(rest.updated, matched);
    const counters = {
      matched,
      updated,
      ready: Math.min(ready, matched),
      updatedReady: Math.min(updatedReady, updated),
    };
    return { ...rest, notUpdate: false, counters };
  });

/** Looks for an input whose verdict contradicts a statement. */
function counterexample(statement: (n: SidecarNumbers, verdict: Verdict) => boolean): unknown {
  const property = fc.property(inputs, (input) => {
    const { numbers, verdict } = assessSidecarSet(input, []);
    return statement(numbers, verdict);
  });
  return fc.check(property, { numRuns: 20_000 }).counterexample;
}

const settled = ({ health }: Verdict) => health === "Healthy" || health === "Suspended";

describe("assessSidecarSet()", () => {
  test("is settled only with an updated pod that is ready, if any is updated", () => {
    expect(counterexample((n, verdict) => !settled(verdict) || n.updated === 0 || n.updatedReady >= 1)).toBeNull();
  });

  test("is settled under a hold only with every updated pod ready", () => {
    expect(
      counterexample((n, verdict) => !settled(verdict) || n.updated === n.matched || n.updatedReady >= n.updated),
    ).toBeNull();
  });

  test("is settled only within maxUnavailable", () => {
    expect(
      counterexample((n, verdict) => !settled(verdict) || n.updated - n.updatedReady <= n.maxUnavailable),
    ).toBeNull();
  });

  test("is Healthy only with every matched pod updated", () => {
    expect(counterexample((n, { health }) => health !== "Healthy" || n.updated === n.matched)).toBeNull();
  });

  test("is never Progressing when every matched pod is updated and ready", () => {
    expect(
      counterexample(
        (n, { health }) => health !== "Progressing" || n.updated < n.matched || n.updatedReady < n.matched,
      ),
    ).toBeNull();
  });
});
