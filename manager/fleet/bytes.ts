// Writes and reads the data of a packed record: numbers, dates and texts in few bytes, one byte a character of a string,
// which takes the least memory of all that JavaScript has.
import { dateOfSeconds, secondsOfDate } from "./dates.ts";
import { WORDS, indexOfWord } from "./words.ts";

const SMALLEST_BYTES = 1024;
const ONE_BYTE = /^[\0-\u00ff]*$/;
const HASH = /^[0-9a-f]{8}$/;
/** Texts that are looked up among the known words. */
const WORD_LENGTH_MAX = 63;

/** What a plain value begins with; from `word` on it is a word, by its place in the list. */
const TAGS = { false: 0, true: 1, null: 2, count: 3, number: 4, date: 5, text: 6, array: 7, object: 8, word: 9 };

export function isHash(value: string): boolean {
  return HASH.test(value);
}

/** An integer from zero on that a double holds exactly. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}

export class ByteWriter {
  #bytes = Buffer.allocUnsafe(SMALLEST_BYTES);
  #length = 0;
  #previousDate = 0;

  /** Ends what was written, and begins anew. */
  end(): string {
    const data = this.#bytes.toString("latin1", 0, this.#length);
    this.#length = 0;
    this.#previousDate = 0;
    return data;
  }

  /** Seven bits a byte, the lowest first; the highest bit says that more follow. */
  count(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Seconds, as the distance from the date before, which is mostly short. */
  date(seconds: number): void {
    const distance = seconds - this.#previousDate;
    this.#previousDate = seconds;
    this.count(distance < 0 ? -2 * distance - 1 : 2 * distance);
  }

  /** Eight hex digits. */
  hash(value: string): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32BE(Number.parseInt(value, 16), this.#length);
  }

  /** A uid's beginning: eight hex digits, or whatever there is. */
  uid(value: string): void {
    this.count(Number(isHash(value)));
    if (isHash(value)) this.hash(value);
    else this.text(value);
  }

  text(value: string): void {
    const isNarrow = ONE_BYTE.test(value);
    const bytes = isNarrow ? value.length : 2 * value.length;
    this.count(2 * bytes + Number(!isNarrow));
    this.#reserve(bytes);
    this.#length += this.#bytes.write(value, this.#length, isNarrow ? "latin1" : "utf16le");
  }

  /** Any value of JSON, with what it is. */
  plain(value: unknown): void {
    if (typeof value === "string") this.#plainText(value);
    else if (typeof value === "number") this.#plainNumber(value);
    else if (Array.isArray(value)) this.#plainItems(value);
    else if (typeof value === "object" && value !== null) this.#plainMembers(value);
    else if (value === null) this.count(TAGS.null);
    else this.count(value === true ? TAGS.true : TAGS.false);
  }

  #plainText(value: string): void {
    const index = value.length <= WORD_LENGTH_MAX ? indexOfWord(value) : undefined;
    if (index !== undefined) {
      this.count(TAGS.word + index);
      return;
    }
    const seconds = secondsOfDate(value);
    this.count(seconds === undefined ? TAGS.text : TAGS.date);
    if (seconds === undefined) this.text(value);
    else this.date(seconds);
  }

  #plainNumber(value: number): void {
    if (isCount(value)) {
      this.count(TAGS.count);
      this.count(value);
    } else {
      this.count(TAGS.number);
      this.text(Object.is(value, -0) ? "-0" : String(value));
    }
  }

  #plainItems(items: readonly unknown[]): void {
    this.count(TAGS.array);
    this.count(items.length);
    for (const item of items) this.plain(item);
  }

  #plainMembers(object: object): void {
    const members = Object.entries(object).filter(([, value]) => value !== undefined);
    this.count(TAGS.object);
    this.count(members.length);
    for (const [key, value] of members) {
      this.plain(key);
      this.plain(value);
    }
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** Reads what a writer wrote, in the same order. */
export class ByteReader {
  readonly #data: string;
  #position = 0;
  #previousDate = 0;

  constructor(data: string) {
    this.#data = data;
  }

  count(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#byte();
      if (byte < 128) return value + byte * factor;
      value += (byte - 128) * factor;
      factor *= 128;
    }
  }

  date(): string {
    const distance = this.count();
    this.#previousDate += distance % 2 === 0 ? distance / 2 : -(distance + 1) / 2;
    return dateOfSeconds(this.#previousDate);
  }

  hash(): string {
    const value = ((this.#byte() * 256 + this.#byte()) * 256 + this.#byte()) * 256 + this.#byte();
    return value.toString(16).padStart(8, "0");
  }

  uid(): string {
    return this.count() === 1 ? this.hash() : this.text();
  }

  text(): string {
    const size = this.count();
    const start = this.#position;
    this.#position += Math.floor(size / 2);
    const bytes = this.#data.slice(start, this.#position);
    return size % 2 === 0 ? bytes : Buffer.from(bytes, "latin1").toString("utf16le");
  }

  plain(): unknown {
    const tag = this.count();
    if (tag >= TAGS.word) return WORDS[tag - TAGS.word];
    if (tag === TAGS.object) return this.#members();
    if (tag === TAGS.array) return Array.from({ length: this.count() }, () => this.plain());
    if (tag === TAGS.count) return this.count();
    if (tag === TAGS.date) return this.date();
    if (tag === TAGS.text) return this.text();
    if (tag === TAGS.number) return Number(this.text());
    return tag === TAGS.null ? null : tag === TAGS.true;
  }

  #members(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    for (let left = this.count(); left > 0; left -= 1) {
      const key = String(this.plain());
      object[key] = this.plain();
    }
    return object;
  }

  #byte(): number {
    return this.#data.charCodeAt(this.#position++);
  }
}
