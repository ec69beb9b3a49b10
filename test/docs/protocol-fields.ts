// docs/protocol-fields.md: every field of a report and of its answer, as the schemas have them.
import * as z from "zod";
import { COUNTERS_NAMED, WorkloadRecord } from "../../shared/kruise/record.ts";
import { REPORT_BYTES_MAX, Report, ReportAnswer } from "../../shared/wire/report.ts";

/** The part of JSON Schema that the tables are made of. */
interface Schema {
  type?: string;
  const?: unknown;
  enum?: string[];
  anyOf?: Schema[];
  format?: string;
  pattern?: string;
  maxLength?: number;
  maxItems?: number;
  minimum?: number;
  exclusiveMinimum?: number;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  prefixItems?: Schema[];
  propertyNames?: Schema;
  additionalProperties?: Schema | boolean;
}

/** Vocabularies longer than this have a page of their own. */
const WORDS_MAX = 15;

/** Every field with its type, bound and meaning. */
export function protocolFieldsPage(): string {
  return [
    "# Fields of the report protocol",
    "",
    "Written from the schemas in `shared/wire/report.ts` and `shared/kruise/record.ts` by `npm run gen`; what they are for: [the report protocol](protocol.md).",
    "",
    "A field marked with * may be absent. Texts are bounded in characters, and `m` in bytes; integers are safe integers (below 2^53), counts are 0 or more.",
    `A whole report has at most ${REPORT_BYTES_MAX} bytes after decompression. The words of a vocabulary are those of this version: see [versions](protocol.md#versions).`,
    "",
    "## Report",
    "",
    ...tables(Report, new Set(["records[]"])),
    "## Record",
    "",
    "One workload: an item of `records` in a report, and in the answer to a recall.",
    "",
    ...tables(WorkloadRecord, new Set()),
    "The counters, by kind:",
    "",
    ...COUNTERS_NAMED.trim()
      .split("\n")
      .map((line) => `- ${line}`),
    "",
    "## Answer",
    "",
    ...tables(ReportAnswer, new Set(["status.records[]"])),
  ].join("\n");
}

function tables(schema: z.ZodType, leaveOut: ReadonlySet<string>): string[] {
  const root = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Schema;
  return ["| field | type | meaning |", "|---|---|---|", ...rows(root, "", leaveOut), ""];
}

function rows({ properties = {}, required = [] }: Schema, path: string, leaveOut: ReadonlySet<string>): string[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const star = required.includes(name) ? "" : "*";
    const own = `| \`${path}${name}\`${star} | ${typeOf(field)} | ${field.description ?? ""} |`;
    const item = field.items?.properties ? field.items : undefined;
    const below = `${path}${name}${item === undefined ? "" : "[]"}`;
    return leaveOut.has(`${path}${name}[]`) ? [own] : [own, ...rows(item ?? field, `${below}.`, leaveOut)];
  });
}

function typeOf(field: Schema): string {
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``;
  if (field.enum !== undefined) return wordsOf(field.enum);
  if (field.prefixItems !== undefined) return `[${field.prefixItems.map(typeOf).join(", ")}]`;
  if (field.type === "string") return textOf(field);
  if (field.type === "integer") return integerOf(field);
  if (field.type === "array")
    return `list${field.maxItems === undefined ? "" : `, at most ${field.maxItems}`}${itemsOf(field.items)}`;
  if (field.propertyNames !== undefined)
    return `map from ${typeOf(field.propertyNames).replace(", at most 63", "")} to count`;
  return field.type === "object" ? "map" : (field.type ?? "any");
}

function itemsOf(items: Schema | undefined): string {
  return items === undefined || items.properties !== undefined || items.anyOf !== undefined
    ? ""
    : ` of ${typeOf(items)}`;
}

function wordsOf(words: readonly string[]): string {
  return words.length > WORDS_MAX ? "word, at most 63" : words.map((word) => `\`${word}\``).join(", ");
}

function textOf({ format, pattern, maxLength }: Schema): string {
  if (format === "date-time") return "date, RFC 3339 in UTC";
  if (maxLength !== undefined) return `text, at most ${maxLength}`;
  return pattern === undefined ? "text" : `text \`${pattern}\``;
}

function integerOf({ minimum, exclusiveMinimum }: Schema): string {
  if (exclusiveMinimum === 0) return "integer, 1 or more";
  return minimum === 0 ? "count" : "integer";
}
