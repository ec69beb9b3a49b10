// Each form of input, good and bad, through a whole run.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mutatedObjects } from "../test/fixtures/arbitrary.ts";
import type { Arguments } from "./arguments.ts";
import { INPUT_BYTES_MAX } from "./inputs.ts";
import { runAssess } from "./run.ts";
import type { Result } from "./run.ts";

const cart = {
  apiVersion: "apps.kruise.io/v1alpha1",
  kind: "CloneSet",
  metadata: { name: "cart", namespace: "shop", generation: 1 },
  spec: { replicas: 0 },
  status: { observedGeneration: 1, replicas: 0 },
};
const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" } };
const cartYaml = `apiVersion: apps.kruise.io/v1alpha1
kind: CloneSet
metadata: {name: cart, namespace: shop, generation: 1}
spec: {replicas: 0}
status: {observedGeneration: 1, replicas: 0}
`;

const folder = mkdtempSync(join(tmpdir(), "assess-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(inputs: string[], stdin: string | Uint8Array = "", wanted = {}): Promise<Result> {
  const bytes = typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin;
  const around = { stdin: streamOf([bytes]), resolve: (name: string) => join(folder, name) };
  return runAssess({ inputs, output: "json", explain: false, failOn: undefined, ...wanted }, around, false);
}

async function* streamOf(chunks: Iterable<Uint8Array>): AsyncIterable<Uint8Array> {
  yield* chunks;
}

/** "kind namespace/name reason" of each object. */
function told({ stdout }: Result): string[] {
  const rows = JSON.parse(stdout) as Record<"kind" | "namespace" | "name" | "reason", string>[];
  return rows.map(({ kind, namespace, name, reason }) => `${kind} ${namespace}/${name} ${reason}`);
}

const ONE = "CloneSet shop/cart ScaledToZero";
const json = JSON.stringify(cart);

/** Ten times ten times ten ... of something, in nine lines of YAML. */
function laughs(open: string, close: string): string {
  const list = (items: string) => `${open}[${Array(10).fill(items).join(", ")}]${close}`;
  const lines = "abcdefghi".split("").map((name, i) => `- &${name} ${list(i === 0 ? "x" : `*${"abcdefgh"[i - 1]}`)}`);
  return lines.join("\n");
}

describe("a text that can be read", () => {
  test.each<[form: string, text: string, objects: string[], summary: string]>([
    ["an object as JSON", json, [ONE], "1 workload: 1 Healthy"],
    ["an object as YAML", cartYaml, [ONE], "1 workload: 1 Healthy"],
    ["a byte order mark before JSON", `\uFEFF${json}`, [ONE], "1 workload: 1 Healthy"],
    [
      "YAML with a byte order mark and CRLF",
      `\uFEFF${cartYaml.replaceAll("\n", "\r\n")}`,
      [ONE],
      "1 workload: 1 Healthy",
    ],
    [
      "a List",
      JSON.stringify({ apiVersion: "v1", kind: "List", items: [cart, cart] }),
      [ONE, ONE],
      "2 workloads: 2 Healthy",
    ],
    [
      "a CloneSetList whose items do not say their kind",
      JSON.stringify({
        apiVersion: cart.apiVersion,
        kind: "CloneSetList",
        items: [{ ...cart, kind: undefined, apiVersion: undefined }],
      }),
      [ONE],
      "1 workload: 1 Healthy",
    ],
    [
      "a List in a List",
      JSON.stringify({ kind: "List", items: [{ kind: "List", items: [cart] }] }),
      [ONE],
      "1 workload: 1 Healthy",
    ],
    ["a List without items", '{"kind": "List", "items": null}', [], "No OpenKruise object found"],
    ["a bare array", JSON.stringify([cart, cart]), [ONE, ONE], "2 workloads: 2 Healthy"],
    [
      "YAML documents, some of them empty",
      `---\n---\n${cartYaml}---\n# nothing\n---\n${cartYaml}`,
      [ONE, ONE],
      "2 workloads: 2 Healthy",
    ],
    ["JSON documents with a line between", `${json}\n---\n${json}`, [ONE, ONE], "2 workloads: 2 Healthy"],
    ["YAML with a merge key", `${cartYaml}extra: &x {a: 1}\nmore: {<<: *x}\n`, [ONE], "1 workload: 1 Healthy"],
    ["a comment before JSON", `# of today\n${json}`, [ONE], "1 workload: 1 Healthy"],
    ["nothing", "", [], "No OpenKruise object found"],
    ["white space", " \n\n", [], "No OpenKruise object found"],
    [
      "objects of others",
      JSON.stringify([cart, pod, { kind: "CloneSet" }, 7]),
      [ONE],
      "1 workload: 1 Healthy; 3 objects that are not OpenKruise's were skipped",
    ],
    [
      "one object of others",
      JSON.stringify(pod),
      [],
      "No OpenKruise object found; 1 object that is not OpenKruise's was skipped",
    ],
    [
      "a group that only looks like OpenKruise's",
      JSON.stringify({ ...cart, apiVersion: "apps.notkruise.io/v1" }),
      [],
      "No OpenKruise object found; 1 object that is not OpenKruise's was skipped",
    ],
    [
      "a kind that is not judged",
      JSON.stringify({ ...cart, kind: "NodeImage" }),
      ["NodeImage shop/cart UnsupportedKind"],
      "1 workload: 1 Unknown",
    ],
    [
      "an object without metadata",
      '{"apiVersion": "apps.kruise.io/v1alpha1", "kind": "CloneSet"}',
      ["CloneSet / NotAnObject"],
      "1 workload: 1 Unknown",
    ],
    [
      "an integer beyond all counters",
      json.replace('"replicas":0}}', '"replicas":99999999999999999999}}'),
      ["CloneSet shop/cart StatusMalformed"],
      "1 workload: 1 Unknown",
    ],
    ["JSON that says a key twice", json.replace('"kind"', '"kind":"Pod","kind"'), [ONE], "1 workload: 1 Healthy"],
    [
      "JSON of any depth",
      `{"apiVersion": "v1", "x": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
      [],
      "No OpenKruise object found; 1 object that is not OpenKruise's was skipped",
    ],
    [
      "aliases that stand for a billion texts",
      `apiVersion: v1\ntexts:\n${laughs("", "")}`,
      [],
      "No OpenKruise object found; 1 object that is not OpenKruise's was skipped",
    ],
    [
      "a key that every object inherits",
      '{"apiVersion": "apps.kruise.io/v1", "__proto__": {"kind": "CloneSet"}}',
      [" / NotAnObject"],
      "1 workload: 1 Unknown",
    ],
  ])("%s", async (_, text, objects, summary) => {
    const result = await run(["-"], text);
    expect(result.stderr).toBe(`${summary}\n`);
    expect(told(result)).toEqual(objects);
    expect(result.code).toBe(0);
  });

  test("50 MB of JSON", async () => {
    const big = { ...cart, metadata: { ...cart.metadata, annotations: { text: "x".repeat(10_000) } } };
    const result = await run(["-"], JSON.stringify({ kind: "List", items: Array(5_000).fill(big) }), {
      output: "table",
    });
    expect(result.stderr).toBe("5000 workloads: 5000 Healthy\n");
  });

  test.each(["utf-16le", "utf-16be"])("%s, as PowerShell may write it", async (encoding) => {
    const bytes = Buffer.from(`\uFEFF${json}`, "utf16le");
    expect(told(await run(["-"], encoding === "utf-16be" ? bytes.swap16() : bytes))).toEqual([ONE]);
  });
});

describe("a text that cannot be read", () => {
  test.each<[form: string, text: string | Uint8Array, sentence: RegExp]>([
    ["JSON that ends too early", json.slice(0, -1), /^stdin:1:\d+: It is neither JSON nor YAML: /],
    ["JSON with a colon missing", '{\n  "a" 1\n}', /^stdin:2:\d+: It is neither JSON nor YAML: /],
    ["YAML with a tab", "a:\n\tb: 1\n", /^stdin:2:1: It is neither JSON nor YAML: tab characters/],
    ["YAML that says a key twice", "a: 1\na: 2\n", /^stdin:2:1: It is neither JSON nor YAML: duplicated mapping key/],
    ["YAML with an alias of nothing", "a: *b\n", /^stdin:1:5: It is neither JSON nor YAML: unidentified alias/],
    [
      "YAML with a tag that makes code",
      "a: !!js/function x\n",
      /^stdin:1:4: It is neither JSON nor YAML: unknown scalar tag/,
    ],
    ["YAML of endless depth", `a: ${"[".repeat(5_000)}`, /^stdin:1:\d+: It is neither JSON nor YAML: nesting exceeded/],
    [
      "a table of kubectl",
      "NAMESPACE   NAME\nshop   cart\n",
      /^stdin:1:1: It is no Kubernetes object: JSON or YAML is wanted/,
    ],
    ["a text among documents", `${cartYaml}---\nhello\n`, /^stdin: Document 2 is no Kubernetes object/],
    ["bytes that are not UTF-8", Buffer.from([0x61, 0x3a, 0x0a, 0xc3, 0xa4, 0xff]), /^stdin:2:2: It is not UTF-8$/],
    ["a list that has itself in it", "&a {kind: List, items: [*a, *a]}", /^stdin: It has more than 1000000 objects/],
    [
      "lists that stand for a billion objects",
      laughs("{kind: List, items: ", "}"),
      /^stdin: It has more than 1000000 objects/,
    ],
  ])("%s", async (_, text, sentence) => {
    const result = await run(["-"], text);
    const [trouble, summary] = result.stderr.split("\n");
    expect(trouble).toMatch(sentence);
    expect(summary).toBe("No OpenKruise object found");
    expect(result.code).toBe(1);
  });

  test("more bytes than may be", async () => {
    const chunk = new Uint8Array(2 ** 20);
    const around = { stdin: streamOf(Array<Uint8Array>(INPUT_BYTES_MAX / 2 ** 20 + 1).fill(chunk)), resolve: String };
    const wanted: Arguments = { inputs: ["-"], output: "table", explain: false, failOn: undefined };
    expect((await runAssess(wanted, around, false)).stderr).toMatch(/^stdin: It is larger than 256 MiB/);
  });

  test("never moves the terminal's cursor with a text of its own", async () => {
    const { stderr } = await run(["a\u001B[2Jb", "-"], "a: !\u001B[2J x");
    expect(stderr).not.toContain("\u001B");
  });
});

describe("files and folders", () => {
  beforeAll(() => {
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    for (const name of ["all/deep", "none", "partly", "linked"]) mkdirSync(join(folder, name), { recursive: true });
    write("cart.json", json);
    write("json-inside.yaml", json);
    write("all/a.json", json);
    write("all/deep/b.YML", cartYaml);
    write("all/c.yaml", "");
    write("all/readme.md", "# not read");
    write("none/readme.md", "# not read");
    write("partly/good.yaml", cartYaml);
    write("partly/bad.yaml", "a: [\n");
    execFileSync("mkfifo", [join(folder, "linked/fifo.json"), join(folder, "fifo")]);
    symlinkSync("..", join(folder, "linked/circle.json"));
    symlinkSync("nowhere", join(folder, "linked/lost.json"));
    symlinkSync("../cart.json", join(folder, "linked/cart.json"));
  });

  test.each<[form: string, inputs: string[], objects: number, code: number, stderr: RegExp]>([
    ["a file", ["cart.json"], 1, 0, /^1 workload/],
    ["JSON in a .yaml file", ["json-inside.yaml"], 1, 0, /^1 workload/],
    ["a folder, however deep", ["all"], 2, 0, /^2 workloads/],
    ["a folder without files to read", ["none"], 0, 1, /^none: The folder has no \*\.json/],
    [
      "a file that is not there",
      ["gone.yaml", "cart.json"],
      1,
      1,
      /^gone\.yaml: There is no such file or folder\n1 workload/,
    ],
    ["a path through a file", ["cart.json/x"], 0, 1, /^cart\.json\/x: A part of the path is not a folder/],
    [
      "a folder with a file that is broken",
      ["partly"],
      1,
      1,
      /^partly\/bad\.yaml:2:1: It is neither JSON nor YAML.*\n1 workload/,
    ],
    [
      "links, of which one leads nowhere, and a FIFO",
      ["linked"],
      1,
      1,
      /^linked\/lost\.json: There is no such file or folder\n1 workload/,
    ],
  ])("%s", async (...[, inputs, objects, code, stderr]) => {
    const result = await run(inputs);
    expect(result.stderr).toMatch(stderr);
    expect(told(result)).toEqual(Array(objects).fill(ONE));
    expect(result.code).toBe(code);
  });

  test("a FIFO that is named is read, as <(kubectl get ...) makes one", async () => {
    const [result] = await Promise.all([run(["fifo"]), writeLater(join(folder, "fifo"))]);
    expect(told(result)).toEqual([ONE]);
  });
});

/** Opening a FIFO to write waits for a reader, so it may not be done on this thread. */
async function writeLater(path: string): Promise<void> {
  const { writeFile } = await import("node:fs/promises");
  await writeFile(path, json);
}

test("no JSON makes it throw, and every object of OpenKruise gets a row", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.jsonValue(), mutatedObjects()), fc.boolean(), async (value, explain) => {
      const result = await run(["-"], JSON.stringify(value) ?? "null", { explain });
      expect([0, 1]).toContain(result.code);
      expect(Array.isArray(JSON.parse(result.stdout))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("no text at all makes it throw", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array(),
        fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
      ),
      async (bytes) => {
        expect([0, 1]).toContain((await run(["-"], bytes, { output: "table" })).code);
      },
    ),
    { numRuns: 300 },
  );
});
