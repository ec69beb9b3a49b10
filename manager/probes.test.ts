import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../shared/runtime/clock.ts";
import { Fleet } from "./fleet/fleet.ts";
import { buildMetrics } from "./metrics.ts";
import { serveProbes } from "./probes.ts";

const fleet = new Fleet({ clock: systemClock, epochMs: 1, staleAfterMs: 90_000, heartbeatMs: 30_000 });
let missing: string[];
let stop: AbortController;
let ended: Promise<void>;
let base: string;

beforeEach(async () => {
  missing = [];
  stop = new AbortController();
  const listening = Promise.withResolvers<number>();
  const registry = buildMetrics({ fleet: () => fleet, isLeading: () => true });
  ended = serveProbes(
    { host: "127.0.0.1", port: 0, registry, missing: () => missing, onListening: listening.resolve },
    stop.signal,
  );
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

  test("counts the fleet when it is asked", async () => {
    expect((await get("/metrics")).body).toContain('kruise_health_clusters{state="Missing"} 0');
    fleet.expect("cluster1");
    const { body } = await get("/metrics");
    fleet.forget("cluster1");
    expect(body).toContain('kruise_health_clusters{state="Missing"} 1');
    expect(body).toContain("kruise_health_manager_leading 1");
  });
});
