// How a figure is worked out and printed.

/** The value below which `share` (0 to 1) of the samples lie. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Prints one figure beside its baseline, both in the same unit. */
export function printFigure(name: string, value: number, unit: string, baseline: number): void {
  const ratio = (value / baseline).toPrecision(3);
  console.log(`figure ${name} ${value.toFixed(1)} ${unit} baseline ${baseline.toFixed(1)} ratio ${ratio}`);
}

/** The straight line that lies nearest to some points (least squares). */
export function fitLine(points: readonly { x: number; y: number }[]): { slope: number; intercept: number } {
  const mean = (read: (point: { x: number; y: number }) => number): number =>
    points.reduce((sum, point) => sum + read(point), 0) / points.length;
  const [meanX, meanY] = [mean(({ x }) => x), mean(({ y }) => y)];
  const together = mean(({ x, y }) => (x - meanX) * (y - meanY));
  const slope = together / mean(({ x }) => (x - meanX) ** 2);
  return { slope, intercept: meanY - slope * meanX };
}
