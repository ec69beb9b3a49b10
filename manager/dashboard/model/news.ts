// What a screen reader is told of changes: not each, but now and then how many there were of which kind.
import type { Health } from "./health.ts";
import type { Turn } from "./store.ts";

/** Pause between two announcements. */
export const ANNOUNCE_MS = 10_000;

const NAMED_MAX = 2;

export class News {
  readonly #turned = new Map<string, { title: string; cluster: string; to: Health; from: Health | undefined }>();

  /** Counts what gets worse than it was to Degraded or Unknown, and what leaves these. */
  add({ cell, from }: Turn): void {
    const key = `${cell.cluster}/${cell.workload.name}`;
    const first = this.#turned.get(key);
    const before = first === undefined ? from : first.from;
    this.#turned.set(key, { title: cell.workload.title, cluster: cell.cluster, to: cell.health, from: before });
  }

  /** Says what has turned since it was asked last, as a sentence; "" when nothing that matters has. */
  take(): string {
    const turns = [...this.#turned.values()].filter(({ from, to }) => from !== to);
    this.#turned.clear();
    const sentences = (["Degraded", "Unknown"] as const).flatMap((health) => {
      const became = turns.filter(({ to }) => to === health);
      const left = turns.filter(({ from, to }) => from === health && to !== "Degraded" && to !== "Unknown");
      return [
        ...(became.length === 0 ? [] : [`${namesOf(became)} became ${health}.`]),
        ...(left.length === 0 ? [] : [`${namesOf(left)} no longer ${health}.`]),
      ];
    });
    return sentences.join(" ");
  }

  clear(): void {
    this.#turned.clear();
  }
}

function namesOf(turns: readonly { title: string; cluster: string }[]): string {
  if (turns.length > NAMED_MAX) return `${turns.length} workloads`;
  return turns.map(({ title, cluster }) => `${title} on ${cluster}`).join(" and ");
}
