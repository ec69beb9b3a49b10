// The real command as a process: what it reads, writes and ends with.
import { spawn } from "node:child_process";
import type { StdioOptions } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const docs = readFileSync(join(root, "docs/using/assess.md"), "utf8");

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function assess(
  argv: string[],
  { stdin = "", env = {} }: { stdin?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  const args = ["--import", "tsx", join(root, "assess/main.ts"), ...argv];
  const child = spawn(process.execPath, args, { cwd: root, env });
  const code = new Promise<number | null>((done) => child.once("close", done));
  child.stdin.end(stdin);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

/** What the page shows below a line with a command. */
function shown(command: string): string {
  const start = docs.indexOf(`$ ${command}\n`) + command.length + 3;
  return docs.slice(start, docs.indexOf("```", start));
}

test.each([
  ["", 0],
  ["--fail-on progressing ", 3],
  ["--explain ", 0],
])("gives what docs/using/assess.md shows for: assess -- %sdocs/using/assess-example.yaml", async (options, code) => {
  const ended = await assess([...options.split(" ").filter(Boolean), "docs/using/assess-example.yaml"]);
  expect(ended.stdout + ended.stderr).toBe(shown(`npm run -s assess -- ${options}docs/using/assess-example.yaml`));
  expect(ended.code).toBe(code);
});

test("reads the standard input when nothing is named", async () => {
  const ended = await assess(["-o", "json"]);
  expect(ended).toEqual({ code: 0, stdout: "[]\n", stderr: "No OpenKruise object found\n" });
});

test("a file that cannot be read wins over --fail-on, and the rest is judged", async () => {
  const ended = await assess(["--fail-on", "Healthy", "gone.yaml", "docs/using/assess-example.yaml"]);
  expect(ended.stderr).toMatch(/^gone\.yaml: There is no such file or folder\n3 workloads/);
  expect(ended.code).toBe(1);
});

test("a folder as the standard input is told as the mistake that it is", async () => {
  const folder = openSync(root, "r");
  const stdio: StdioOptions = [folder, "ignore", "pipe"];
  const child = spawn(process.execPath, ["--import", "tsx", "assess/main.ts"], { cwd: root, stdio });
  closeSync(folder);
  expect(await text(child.stderr as Readable)).toMatch(/^stdin: It is a folder where a file is wanted\n/);
});

test("a wrong command line is told in a sentence, with the usage", async () => {
  const ended = await assess(["--nonsense"]);
  expect(ended.stderr).toMatch(/^Unknown option '--nonsense'\n\nUsage: npm run -s assess/);
  expect(ended).toMatchObject({ code: 2, stdout: "" });
});

test("names are meant from where npm was started", async () => {
  const env = { INIT_CWD: join(root, "docs/using"), npm_lifecycle_event: "assess" };
  expect((await assess(["assess-example.yaml"], { env })).code).toBe(0);
});

test("a reader that has seen enough is no error", async () => {
  const object = { apiVersion: "apps.kruise.io/v1alpha1", kind: "CloneSet", metadata: { name: "x".repeat(200) } };
  const child = spawn(process.execPath, ["--import", "tsx", "assess/main.ts"], { cwd: root });
  child.stdout.once("data", () => child.stdout.destroy());
  const code = new Promise<number | null>((done) => child.once("close", done));
  child.stdin.end(JSON.stringify({ kind: "List", items: Array(20_000).fill(object) }));
  expect(await text(child.stderr)).toBe("20000 workloads: 20000 Progressing\n");
  expect(await code).toBe(0);
});
