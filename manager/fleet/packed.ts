// Packs a record in two parts: what many clusters have in common (the shape: a text that is kept once) and what is a
// cluster's own (the data: numbers, dates, hashes, histories). Works for any member that a record may have.
// Equal records with their keys in the same order have equal parts, so records are compared by comparing the parts.
import type { ReceivedRecord } from "../../shared/kruise/received-record.ts";
import { ByteWriter, isCount, isHash } from "./bytes.ts";
import { secondsOfDate } from "./dates.ts";

/** Where the shape has a number of this list, the data have a value of that form. */
export const HOLES = {
  count: 0,
  date: 1,
  /** Eight hex digits. */
  hash: 2,
  text: 3,
  /** Any value, which says what it is. */
  plain: 4,
} as const;
/** Opens an array [MESSAGE, text] in the shape: each NUMBER_MARK of the text is a count of the data. */
export const MESSAGE = 5;
export const NUMBER_MARK = "\u0001";

export interface Packed {
  shape: string;
  /** One byte a character. */
  data: string;
}

/** Members of the identity, which is kept beside, and the uid, which the data begin with. */
const APART = new Set(["g", "k", "ns", "n", "u"]);
/** Members that are as a whole a cluster's own. */
const OWN = new Set(["hist", "why"]);
/** Members, at any depth, whose text is a cluster's own. Dates are here for those that are not in whole seconds. */
const OWN_TEXTS = new Set(["cur", "upd", "since", "prog", "last"]);
const NUMBERS = /0|[1-9]\d{0,8}/g;
/** Names of members that are remembered as JSON writes them: all that are known, and some of newer agents. */
const KEYS_MAX = 500;
const keyTexts = new Map<string, string>();

/** Packs one record after the other; it has no state between two of them. */
export class Packer {
  readonly #data = new ByteWriter();
  #shape = "";
  /** Messages of workloads in trouble name pods and times: no two of them are alike. */
  #inTrouble = false;

  pack(record: ReceivedRecord): Packed {
    this.#shape = "";
    this.#inTrouble = record.h === "Degraded" || record.h === "Unknown";
    this.#data.uid(record.u);
    this.#members(record, APART);
    return { shape: this.#shape, data: this.#data.end() };
  }

  #value(key: string, value: unknown): void {
    if (typeof value === "number") this.#number(value);
    else if (typeof value === "string") this.#string(key, value);
    else if (Array.isArray(value)) this.#items(key, value);
    else if (typeof value === "object" && value !== null) this.#members(value);
    else this.#shape += String(value);
  }

  #members(object: object, without?: ReadonlySet<string>): void {
    let separator = "{";
    for (const key of Object.keys(object)) {
      const value = (object as Record<string, unknown>)[key];
      if (value === undefined || without?.has(key) === true) continue;
      this.#shape += separator + (keyTexts.get(key) ?? keyText(key));
      separator = ",";
      if (OWN.has(key)) this.#plain(value);
      else this.#value(key, value);
    }
    this.#shape += separator === "{" ? "{}" : "}";
  }

  #items(key: string, items: readonly unknown[]): void {
    let separator = "[";
    for (const item of items) {
      this.#shape += separator;
      separator = ",";
      this.#value(key, item);
    }
    this.#shape += separator === "[" ? "[]" : "]";
  }

  #number(value: number): void {
    if (!isCount(value)) this.#plain(value);
    else {
      this.#hole(HOLES.count);
      this.#data.count(value);
    }
  }

  #string(key: string, value: string): void {
    const seconds = secondsOfDate(value);
    if (seconds !== undefined) {
      this.#hole(HOLES.date);
      this.#data.date(seconds);
    } else if (key === "m") this.#message(value);
    else if (!OWN_TEXTS.has(key)) this.#shape += JSON.stringify(value);
    else if (isHash(value)) {
      this.#hole(HOLES.hash);
      this.#data.hash(value);
    } else this.#text(value);
  }

  #message(value: string): void {
    if (this.#inTrouble || value.includes(NUMBER_MARK)) {
      this.#text(value);
      return;
    }
    const text = value.replace(NUMBERS, (digits) => {
      this.#data.count(Number(digits));
      return NUMBER_MARK;
    });
    this.#shape += `[${MESSAGE},${JSON.stringify(text)}]`;
  }

  #text(value: string): void {
    this.#hole(HOLES.text);
    this.#data.text(value);
  }

  #plain(value: unknown): void {
    this.#hole(HOLES.plain);
    this.#data.plain(value);
  }

  #hole(form: number): void {
    this.#shape += String(form);
  }
}

function keyText(key: string): string {
  if (keyTexts.size >= KEYS_MAX) keyTexts.clear();
  const text = `${JSON.stringify(key)}:`;
  keyTexts.set(key, text);
  return text;
}
