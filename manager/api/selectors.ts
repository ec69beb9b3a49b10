// Label and field selectors: text in, a test of one object's labels or fields out. Nobody else filters for us.
import { StatusError } from "./status.ts";

type Values = Readonly<Record<string, string>>;
export type Matches = (values: Values) => boolean;

const everything: Matches = () => true;
const KEY = String.raw`[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?`;
const VALUE = String.raw`[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?|`;
const PRESENCE = new RegExp(`^(!?)\\s*(${KEY})$`);
const EQUALITY = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*(${VALUE})$`);
const MEMBERSHIP = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const ONE_VALUE = new RegExp(`^(?:${VALUE})$`);
const FIELD = /^([A-Za-z0-9.]+)\s*(==|=|!=)\s*([^=!]*)$/;

/** Label selector: `key`, `!key`, =, ==, !=, in (...), notin (...), joined by commas. */
export function parseLabelSelector(text: string | null): Matches {
  if (text === null || text.trim() === "") return everything;
  return all(splitOutsideParentheses(text).map((term) => parseLabelTerm(term.trim(), text)));
}

/** Field selector: `field=value`, ==, !=, joined by commas; only the fields in `supported` can be asked for. */
export function parseFieldSelector(text: string | null, supported: readonly string[]): Matches {
  if (text === null || text.trim() === "") return everything;
  return all(text.split(",").map((term) => parseFieldTerm(term.trim(), text, supported)));
}

function parseFieldTerm(term: string, text: string, supported: readonly string[]): Matches {
  const [, field, operator, value] = FIELD.exec(term) ?? [];
  if (field === undefined || value === undefined) {
    throw refused("field", text, `"${term}" is not a term; wanted is FIELD=VALUE or FIELD!=VALUE`);
  }
  if (!supported.includes(field)) {
    throw refused("field", text, `field "${field}" cannot be selected; wanted is one of ${supported.join(", ")}`);
  }
  return operator === "!=" ? (values) => values[field] !== value : (values) => values[field] === value;
}

function parseLabelTerm(term: string, text: string): Matches {
  const presence = PRESENCE.exec(term);
  if (presence !== null) return has(presence[2] ?? "", presence[1] !== "!");
  const equality = EQUALITY.exec(term);
  if (equality !== null) {
    const [, key = "", operator, value = ""] = equality;
    return isOneOf(key, [value], operator !== "!=");
  }
  const membership = MEMBERSHIP.exec(term);
  if (membership === null) {
    throw refused("label", text, `"${term}" is not a term; wanted is KEY, !KEY, KEY=VALUE, KEY!=VALUE or KEY in (A,B)`);
  }
  const [, key = "", operator, list = ""] = membership;
  const wanted = list.split(",").map((value) => value.trim());
  const bad = wanted.find((value) => !ONE_VALUE.test(value));
  if (bad !== undefined) throw refused("label", text, `"${bad}" is not a label value`);
  return isOneOf(key, wanted, operator === "in");
}

function has(key: string, wanted: boolean): Matches {
  return (labels) => Object.hasOwn(labels, key) === wanted;
}

/** As in Kubernetes, an object without the label is not one of the values, so != and notin match it. */
function isOneOf(key: string, wanted: readonly string[], isIn: boolean): Matches {
  return (labels) => {
    const value = labels[key];
    return (value !== undefined && wanted.includes(value)) === isIn;
  };
}

function all(terms: Matches[]): Matches {
  return (values) => terms.every((term) => term(values));
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/,(?![^(]*\))/);
}

function refused(what: string, text: string, why: string): StatusError {
  return new StatusError("BadRequest", `${what} selector "${text.slice(0, 200)}" cannot be read: ${why}`);
}
