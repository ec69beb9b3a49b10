// Follows docs/using/extend.md to the letter: its pieces go into a copy of the sources, which is compiled and run.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import type * as Kinds from "../../shared/kruise/kinds.ts";
import type * as Observe from "../../shared/kruise/observe.ts";
import type * as Rules from "../../shared/kruise/rules.ts";
import { objectOf } from "../fixtures/cases.ts";

const ROOT = join(import.meta.dirname, "../..");
const COPY = join(ROOT, ".cache", `extend-example-${process.pid}`);
const LIMIT_MS = 60_000;

const page = readFileSync(join(ROOT, "docs/using/extend.md"), "utf8");

/** The block of the page whose first line names this place, without that line. */
function piece(place: string): string {
  const block = [...page.matchAll(/```\w+\n(?:\/\/|#) (.*)\n([\s\S]*?)```/g)].find(([, first]) => first === place);
  if (block?.[2] === undefined) throw new Error(`docs/using/extend.md has no block that begins with "${place}"`);
  return block[2];
}

/** Puts a line behind the one that opens a list. */
function insert(file: string, opening: string, line: string): void {
  const path = join(COPY, file);
  const text = readFileSync(path, "utf8");
  expect(text).toContain(opening);
  writeFileSync(path, text.replace(opening, `${opening}\n${line}`));
}

beforeAll(() => {
  mkdirSync(COPY, { recursive: true });
  cpSync(join(ROOT, "shared"), join(COPY, "shared"), {
    recursive: true,
    filter: (source) => !/\.(?:test|fixture)\.ts$/.test(source),
  });
  writeFileSync(join(COPY, "shared/kruise/readers/cachewarmer.ts"), piece("shared/kruise/readers/cachewarmer.ts"));
  insert("shared/kruise/kinds.ts", "const KINDS = [", piece("shared/kruise/kinds.ts, into KINDS"));
  const readers = "shared/kruise/readers/all.ts";
  insert(readers, "export const READERS: Readonly<Record<KindName, Reader>> = {", piece(`${readers}, into READERS`));
  insert(
    readers,
    'import type { KindName } from "../kinds.ts";',
    'import { cacheWarmerReader } from "./cachewarmer.ts";',
  );
});

afterAll(() => rmSync(COPY, { recursive: true, force: true }));

test("the sources with the new kind compile", { timeout: LIMIT_MS }, () => {
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    include: [join(COPY, "shared")],
    exclude: [],
    compilerOptions: { skipLibCheck: true },
  };
  writeFileSync(join(COPY, "tsconfig.json"), JSON.stringify(config));
  const { status, stdout } = spawnSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", COPY], { encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
});

interface Case {
  name: string;
  metadata?: Record<string, unknown>;
  status: Record<string, unknown>;
  expect: string;
  message?: string;
}

const cases = parse(piece("test/fixtures/assess/cachewarmer.yaml")) as Case[];

test.each(cases)(
  "$name: $expect, with a rule and a record",
  async ({ metadata, status, expect: expected, message }) => {
    const copy = async (file: string): Promise<unknown> => import(/* @vite-ignore */ join(COPY, "shared/kruise", file));
    const { KRUISE_KINDS } = (await copy("kinds.ts")) as typeof Kinds;
    const { observe } = (await copy("observe.ts")) as typeof Observe;
    const { ruleOf } = (await copy("rules.ts")) as typeof Rules;
    const kind = KRUISE_KINDS.find(({ plural }) => plural === "cachewarmers");
    if (kind === undefined) throw new Error("The copy has no CacheWarmer");
    const { key, base, condensed } = observe(objectOf(kind, { metadata, status }));
    expect(`${base.health}/${base.reason}`).toBe(expected);
    expect(base.message).toBe(message ?? base.message);
    expect(ruleOf(base.rule)?.verdict).toBe(expected);
    expect(key).toBe("cachewarmer.shop.x");
    expect(condensed).toMatchObject({ g: "apps.kruise.io", v: "v1alpha1", k: "CacheWarmer", ns: "shop", n: "x" });
  },
);

test("each rule of the example decides one of its cases", async () => {
  const ids = [...piece("shared/kruise/readers/cachewarmer.ts").matchAll(/id: "(\w+)"/g)].map(([, id]) => id);
  const { observe } = (await import(/* @vite-ignore */ join(COPY, "shared/kruise/observe.ts"))) as typeof Observe;
  const head = { apiVersion: "apps.kruise.io/v1alpha1", kind: "CacheWarmer" };
  const deciding = cases.map(({ status }) => {
    const object = { ...head, metadata: { name: "x", namespace: "shop" }, status };
    return observe(object).base.rule;
  });
  expect(ids.filter((id) => !deciding.includes(id ?? ""))).toEqual([]);
});
