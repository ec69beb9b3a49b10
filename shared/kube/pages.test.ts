import { describe, expect, it } from "vitest";
import { ScriptedKube } from "../../test/support/scripted-kube.ts";
import { ApiError, tooLarge } from "./errors.ts";
import { listPages } from "./pages.ts";
import type { KubeRequest } from "./types.ts";

const THINGS = { group: "test", version: "v1", plural: "things" };

/** Objects that are served as pages; only their sizes matter. */
class Collection {
  readonly #sizes: readonly number[];
  readonly kube = new ScriptedKube((request) => this.#page(request));

  constructor(sizes: readonly number[]) {
    this.#sizes = sizes;
  }

  get limits(): unknown[] {
    return this.kube.requests.map(({ query }) => query?.["limit"]);
  }

  #page({ query = {}, maxBytes, onBody }: KubeRequest): unknown {
    const start = Number(query["continue"] ?? 0);
    const end = Math.min(start + Number(query["limit"]), this.#sizes.length);
    const bytes = this.#sizes.slice(start, end).reduce((sum, size) => sum + size, 0);
    if (maxBytes !== undefined && bytes > maxBytes) throw tooLarge("GET things", maxBytes);
    onBody?.(bytes);
    const next = end < this.#sizes.length ? { continue: String(end) } : {};
    const items = Array.from({ length: end - start }, (_, i) => start + i);
    return { metadata: { resourceVersion: "1", ...next }, items };
  }
}

async function read({ kube }: Collection, options: { limit?: number; pageBytes?: number }): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const page of listPages(kube, { resource: THINGS, ...options })) items.push(...page.items);
  return items;
}

const all = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("listPages()", () => {
  it("asks for as many objects as it is told, when the size of pages does not matter", async () => {
    const collection = new Collection(Array<number>(25).fill(1e6));
    expect(await read(collection, { limit: 10 })).toEqual(all(25));
    expect(collection.limits).toEqual([10, 10, 10]);
  });

  it.each([
    ["small objects by the limit", 10, 310, [10, 100, 100, 100]],
    ["objects of some size by their bytes", 5_000, 60, [10, 20, 20, 20]],
    ["large objects one by one", 300_000, 13, [10, 1, 1, 1]],
  ])("pages %s", async (_what, size, count, limits) => {
    const collection = new Collection(Array<number>(count).fill(size));
    expect(await read(collection, { limit: 100, pageBytes: 100_000 })).toEqual(all(count));
    expect(collection.limits).toEqual(limits);
  });

  it("fault 3: gives up a page that is far too large and asks for less, object by object if need be", async () => {
    const collection = new Collection([...Array<number>(10).fill(1_000), ...Array<number>(40).fill(3_000_000)]);
    expect(await read(collection, { limit: 100, pageBytes: 100_000 })).toEqual(all(50));
    expect(collection.limits.slice(0, 6)).toEqual([10, 100, 25, 6, 1, 1]);
    expect(new Set(collection.limits.slice(6))).toEqual(new Set([1]));
  });

  it("passes on every other error, and one object that is too large for the server", async () => {
    const kube = new ScriptedKube(() => {
      throw new ApiError("busy", { status: 503, reason: "ServiceUnavailable" });
    });
    await expect(listPages(kube, { resource: THINGS, pageBytes: 1 }).next()).rejects.toThrow("busy");
    expect(kube.requests).toHaveLength(1);
    const endless = new ScriptedKube(() => {
      throw tooLarge("GET things", 1);
    });
    await expect(listPages(endless, { resource: THINGS, pageBytes: 1 }).next()).rejects.toThrow("longer than");
    expect(endless.requests.map(({ maxBytes }) => maxBytes)).toEqual([32, 32, undefined]);
  });
});
