// Which Kruise kinds the cluster serves, and through which version to read them: known within seconds of a change.
// CRDs are watched as metadata only (a CRD with its schema is up to half a megabyte); just ours are then read.
import { isNotFound } from "../../shared/kube/errors.ts";
import { objectPath } from "../../shared/kube/paths.ts";
import { watch } from "../../shared/kube/watch.ts";
import type { Kube } from "../../shared/kube/types.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import type { KruiseKind } from "../../shared/kruise/kinds.ts";
import { buildBackoff } from "../../shared/runtime/backoff.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { Alarm } from "../alarm.ts";
import { CRDS, Crd, chooseVersion, crdName } from "./crds.ts";
import type { Served } from "./crds.ts";

const ACCEPT = {
  list: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
  watch: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
};
const ESTABLISH_MS = 5_000;
const READ_BACKOFF = { baseMs: 500, maxMs: 10_000 };

export interface KindsDeps {
  kube: Kube;
  log: Log;
  kinds?: readonly KruiseKind[];
  /** A kind came, went, or is served in another way. */
  onServed: (kind: KruiseKind, served: Served) => void;
  /** The CRDs cannot be watched now; it goes on by itself. */
  onTrouble?: (error: Error) => void;
}

/** Watches the CRDs until the signal aborts. */
export async function watchKinds(deps: KindsDeps, signal: AbortSignal): Promise<void> {
  const reader = new CrdReader(deps, signal);
  let named = new Set<string>();
  const options = { resource: CRDS, signal, log: deps.log, decode: nameOf };
  for await (const event of watch(metadataOnly(deps.kube), options)) {
    switch (event.type) {
      case "Init":
        named = new Set();
        break;
      case "InitApply":
      case "Apply":
      case "Delete":
        named.add(event.object);
        reader.refresh(event.object);
        break;
      case "InitDone":
        reader.refreshUnnamed(named);
        break;
      case "Trouble":
        deps.onTrouble?.(event.error);
        break;
    }
  }
}

/** Reads the CRDs of our kinds, each one anew when it has changed, and tells what is different. */
class CrdReader {
  readonly #deps: KindsDeps;
  readonly #signal: AbortSignal;
  readonly #kinds: Map<string, KruiseKind>;
  readonly #reads = new Map<string, AbortController>();
  readonly #told = new Map<string, string>();

  constructor(deps: KindsDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
    this.#kinds = new Map((deps.kinds ?? KRUISE_KINDS).map((kind) => [crdName(kind), kind]));
  }

  /** Reads those that a complete list did not name: they are probably not there. */
  refreshUnnamed(named: ReadonlySet<string>): void {
    for (const name of this.#kinds.keys()) if (!named.has(name)) this.refresh(name);
  }

  /** Reads one CRD, if it is ours; a read of it that is under way is given up. */
  refresh(name: string): void {
    const kind = this.#kinds.get(name);
    if (kind === undefined) return;
    this.#reads.get(name)?.abort();
    const read = new AbortController();
    this.#reads.set(name, read);
    void this.#read(name, kind, AbortSignal.any([this.#signal, read.signal]));
  }

  async #read(name: string, kind: KruiseKind, signal: AbortSignal): Promise<void> {
    const served = await readUntilKnown(this.#deps, kind, signal);
    // Every new CRD is not established for some milliseconds: only one that stays so is worth telling of.
    if (served?.state === "NotEstablished") await new Alarm().wait(ESTABLISH_MS, signal);
    if (signal.aborted) return;
    const text = JSON.stringify(served);
    if (served === undefined || this.#told.get(name) === text) return;
    this.#told.set(name, text);
    // What becomes of its watch is told as a change of the kind's state.
    this.#deps.log.debug({ kind: kind.kind, ...served }, "kind changed");
    this.#deps.onServed(kind, served);
  }
}

/** Reads one CRD, again and again until there is an answer; undefined when a newer read or the stop came first. */
async function readUntilKnown(deps: KindsDeps, kind: KruiseKind, signal: AbortSignal): Promise<Served | undefined> {
  const { kube, log } = deps;
  const backoff = buildBackoff(READ_BACKOFF);
  while (!signal.aborted) {
    try {
      const path = objectPath(CRDS, { name: crdName(kind) });
      return chooseVersion(kind, Crd.parse(await kube.request({ method: "GET", path, signal })));
    } catch (error) {
      if (isNotFound(error)) return signal.aborted ? undefined : { state: "NotInstalled" };
      if (signal.aborted) return undefined;
      log.debug({ kind: kind.kind, err: error }, "crd not read");
      await new Alarm().wait(backoff.next(), signal);
    }
  }
  return undefined;
}

function nameOf(raw: unknown): string {
  const { metadata } = raw as { metadata?: { name?: unknown } };
  return typeof metadata?.name === "string" ? metadata.name : "";
}

/** The same connection, asking for metadata alone. */
function metadataOnly(kube: Kube): Kube {
  return {
    request: (request) => kube.request({ ...request, headers: { ...request.headers, accept: ACCEPT.list } }),
    open: (request) => kube.open({ ...request, headers: { ...request.headers, accept: ACCEPT.watch } }),
    close: () => kube.close(),
  };
}
