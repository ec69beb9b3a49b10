// Tells, as Events on the ClusterManagementAddOn, what becomes of the configs that it names for many clusters at once: one
// that is not there, is back, or has changed. What a config of a single cluster suffers shows on that cluster's add-on.
import type { ClusterManagementAddOn, ConfigReference } from "../ocm/types.ts";
import { configKeys } from "./configs.ts";
import type { FindConfig } from "./configs.ts";
import type { EventRecorder, Telling } from "./event-recorder.ts";

/** Hashes of configs by "namespace/name"; "" for one that does not exist. */
type Hashes = ReadonlyMap<string, string>;

/** What is to be told of the configs, given how they were before. */
export function planConfigEvents(before: Hashes, now: Hashes): Telling[] {
  return [...now].flatMap(([key, hash]): Telling[] => {
    const last = before.get(key);
    if (last === hash || (last === undefined && hash !== "")) return [];
    const config = `AddOnDeploymentConfig ${key}`;
    const telling = (type: Telling["type"], reason: string, message: string): Telling[] => {
      return [{ type, reason, message, key: `${reason} ${key}`, source: "conditions" }];
    };
    if (hash === "") return telling("Warning", "ConfigMissing", `${config} does not exist: agents stay as they are`);
    if (last === "") return telling("Normal", "ConfigFound", `${config} is there`);
    return telling("Normal", "ConfigChanged", `${config} has changed: agents follow at the pace of the rollout`);
  });
}

export interface DefinitionEventsDeps {
  recorder: Pick<EventRecorder, "record">;
  definition: () => ClusterManagementAddOn | undefined;
  findConfig: FindConfig;
  /** Whether the definition and the configs have been listed once in this term. */
  isListed: () => boolean;
}

/** Watches the leader's caches. Writes nothing itself, and never throws. */
export class DefinitionEvents {
  readonly #deps: DefinitionEventsDeps;
  #known: { uid: string; hashes: Hashes } | undefined;

  constructor(deps: DefinitionEventsDeps) {
    this.#deps = deps;
  }

  /** To be called after a cache has taken a change of the definition or of a config, and once when both are listed. */
  changed(): void {
    const { recorder, definition, findConfig, isListed } = this.#deps;
    const found = definition();
    const uid = found?.metadata.uid;
    if (!isListed() || !found || uid === undefined) return;
    const hashes = new Map(namedConfigs(found).map((key): [string, string] => [key, hashOf(key, findConfig)]));
    const before = this.#known?.uid === uid ? this.#known.hashes : undefined;
    this.#known = { uid, hashes };
    if (!before) return;
    for (const telling of planConfigEvents(before, hashes)) {
      recorder.record({ ...found, metadata: { ...found.metadata, uid } }, telling);
    }
  }
}

function namedConfigs({ status }: ClusterManagementAddOn): string[] {
  const { defaultConfigReferences = [], installProgressions = [] } = status;
  const placed = installProgressions.flatMap(({ configReferences = [] }): ConfigReference[] => configReferences);
  return configKeys([...defaultConfigReferences, ...placed]);
}

function hashOf(key: string, findConfig: FindConfig): string {
  const [namespace = "", name = ""] = key.split("/");
  return findConfig(namespace, name)?.specHash ?? "";
}
