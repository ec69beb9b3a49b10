// Builds a record anew from the parts that packed.ts made. A shape is read once into a tree of nodes, which is then
// filled from the data of each row. Parts without anything of a row's own are shared by all records, and frozen.
import { ByteReader } from "./bytes.ts";
import { HOLES, MESSAGE, NUMBER_MARK } from "./packed.ts";

type Node = (reader: ByteReader) => unknown;

const FILLERS: Readonly<Record<number, Node>> = {
  [HOLES.count]: (reader) => reader.count(),
  [HOLES.date]: (reader) => reader.date(),
  [HOLES.hash]: (reader) => reader.hash(),
  [HOLES.text]: (reader) => reader.text(),
  [HOLES.plain]: (reader) => reader.plain(),
};

/** The uid of a packed record, without the rest of it. */
export function uidOf(data: string): string {
  return new ByteReader(data).uid();
}

/** A shape that was read: what gives the members of a record, without those of its identity, in the order they had. */
export class Form {
  readonly #members: [key: string, node: Node][];

  constructor(shape: string) {
    const tree = JSON.parse(shape) as Record<string, unknown>;
    this.#members = Object.entries(tree).map(([key, value]) => [key, nodeOf(value)]);
  }

  /** Adds the members to an object that has those of the identity. */
  fill(record: Record<string, unknown>, data: string): void {
    const reader = new ByteReader(data);
    record["u"] = reader.uid();
    for (const [key, node] of this.#members) record[key] = node(reader);
  }
}

function nodeOf(value: unknown): Node {
  if (typeof value === "number") return FILLERS[value] ?? fail(value);
  if (!isOwn(value)) {
    freeze(value);
    return () => value;
  }
  if (!Array.isArray(value)) return objectNode(value as Record<string, unknown>);
  if (value[0] === MESSAGE) return messageNode(String(value[1]));
  const nodes = value.map(nodeOf);
  return (reader) => nodes.map((node) => node(reader));
}

function objectNode(value: Record<string, unknown>): Node {
  const members = Object.entries(value).map(([key, member]): [string, Node] => [key, nodeOf(member)]);
  return (reader) => {
    const object: Record<string, unknown> = {};
    for (const [key, node] of members) object[key] = node(reader);
    return object;
  };
}

function messageNode(text: string): Node {
  const [first = "", ...parts] = text.split(NUMBER_MARK);
  return (reader) => {
    let message = first;
    for (const part of parts) message += String(reader.count()) + part;
    return message;
  };
}

/** Whether something in here is a row's own. Each number of a shape is a hole. */
function isOwn(value: unknown): boolean {
  if (typeof value === "number") return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(isOwn);
}

function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  Object.values(value).forEach(freeze);
  Object.freeze(value);
}

function fail(value: number): never {
  throw new Error(`a packed record has the form ${value}: wanted is one of packed.ts`);
}
