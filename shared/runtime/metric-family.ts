// What a metric is called and says, apart from where its numbers come from: the code and docs/metrics.md use one list.
import { Counter, Gauge, Histogram } from "prom-client";
import type { Registry } from "prom-client";

export interface MetricFamily {
  readonly name: string;
  readonly type: "gauge" | "counter" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Stable: neither name, labels nor meaning change within a major version. Alpha: they may, told in the changelog. */
  readonly stability: "Stable" | "Alpha";
  /** Upper bounds, of a histogram. */
  readonly buckets?: readonly number[];
}

/** Labels in the family's order, and the number. */
export type Sample = readonly [labels: readonly string[], value: number];

/** A gauge that is read off whenever somebody asks. */
export function readGauge(registry: Registry, family: MetricFamily, read: () => Iterable<Sample>): void {
  new Gauge({
    ...optionsOf(registry, family),
    collect() {
      this.reset();
      // Without labels prom-client would go on with 0, which is an answer too.
      if (family.labels.length === 0) this.remove();
      for (const [labels, value] of read()) this.set(named(family, labels), value);
    },
  });
}

/** A counter whose numbers are kept elsewhere and read off whenever somebody asks. */
export function readCounter(registry: Registry, family: MetricFamily, read: () => Iterable<Sample>): void {
  new Counter({
    ...optionsOf(registry, family),
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.inc(named(family, labels), value);
    },
  });
}

export function counterOf(registry: Registry, family: MetricFamily): Counter {
  return new Counter(optionsOf(registry, family));
}

export function gaugeOf(registry: Registry, family: MetricFamily): Gauge {
  return new Gauge(optionsOf(registry, family));
}

export function histogramOf(registry: Registry, family: MetricFamily): Histogram {
  return new Histogram({ ...optionsOf(registry, family), buckets: [...(family.buckets ?? [])] });
}

function optionsOf(registry: Registry, { name, help, labels }: MetricFamily) {
  return { name, help, labelNames: [...labels], registers: [registry] };
}

function named({ labels }: MetricFamily, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(labels.map((label, index) => [label, values[index] ?? ""]));
}
