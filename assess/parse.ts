// Text to documents. JSON.parse is tried first where the text looks like JSON: it takes 50 MB in a blink. All else is
// YAML, of which JSON is a part, so that its parser also says where broken JSON is broken.
import { CORE_SCHEMA, YAMLException, loadAll, mergeTag } from "js-yaml";
import { InputError } from "./trouble.ts";

// No tag of this schema makes anything but JSON's own types: no date, no code. Aliases share what they name, and the
// parser bounds nesting and merges by itself.
const SCHEMA = CORE_SCHEMA.withTags(mergeTag);

/**
 * Parses the documents of a text; those that are empty are left out.
 * @throws InputError
 */
export function parseDocuments(text: string): unknown[] {
  const documents = parseJson(text) ?? parseYaml(text);
  const odd = documents.findIndex((document) => typeof document !== "object");
  if (odd < 0) return documents;
  const which = documents.length === 1 ? "It" : `Document ${odd + 1}`;
  const sentence = `${which} is no Kubernetes object: JSON or YAML is wanted, as kubectl writes it with -o json`;
  throw new InputError(sentence, odd === 0 ? { line: 1, column: 1 } : undefined);
}

function parseJson(text: string): unknown[] | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return [JSON.parse(text)];
  } catch {
    return undefined;
  }
}

function parseYaml(text: string): unknown[] {
  try {
    return loadAll(text, { schema: SCHEMA }).filter((document) => document !== null);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw new InputError("It is neither JSON nor YAML");
    const { reason, mark } = error;
    throw new InputError(
      `It is neither JSON nor YAML: ${reason}`,
      mark && { line: mark.line + 1, column: mark.column + 1 },
    );
  }
}
