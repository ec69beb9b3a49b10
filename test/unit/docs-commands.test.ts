// Every command that the documents tell to type is run by a test, or the page says why none does.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commandsOn, documentedCommands } from "../docs/commands.ts";
import type { DocumentedCommand } from "../docs/commands.ts";
import { ELSEWHERE } from "../docs/commands-elsewhere.ts";
import { lackingFor, runOf } from "../docs/commands-run.ts";

const ROOT = join(import.meta.dirname, "../..");
const NOWHERE = { c1Kubeconfig: "c1", pod: "pod", revision: "1", folder: "/tmp", proxy: "http://proxy" };
const documented = documentedCommands();

function fateOf(command: DocumentedCommand): string | undefined {
  if (command.notRun !== undefined || lackingFor(command) !== undefined) return "not run, and the page says why";
  if (ELSEWHERE[command.text] !== undefined) return "run by another suite";
  return runOf(command, NOWHERE) && "run by docs.e2e.ts";
}

test("every command of the documents is run by a test, or has a mark: <!-- not run: needs ... -->", () => {
  const open = documented.filter((command) => fateOf(command) === undefined);
  expect(open.map(({ page, line, text }) => `${page}:${line}  ${text}`)).toEqual([]);
});

test("the documents have commands of each fate", () => {
  const fates = new Map<string, number>();
  for (const fate of documented.map(fateOf)) fates.set(fate ?? "", (fates.get(fate ?? "") ?? 0) + 1);
  expect(Math.min(...fates.values()), JSON.stringify([...fates])).toBeGreaterThan(5);
});

describe("a command that is run elsewhere", () => {
  test.each(Object.entries(ELSEWHERE))("is on a page, and in the file that runs it: %s", (text, { file, shows }) => {
    expect(documented.map((command) => command.text)).toContain(text);
    expect(existsSync(join(ROOT, file)) && readFileSync(join(ROOT, file), "utf8")).toContain(shows);
  });
});

describe("commandsOn()", () => {
  const texts = (...lines: string[]) => commandsOn("a.md", lines.join("\n")).map(({ text }) => text);

  test.each([
    {
      what: "lines of sh blocks, without comments",
      lines: ["```sh", "kubectl get pods   # all", "# note", "```"],
      found: ["kubectl get pods"],
    },
    { what: "typed lines of transcripts", lines: ["```", "$ helm list -A", "NAME", "```"], found: ["helm list -A"] },
    {
      what: "a line that goes on",
      lines: ["```sh", "helm install a b \\", "  --set c=d", "```"],
      found: ["helm install a b --set c=d"],
    },
    {
      what: "a quote that goes on",
      lines: ["```sh", "kubectl patch x -p '{", "}'", "```"],
      found: ["kubectl patch x -p '{ }'"],
    },
    {
      what: "commands in text",
      lines: ["Type `kubectl get kwl -A`, not `kubectl get`."],
      found: ["kubectl get kwl -A"],
    },
    { what: "nothing of other blocks", lines: ["```yaml", "kubectl: get", "```"], found: [] },
    {
      what: "nothing that only sets a variable",
      lines: ["```sh", "export KUBECONFIG=a", "api=http://b", "```"],
      found: [],
    },
  ])("finds $what", ({ lines, found }) => {
    expect(texts(...lines)).toEqual(found);
  });

  test("takes a mark for the block or the line behind it, and no further", () => {
    const lines = [
      "<!-- not run: needs a moon -->",
      "```sh",
      "docker push a",
      "docker push b",
      "```",
      "",
      "```sh",
      "docker push c",
      "```",
    ];
    expect(commandsOn("a.md", lines.join("\n")).map(({ text, notRun, line }) => [text, notRun, line])).toEqual([
      ["docker push a", "needs a moon", 3],
      ["docker push b", "needs a moon", 4],
      ["docker push c", undefined, 8],
    ]);
  });
});
