// Follows one object by a watch and notes what a test wants to know of it, repeats folded: what polling would miss, a
// condition that flips for a moment, is in it.
import type { Kube, KubeObject } from "../../../shared/kube/types.ts";
import type { Condition } from "../../../shared/kube/types.ts";

export interface Notes {
  /** What was noted so far, in the order in which the API server told it. */
  notes(): string[];
  stop(): void;
}

/** Follows the object of this name in the collection `path`; `note` says what of it is noted. Gone is "DELETED". */
export function followObject<T extends KubeObject>(
  kube: Kube,
  { path, name }: { path: string; name: string },
  note: (object: T) => string,
): Notes {
  const notes: string[] = [];
  const end = new AbortController();
  const query = { watch: true, fieldSelector: `metadata.name=${name}`, resourceVersion: "0" };
  const reading = (async () => {
    for await (const line of kube.open({ method: "GET", path, query, signal: end.signal })) {
      const { type, object } = JSON.parse(line) as { type: string; object: T };
      const said = type === "DELETED" ? type : note(object);
      if (notes.at(-1) !== said) notes.push(said);
    }
  })();
  reading.catch((cause: unknown) => {
    if (!end.signal.aborted) notes.push(`watch ended: ${String(cause)}`);
  });
  return { notes: () => [...notes], stop: () => end.abort() };
}

/** `status/reason` of a condition, or "none". */
export function conditionText(object: KubeObject & { status?: { conditions?: Condition[] } }, type: string): string {
  const found = object.status?.conditions?.find((condition) => condition.type === type);
  return found ? `${found.status}/${found.reason}` : "none";
}
