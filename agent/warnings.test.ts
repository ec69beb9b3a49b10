import { beforeEach, describe, expect, it } from "vitest";
import { WARNINGS_MAX, Warnings } from "./warnings.ts";
import type { WarningAbout } from "./warnings.ts";

const MINUTE = 60_000;
const START = Date.parse("2026-01-01T00:00:00Z");

function about(key: string, atMs: number, { uid = "aaaaaaaa", message = "quota" } = {}): WarningAbout {
  return { key, uid, warning: { reason: "FailedCreate", message, atMs } };
}

describe("Warnings", () => {
  let warnings: Warnings;
  beforeEach(() => {
    warnings = new Warnings();
  });
  const messageOf = (key: string, uid = "aaaaaaaa"): string | undefined => warnings.of(key, uid)?.message;

  it("keeps the newest of each workload, in whatever order they come", () => {
    expect(warnings.note(about("a", START + 2, { message: "second" }), START + 5)).toBe(true);
    expect(warnings.note(about("a", START + 1, { message: "first" }), START + 5)).toBe(false);
    expect(messageOf("a")).toBe("second");
    expect(warnings.note(about("a", START + 3, { message: "third" }), START + 5)).toBe(true);
    expect(messageOf("a")).toBe("third");
    expect(messageOf("b")).toBeUndefined();
  });

  it("says that one which is listed again is nothing new", () => {
    warnings.note(about("a", START), START);
    expect(warnings.note(about("a", START), START + 1)).toBe(false);
  });

  it("does not take that of an earlier workload of the same name for the present one's", () => {
    warnings.note(about("a", START), START);
    expect(messageOf("a", "bbbbbbbb")).toBeUndefined();
    warnings.note(about("b", START, { uid: "" }), START);
    expect(messageOf("b", "bbbbbbbb")).toBe("quota");
  });

  it("forgets after twenty minutes, and takes nothing in that is as old", () => {
    warnings.note(about("a", START), START);
    warnings.expire(START + 20 * MINUTE - 1);
    expect(messageOf("a")).toBe("quota");
    warnings.expire(START + 20 * MINUTE);
    expect(messageOf("a")).toBeUndefined();
    expect(warnings.note(about("a", START), START + 20 * MINUTE)).toBe(false);
  });

  it("lets one from a clock that is ahead last no longer", () => {
    warnings.note(about("a", START + 500 * MINUTE), START);
    warnings.expire(START + 20 * MINUTE);
    expect(messageOf("a")).toBeUndefined();
  });

  it("keeps a bounded number, the newest", () => {
    for (let i = 0; i < WARNINGS_MAX; i++) warnings.note(about(`w${i}`, START + 10 + i), START + MINUTE);
    expect(warnings.note(about("older", START), START + MINUTE)).toBe(false);
    expect(messageOf("w0")).toBe("quota");
    expect(warnings.note(about("newer", START + MINUTE), START + MINUTE)).toBe(true);
    expect([messageOf("w0"), messageOf("w1"), messageOf("newer")]).toEqual([undefined, "quota", "quota"]);
  });

  it("forgets that of a workload that has gone", () => {
    warnings.note(about("a", START), START);
    warnings.forget("a");
    expect(messageOf("a")).toBeUndefined();
  });
});
