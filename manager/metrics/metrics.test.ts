import { expect, test } from "vitest";
import { makeAuthority } from "../../test/support/certificates.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { Fleet } from "../fleet/fleet.ts";
import { aReport } from "../fleet/report.fixture.ts";
import { certificateEnds } from "./certificate-ends.ts";
import { FEW, FLEET } from "./families.ts";
import { buildMetrics } from "./metrics.ts";
import type { Metrics, MetricsSource } from "./metrics.ts";

const someFleet = (clock = systemClock) => new Fleet({ clock, epochMs: 1, staleAfterMs: 90_000, heartbeatMs: 30_000 });

function build(given: Partial<MetricsSource> = {}): Metrics {
  const fleet = someFleet();
  return buildMetrics({
    version: "1.2.3",
    fleet: () => fleet,
    isLeading: () => true,
    addons: () => [],
    controllers: () => ({}),
    forwarded: () => ({ answered: 0, failed: 0 }),
    certificateEnds: () => ({}),
    workloadSeriesMax: 0,
    ...given,
  });
}

async function read({ registry, series }: Metrics): Promise<string> {
  return (await registry.metrics()) + [...series()].join("");
}

test("buildMetrics() counts the fleet when it is asked", async () => {
  const fleet = someFleet();
  const metrics = build({ fleet: () => fleet });
  expect(await read(metrics)).toContain('ocm_kruise_clusters{state="Missing"} 0');
  fleet.expect("cluster1");
  const text = await read(metrics);
  expect(text).toContain('ocm_kruise_clusters{state="Missing"} 1');
  expect(text).toContain("ocm_kruise_manager_leading 1");
  expect(text).toContain('ocm_kruise_manager_info{version="1.2.3"} 1');
});

test("a replica that does not lead says so, and nothing of the fleet", async () => {
  const text = await read(build({ isLeading: () => false }));
  expect(text).toContain("ocm_kruise_manager_leading 0");
  expect(text).not.toMatch(/^ocm_kruise_(clusters|workloads|fleet|addon|report_pace|clock)/m);
});

test("buildMetrics() tells how far apart the clocks are, of agents that report", async () => {
  const fleet = someFleet({ monotonicMs: () => 0, wallMs: () => 100_000 });
  for (const [cluster, sentMs] of [
    ["c1", 99_500],
    ["c2", 107_000],
    ["c3", undefined],
  ] as const) {
    fleet.expect(cluster);
    const { sentMs: _, ...report } = aReport([]);
    fleet.apply(cluster, sentMs === undefined ? report : { ...report, sentMs });
  }
  expect(await read(build({ fleet: () => fleet }))).toContain("ocm_kruise_clock_skew_seconds 7\n");
});

test("buildMetrics() counts what a replica has sent on to the leader, by what came of it", async () => {
  const metrics = build({ forwarded: () => ({ answered: 7, failed: 2 }), isLeading: () => false });
  await read(metrics);
  const text = await read(metrics);
  expect(text).toContain('ocm_kruise_forwarded_requests_total{outcome="answered"} 7');
  expect(text).toContain('ocm_kruise_forwarded_requests_total{outcome="failed"} 2');
});

test("buildMetrics() tells how the controllers get on, while this replica leads", async () => {
  const controllers = () => ({ deploy: { state: () => ({ due: 3, failures: 2 }) } });
  const text = await read(build({ controllers }));
  expect(text).toContain('ocm_kruise_controller_queue_depth{controller="deploy"} 3\n');
  expect(text).toContain('ocm_kruise_controller_failures_total{controller="deploy"} 2\n');
  expect(await read(build({ controllers, isLeading: () => false }))).not.toContain('{controller="deploy"}');
});

test("the meter tells how long changes have waited, of reports that were taken in and hold one", async () => {
  const metrics = build();
  const { meter } = metrics;
  meter.reported({ form: "delta", result: "Taken", bytes: 1, waitedMs: 700 });
  meter.reported({ form: "delta", result: "Taken", bytes: 1 });
  meter.reported({ form: "delta", result: "Resync", bytes: 1, waitedMs: 700 });
  const text = await read(metrics);
  expect(text).toContain("ocm_kruise_change_lag_seconds_count 1\n");
  expect(text).toContain("ocm_kruise_change_lag_seconds_sum 0.7\n");
});

test("the meter counts answers, connections, reports and watches", async () => {
  const metrics = build();
  const { meter } = metrics;
  meter.answered({ verb: "list", resource: "kruiseworkloads", code: "200", seconds: 0.02 });
  meter.connected();
  for (const result of ["Taken", "Taken", "Refused"]) meter.reported({ form: "delta", result, bytes: 100 });
  meter.watching(() => 3);
  const text = await read(metrics);
  for (const line of [
    'ocm_kruise_api_request_duration_seconds_bucket{le="0.025",verb="list",resource="kruiseworkloads",code="200"} 1',
    "ocm_kruise_api_tls_connections_total 1",
    'ocm_kruise_reports_total{form="delta",result="Taken"} 2',
    'ocm_kruise_reports_total{form="delta",result="Refused"} 1',
    "ocm_kruise_report_bytes_total 300",
    "ocm_kruise_api_watchers 3",
  ]) {
    expect(text).toContain(`${line}\n`);
  }
});

test("the end of the certificate and of its authority are told", async () => {
  const authority = await makeAuthority("serving");
  const notAfter = new Date("2030-01-01T00:00:00Z");
  const { cert } = await authority.issue({ cn: "kruise-health", notAfter });
  expect(certificateEnds(undefined)).toEqual({});
  const text = await read(build({ certificateEnds: () => certificateEnds({ cert, ca: authority.cert }) }));
  expect(text).toContain('ocm_kruise_certificate_expiration_timestamp_seconds{certificate="serving"} 1893456000\n');
  expect(text).toMatch(/expiration_timestamp_seconds\{certificate="authority"\} \d+\n/);
});

test("what is served is what docs/metrics.md lists, and nothing else under that prefix", async () => {
  const families = [...Object.values(FEW), ...Object.values(FLEET)];
  const text = await read(build({ workloadSeriesMax: 1 }));
  const served = text.matchAll(/^# TYPE (ocm_kruise_\S+) (\S+)$/gm).map(([, name, type]) => `${name} ${type}`);
  expect([...served].toSorted()).toEqual(families.map(({ name, type }) => `${name} ${type}`).toSorted());
});
