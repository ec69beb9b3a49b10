// The command line: what is understood, and the sentence for what is not.
import { describe, expect, test } from "vitest";
import { UsageError, parseArguments } from "./arguments.ts";
import type { Arguments } from "./arguments.ts";
import { HELP } from "./usage.ts";

const DEFAULTS: Arguments = { inputs: [], output: "table", explain: false, failOn: undefined };

test.each<[line: string, wanted: Partial<Arguments>]>([
  ["", {}],
  ["-", { inputs: ["-"] }],
  ["a.yaml folder - a.yaml", { inputs: ["a.yaml", "folder", "-"] }],
  ["-o json x", { output: "json", inputs: ["x"] }],
  ["x --output=table", { inputs: ["x"] }],
  ["--explain", { explain: true }],
  ["--fail-on Degraded", { failOn: "Degraded" }],
  ["--fail-on=pROGRESSING", { failOn: "Progressing" }],
  ["-- --explain", { inputs: ["--explain"] }],
])("understands '%s'", (line, wanted) => {
  const argv = line.split(" ").filter((word) => word !== "");
  expect(parseArguments(argv)).toEqual({ do: "assess", wanted: { ...DEFAULTS, ...wanted } });
});

test.each([
  ["--help", "help"],
  ["x -h", "help"],
  ["--version", "version"],
  ["-V", "version"],
])("'%s' asks for the %s", (line, what) => {
  expect(parseArguments(line.split(" "))).toEqual({ do: what });
});

describe("refuses", () => {
  test.each([
    ["--colour", "Unknown option '--colour'"],
    ["-x", "Unknown option '-x'"],
    ["-o yaml", "There is no output 'yaml': table or json is wanted"],
    ["--fail-on bad", "There is no health 'bad': one of Healthy, Suspended, Progressing, Unknown, Degraded is wanted"],
    [
      "--fail-on toString",
      "There is no health 'toString': one of Healthy, Suspended, Progressing, Unknown, Degraded is wanted",
    ],
    ["--fail-on", "Option '--fail-on <value>' argument missing"],
    ["--fail-on --explain", "Option '--fail-on' argument is ambiguous"],
    ["--explain=yes", "Option '--explain' does not take an argument"],
  ])("'%s'", (line, sentence) => {
    expect(() => parseArguments(line.split(" "))).toThrow(new UsageError(sentence));
  });
});

test("--help tells every option, and that time needs the agent", () => {
  for (const option of ["--output", "--explain", "--fail-on", "--help", "--version"]) expect(HELP).toContain(option);
  expect(HELP).toMatch(/UpdateStalled.*\n.*only the agent/);
});
