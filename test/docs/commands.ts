// The commands that the documents tell a reader to type: each is run by a test, or the page says what the machine of the
// tests lacks for it, in a comment before it: <!-- not run: needs a container registry -->
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

export interface DocumentedCommand {
  page: string;
  line: number;
  text: string;
  /** Why no test runs it, as the page says. */
  notRun?: string;
}

/** The pages that tell what to type. Decisions and figures tell what was done. */
function commandPages(): string[] {
  const found = globSync(["*.md", "docs/*.md", "docs/{using,runbooks}/**/*.md", "charts/*/README.md"], { cwd: ROOT });
  return found.filter((page) => !["CHANGELOG.md", "docs/figures.md"].includes(page)).toSorted();
}

export function documentedCommands(): DocumentedCommand[] {
  return commandPages().flatMap((page) => commandsOn(page, readFileSync(join(ROOT, page), "utf8")));
}

interface Place {
  fence: string | undefined;
  /** The reason of the mark that stands before the block or the line. */
  mark: string | undefined;
  isNotRun: boolean;
}

const MARK = /<!-- not run: (.+?) -->/;
const FENCE = /^\s*```(\w*)/;

/** Finds every command of a page: lines of `sh` blocks, `$ ` lines of transcripts, and what text tells to type. */
export function commandsOn(page: string, text: string): DocumentedCommand[] {
  const lines = text.split("\n");
  const found: DocumentedCommand[] = [];
  const place: Place = { fence: undefined, mark: undefined, isNotRun: false };
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    if (enterOrLeave(place, line)) continue;
    const reason = place.mark ?? (place.fence === undefined ? MARK.exec(line)?.[1] : undefined);
    const seen = { page, line: index + 1, ...(reason !== undefined && { notRun: reason }) };
    if (place.fence === undefined) {
      place.mark = line.trim() === "" ? place.mark : markAlone(line);
      found.push(...inlineCommands(line).map((command) => ({ ...seen, text: command })));
      continue;
    }
    const whole = wholeLine(lines, index);
    index += whole.more;
    const command = commandOf(place.fence, whole.text);
    if (command !== undefined) found.push({ ...seen, text: command });
  }
  return found;
}

/** Follows the fences; says whether this line is one. The mark before a block holds to its end. */
function enterOrLeave(place: Place, line: string): boolean {
  const [, language] = FENCE.exec(line) ?? [];
  if (language === undefined) return false;
  if (place.fence !== undefined) place.mark = undefined;
  place.fence = place.fence === undefined ? language : undefined;
  return true;
}

function markAlone(line: string): string | undefined {
  return line.trim().startsWith("<!-- not run: ") ? MARK.exec(line)?.[1] : undefined;
}

/** A command goes on in the next line after a backslash, or while a quote is open. */
function wholeLine(lines: readonly string[], from: number): { text: string; more: number } {
  let text = lines[from] ?? "";
  let more = 0;
  const goesOn = (): boolean => text.endsWith("\\") || (text.match(/'/g) ?? []).length % 2 === 1;
  while (goesOn() && !FENCE.test(lines[from + more + 1] ?? "```")) {
    more += 1;
    text = `${text.replace(/\\$/, "").trimEnd()} ${(lines[from + more] ?? "").trim()}`;
  }
  return { text, more };
}

/** The command of a line in a block; undefined for output, comments, and what only sets a variable. */
function commandOf(fence: string, line: string): string | undefined {
  const isTyped = line.trim().startsWith("$ ");
  if (!isTyped && fence !== "sh") return undefined;
  const command = withoutComment(line.trim().replace(/^\$ /, ""));
  return command === "" || /^(?:export )?\w+=\S*$/.test(command) ? undefined : command;
}

function withoutComment(line: string): string {
  return line.replace(/(?:^|\s+)#\s.*$/, "").trim();
}

/** A program and what to do with it; fewer words only name a command. */
const TYPED =
  /^(?:kubectl (?:-\S+ [^-\s]\S* )*[a-z]+ (?:-n \S+ |--raw )?[^-\s]|helm [a-z]+ [^-]|clusteradm .*--names |curl |docker |while |npm .*-- )/;

function inlineCommands(line: string): string[] {
  return [...line.matchAll(/`([^`]+)`/g)].flatMap(([, code = ""]) => (TYPED.test(code) ? [code] : []));
}
