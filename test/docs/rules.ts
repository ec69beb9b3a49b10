// docs/rules.md: every rule, in the order in which it is tried.
import { splitVerdict } from "../../shared/health/decision.ts";
import { cell, verdictLink } from "./links.ts";
import { BEFORE_ANY_KIND, STAGE_TWO, ruleSections, sectionAnchor } from "./rule-sections.ts";
import type { RuleRow, RuleSection } from "./rule-sections.ts";

/** Every decision table, and the rules of stage two. */
export function rulesPage(): string {
  const sections = ruleSections();
  return [
    "# Rules",
    "",
    "Written from the tables in `shared/health` by `npm run gen`. What a verdict means and what to do: [reasons](reasons.md).",
    "",
    "An object is judged in two stages. Stage one knows the object alone: the rules before those of any kind are tried first, then those of its",
    "kind, from the top; the first whose test is met decides. Stage two, in the agent, adds time and history.",
    "",
    ...sections.flatMap((section, index) => sectionText(section, sections.slice(0, index))),
  ].join("\n");
}

function sectionText(section: RuleSection, earlier: readonly RuleSection[]): string[] {
  const { own, shared } = splitShared(section, earlier);
  return [
    `## ${section.title}`,
    "",
    ...introductionTo(section.title),
    ...(own.length === 0 ? [] : ["| rule | when | verdict |", "|---|---|---|", ...own.map(row), ""]),
    ...shared,
  ];
}

function introductionTo(title: string): string[] {
  if (title === BEFORE_ANY_KIND) return ["What must be true of an object before its numbers may be read.", ""];
  if (title !== STAGE_TWO) return [];
  return [
    "The first whose test is met and whose time is up; if there is none, the verdict of stage one stays. The times are the defaults:",
    "see [settings](settings.md). Progress is a number that comes nearer to its goal than it ever was. While OpenKruise itself is not healthy,",
    "no time runs.",
    "",
  ];
}

/** A kind that ends with the rules of an earlier one names them only. */
function splitShared({ rules }: RuleSection, earlier: readonly RuleSection[]): { own: RuleRow[]; shared: string[] } {
  const source = earlier.find((section) => rules.some((rule) => section.rules.includes(rule)));
  const own = rules.filter((rule) => !source?.rules.includes(rule));
  const taken = rules.filter((rule) => source?.rules.includes(rule));
  const [first, last] = [taken[0], taken.at(-1)];
  if (source === undefined || first === undefined || last === undefined) return { own, shared: [] };
  const words = own.length === 0 ? "The rules" : "Then the rules";
  return {
    own,
    shared: [`${words} ${first.id} to ${last.id} of [${source.title}](${sectionAnchor(source.title)}).`, ""],
  };
}

function row({ id, when, verdict }: RuleRow): string {
  const { health, reason } = splitVerdict(verdict);
  return `| ${id} | ${cell(when)} | ${verdictLink(health, reason)} |`;
}
