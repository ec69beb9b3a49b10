import { Gauge, Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { serveProbes } from "./probes.ts";

let missing: string[];
let stuck: string[];
let series: () => Iterable<string>;
let stop: AbortController;
let ended: Promise<void>;
let base: string;

beforeEach(async () => {
  missing = [];
  stuck = [];
  series = () => [];
  stop = new AbortController();
  const listening = Promise.withResolvers<number>();
  const registry = new Registry();
  new Gauge({ name: "answer", help: "An answer", registers: [registry] }).set(42);
  const questions = { registry, missing: () => missing, stuck: () => stuck, series: () => series() };
  ended = serveProbes({ host: "127.0.0.1", port: 0, ...questions, onListening: listening.resolve }, stop.signal);
  base = `http://127.0.0.1:${await listening.promise}`;
});

afterEach(async () => {
  stop.abort();
  await ended;
});

async function get(path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(base + path);
  return { status: response.status, body: await response.text() };
}

describe("serveProbes()", () => {
  test("is alive and ready when nothing is missing", async () => {
    expect(await get("/livez")).toEqual({ status: 200, body: "ok\n" });
    expect(await get("/readyz?verbose")).toEqual({ status: 200, body: "ok\n" });
  });

  test("is alive but not ready while something is missing, and says what", async () => {
    missing = ["the serving certificate", "the lead"];
    expect((await get("/livez")).status).toBe(200);
    expect(await get("/readyz")).toEqual({ status: 503, body: "waiting for the serving certificate, the lead\n" });
  });

  test("answers 404 elsewhere", async () => {
    expect((await get("/")).status).toBe(404);
  });

  test("is not alive when a loop no longer turns, and says which", async () => {
    stuck = ["reporter"];
    expect(await get("/livez")).toEqual({ status: 503, body: "stuck reporter\n" });
    expect((await get("/readyz")).status).toBe(200);
  });

  test("shows the metrics of the registry", async () => {
    expect((await get("/metrics")).body).toContain("answer 42");
  });

  test("shows further metrics after them, and lets others have their turn between two pieces", async () => {
    let others = 0;
    let turn = setImmediate(function again() {
      others += 1;
      turn = setImmediate(again);
    });
    const seen: number[] = [];
    series = function* () {
      for (const piece of ["first 1\n", "", "last 3\n"]) {
        seen.push(others);
        others = 0;
        yield piece;
      }
    };
    expect((await get("/metrics")).body).toMatch(/answer 42\nfirst 1\nlast 3\n$/);
    clearImmediate(turn);
    expect(Math.min(...seen.slice(1))).toBeGreaterThan(0);
  });

  test.each([
    { takes: "gzip", encoding: "gzip" },
    { takes: "deflate, gzip;q=1.0, *;q=0.5", encoding: "gzip" },
    { takes: "identity", encoding: null },
    { takes: "gzip; q=0", encoding: null },
  ])("packs the metrics for who takes $takes: $encoding", async ({ takes, encoding }) => {
    series = () => ["first 1\n", "last 3\n"];
    const response = await fetch(`${base}/metrics`, { headers: { "accept-encoding": takes } });
    expect(response.headers.get("content-encoding")).toBe(encoding);
    expect(await response.text()).toMatch(/answer 42\nfirst 1\nlast 3\n$/);
  });

  test("breaks off the answer when a piece cannot be made, and goes on to serve", async () => {
    series = function* () {
      yield "first 1\n";
      throw new Error("no more");
    };
    await expect(get("/metrics")).rejects.toThrow(/^(?:terminated|fetch failed)$/);
    expect((await get("/livez")).status).toBe(200);
  });
});
