// The feedback API for tests: a fleet with three clusters, a clock that tests set, callers named by a header.
import { pino } from "pino";
import { Fleet } from "../fleet/fleet.ts";
import { aRecord, aReport } from "../fleet/report.fixture.ts";
import type { Identity } from "./authentication.ts";
import type { AccessSpec } from "./authorisation.ts";
import type { Api, ApiDeps } from "./deps.ts";
import { buildApi } from "./server.ts";

export const ROOT = "/apis/kruise-health.open-cluster-management.io/v1alpha1";
export const START_MS = Date.parse("2026-11-20T12:00:00Z");
export const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

export function agentOf(cluster: string): string {
  return `system:open-cluster-management:cluster:${cluster}:addon:kruise-health:agent:kruise-health`;
}

export interface World {
  fleet: Fleet;
  app: Api;
  /** Moves both clocks. */
  advance(ms: number): void;
  /** What the hub was asked to review. */
  reviews: AccessSpec[];
}

/** c1 reports three workloads and c2 one; c3 has not reported. */
export function buildWorld(deps: Partial<ApiDeps> = {}): World {
  let nowMs = 0;
  const clock = { monotonicMs: () => 1000 + nowMs, wallMs: () => START_MS + nowMs };
  const fleet = new Fleet({ clock, epochMs: START_MS, staleAfterMs: 90_000, heartbeatMs: 30_000 });
  for (const cluster of ["c2", "c1", "c3"]) fleet.expect(cluster);
  const ro = { st: "InPlaceIfPossible", pt: "20%", upd: "web-7d9c" };
  fleet.apply(
    "c1",
    aReport([
      aRecord(),
      aRecord({ n: "web", h: "Degraded", r: "UpdateStalled", m: "no progress", ro, img: [["web", "shop/web:2"]] }),
      aRecord({ k: "SidecarSet", ns: "", n: "log", c: { m: 7, up: 6, rdy: 7 }, h: "Progressing", r: "Updating" }),
    ]),
  );
  fleet.apply("c2", aReport([aRecord({ n: "pay", ns: "bank" })]));
  const reviews: AccessSpec[] = [];
  const reviewAccess = async (spec: AccessSpec) => {
    reviews.push(spec);
    return spec.user === "reader";
  };
  const app = buildApi({
    fleet,
    log: pino({ level: "silent" }),
    clock,
    random: () => 0,
    tls: { cert: "", key: "", clientCas: [] },
    identify: (request) => identityOf(request.headers["x-test-user"], request.headers["x-test-via"]),
    reviewAccess,
    isLeading: () => true,
    version: "0.1.0",
    ...deps,
  });
  return { fleet, app, advance: (ms) => (nowMs += ms), reviews };
}

function identityOf(user: string | string[] | undefined, via: string | string[] | undefined): Identity | undefined {
  if (typeof user !== "string") return undefined;
  return { user, uid: undefined, groups: [], extra: {}, via: via === "Certificate" || via === "Token" ? via : "Proxy" };
}
