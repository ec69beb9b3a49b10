// Makes objects: known ones with some of their parts changed, and random JSON under the name of every kind.
import type { Corpus } from "./corpus.ts";
import type { Random } from "./random.ts";

type Tree = Record<string, unknown>;

/** A generator's materials. */
interface Source {
  corpus: Corpus;
  random: Random;
}

const EDITS_MAX = 4;
const DEPTH_MAX = 3;
/** Where a change is worth most. */
const PARTS = ["spec", "status", "status", "metadata"];

/** Makes the next object. */
export function generate(source: Source): unknown {
  const { corpus, random } = source;
  if (random.oneIn(10)) return randomObject(source);
  const object = JSON.parse(random.pick(corpus.objects) ?? "{}") as Tree;
  for (let edits = 1 + random.below(EDITS_MAX); edits > 0; edits -= 1) edit(object, source);
  return object;
}

function randomObject({ corpus, random }: Source): unknown {
  const metadata = random.oneIn(4) ? randomText({ corpus, random }, DEPTH_MAX) : '{"name":"x","generation":2}';
  const [spec, status] = [randomText({ corpus, random }, DEPTH_MAX), randomText({ corpus, random }, DEPTH_MAX)];
  const parts = JSON.parse(`{"metadata":${metadata},"spec":${spec},"status":${status}}`) as Tree;
  return { ...random.pick(corpus.kinds), ...parts };
}

/** Random JSON as text: texts are put together and parsed once. */
function randomText(source: Source, depth: number): string {
  const { corpus, random } = source;
  if (depth === 0 || random.oneIn(5)) return oddText(source);
  if (random.oneIn(6)) return `[${texts(random.below(4), () => randomText(source, depth - 1))}]`;
  const entry = (): string => {
    const key = random.pick(corpus.keys) ?? "";
    return `${JSON.stringify(key)}:${random.oneIn(3) ? randomText(source, depth - 1) : valueText(key, source)}`;
  };
  return `{${texts(random.below(6), entry)}}`;
}

function texts(count: number, make: () => string): string {
  return Array.from({ length: count }, make).join(",");
}

/** A value that some known object has at this key. */
function valueText(key: string, { corpus, random }: Source): string {
  return random.pick(corpus.valuesOf.get(key) ?? corpus.odd) ?? "0";
}

/** Something that does not belong here; once in a while very much of it. */
function oddText({ corpus, random }: Source): string {
  return random.pick(random.oneIn(200) ? corpus.huge : corpus.odd) ?? "0";
}

interface Site {
  parent: Tree;
  key: string;
}

/** Walks down and stops somewhere; seldom at the root, where most changes leave nothing to be judged. */
function pickSite(root: Tree, { random }: Source): Site | undefined {
  let site: Site | undefined;
  let node: unknown = random.oneIn(10) ? root : root[random.pick(PARTS) ?? ""];
  while (typeof node === "object" && node !== null) {
    const key = random.pick(Object.keys(node));
    if (key === undefined) break;
    site = { parent: node as Tree, key };
    if (random.oneIn(5)) break;
    node = (node as Tree)[key];
  }
  return site;
}

function edit(object: Tree, source: Source): void {
  const site = pickSite(object, source);
  if (site === undefined) return;
  const { parent, key } = site;
  const { corpus, random } = source;
  switch (random.below(7)) {
    case 0:
      return remove(parent, key);
    case 1:
      return put(parent, random.pick(corpus.keys) ?? "", parent[key]);
    case 2:
      return put(parent, key, JSON.parse(randomText(source, 2)));
    case 3:
      return put(parent, key, changed(parent[key], random));
    case 4:
      return put(parent, key, JSON.parse(oddText(source)));
    case 5:
      return addTo(parent[key], source);
    default:
      return put(parent, key, JSON.parse(valueText(key, source)));
  }
}

/** Gives an object one more of the keys that objects have. */
function addTo(value: unknown, source: Source): void {
  if (typeof value !== "object" || value === null) return;
  const key = source.random.pick(source.corpus.keys) ?? "";
  put(value as Tree, key, JSON.parse(valueText(key, source)));
}

/** A value close to this one. */
function changed(value: unknown, random: Random): unknown {
  if (typeof value === "number") return value + random.below(5) - 2;
  if (typeof value === "boolean") return !value;
  if (Array.isArray(value) && value.length > 0)
    return Array.from({ length: random.below(40) }, () => random.pick(value) as unknown);
  if (typeof value === "string") return value.slice(random.below(value.length + 1)) + value;
  return value;
}

/** Sets a key as JSON.parse would: "__proto__" too is only a key. */
function put(parent: Tree, key: string, value: unknown): void {
  if (Array.isArray(parent)) putItem(parent, key, value);
  else if (key === "__proto__")
    Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
  else parent[key] = value;
}

function putItem(list: unknown[], key: string, value: unknown): void {
  const index = Number(key);
  if (index < list.length) list[index] = value;
  else list.push(value);
}

function remove(parent: Tree, key: string): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else Reflect.deleteProperty(parent, key);
}
