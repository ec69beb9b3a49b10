// What the agent was told to watch: the kinds, and the namespaces that are left out. Fixed for the agent's life.
import { KRUISE_KINDS } from "../shared/kruise/kinds.ts";
import type { KruiseKind } from "../shared/kruise/kinds.ts";
import { mapOrEmpty } from "../shared/kruise/raw.ts";
import { ignoredNamespaces, watchedKinds } from "../shared/wire/agent-settings.ts";
import type { AgentSettings } from "../shared/wire/agent-settings.ts";
import type { Report } from "../shared/wire/report.ts";

export interface Scope {
  /** The kinds that are watched, in the order of all kinds. */
  kinds: readonly KruiseKind[];
  /** Asks whether a kind is watched. */
  has: (kind: KruiseKind) => boolean;
  /** Asks whether an object, of any shape, is in a namespace that is left out. */
  isIgnored: (raw: unknown) => boolean;
  /** What is not watched, for the hub; undefined: nothing is left out. */
  leftOut: Report["leftOut"];
}

/** Gives the scope that the settings ask for. */
export function scopeOf(settings: Pick<AgentSettings, "KINDS" | "IGNORE_NAMESPACES">): Scope {
  const kinds = watchedKinds(settings);
  const plurals = new Set(kinds.map(({ plural }) => plural));
  const namespaces = ignoredNamespaces(settings);
  const unwatched = KRUISE_KINDS.filter(({ plural }) => !plurals.has(plural)).map(({ kind }) => kind);
  const isAll = unwatched.length === 0 && namespaces.length === 0;
  return {
    kinds,
    has: ({ plural }) => plurals.has(plural),
    isIgnored: buildIsIgnored(namespaces),
    leftOut: isAll ? undefined : { kinds: unwatched, namespaces: [...namespaces] },
  };
}

function buildIsIgnored(namespaces: readonly string[]): Scope["isIgnored"] {
  if (namespaces.length === 0) return () => false;
  const names = new Set(namespaces.filter((name) => !name.endsWith("*")));
  const beginnings = namespaces.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1));
  return (raw) => {
    const { namespace } = mapOrEmpty(mapOrEmpty(raw)["metadata"]);
    if (typeof namespace !== "string") return false;
    return names.has(namespace) || beginnings.some((beginning) => namespace.startsWith(beginning));
  };
}
