// How long ago each kind was last heard of, for the metrics: lists, events and bookmarks count.
import type { Kube, KubeRequest } from "../shared/kube/types.ts";
import { KRUISE_KINDS } from "../shared/kruise/kinds.ts";
import type { KindName } from "../shared/kruise/kinds.ts";
import type { Clock } from "../shared/runtime/clock.ts";

const KINDS: ReadonlyMap<string, KindName> = new Map(
  KRUISE_KINDS.map(({ group, plural, kind }) => [`${group}/${plural}`, kind]),
);

export class WatchAges {
  readonly #clock: Clock;
  readonly #heardMs = new Map<KindName, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The same connection; whatever it brings of a kind is noted. */
  listening(kube: Kube): Kube {
    return {
      request: async <T>(request: KubeRequest): Promise<T> => {
        const answer = await kube.request<T>(request);
        this.#hear(request);
        return answer;
      },
      open: (request) => this.#lines(kube, request),
      close: () => kube.close(),
    };
  }

  /** Seconds since each of these kinds was heard of; without those that never were. */
  seconds(kinds: readonly string[]): [kind: string, seconds: number][] {
    const nowMs = this.#clock.monotonicMs();
    return [...this.#heardMs].flatMap(([kind, heardMs]): [string, number][] =>
      kinds.includes(kind) ? [[kind, (nowMs - heardMs) / 1000]] : [],
    );
  }

  async *#lines(kube: Kube, request: KubeRequest): AsyncGenerator<string, void, undefined> {
    for await (const line of kube.open(request)) {
      this.#hear(request);
      yield line;
    }
  }

  #hear({ path }: KubeRequest): void {
    const [, , group = "", , plural = ""] = path.split("/");
    const kind = KINDS.get(`${group}/${plural}`);
    if (kind !== undefined) this.#heardMs.set(kind, this.#clock.monotonicMs());
  }
}
