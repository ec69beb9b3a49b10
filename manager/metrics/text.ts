// Prometheus' text format, for the families that are too many series for prom-client: it renders each family at one stroke,
// and a manager that renders 100,000 series at one stroke serves nobody meanwhile.
import type { MetricFamily, Sample } from "../../shared/runtime/metric-family.ts";

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", '"': '\\"' };

/** The lines before a family's samples. */
export function headOf({ name, help, type }: MetricFamily): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

/** One sample's line. */
export function lineOf({ name, labels }: MetricFamily, [values, number]: Sample): string {
  const pairs = labels.map((label, index) => `${label}="${escapeValue(values[index] ?? "")}"`);
  return pairs.length === 0 ? `${name} ${number}\n` : `${name}{${pairs.join(",")}} ${number}\n`;
}

function escapeValue(text: string): string {
  return text.replace(/[\\\n"]/g, (char) => ESCAPES[char] ?? char);
}
