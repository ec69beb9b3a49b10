// The part of Open Cluster Management's hub that an add-on meets: owner references, config references, Progressing,
// the feature label, and Available turning Unknown with the cluster.
import { isDeepStrictEqual } from "node:util";
import type { Log } from "../../../shared/runtime/log.ts";
import type { ApiObject, Json, JsonObject } from "../apiserver/json.ts";
import { at, isObject, listOf, objectOf, stringOf } from "../apiserver/json.ts";
import type { Registry } from "../apiserver/registry.ts";
import { conditionOf, writeStatus } from "./conditions.ts";
import type { ConditionText } from "./conditions.ts";
import { Loop } from "./loop.ts";

export const ADDONS = "managedclusteraddons.addon.open-cluster-management.io";
const DEFINITIONS = "clustermanagementaddons.addon.open-cluster-management.io";
export const CLUSTERS = "managedclusters.cluster.open-cluster-management.io";
export const WORKS = "manifestworks.work.open-cluster-management.io";
const ADDON_LABEL = "open-cluster-management.io/addon-name";
const HASH_ANNOTATION = "open-cluster-management.io/config-spec-hash";

/** Starts the hub's controllers. Returns the way to stop them. */
export function startHubActors(registry: Registry, log: Log): () => void {
  const { storage } = registry;
  const addons = new Loop(log, (key) => {
    const [namespace = "", name = ""] = key.split("/");
    const addon = storage.get(ADDONS, namespace, name);
    if (addon && addon.metadata.deletionTimestamp === undefined) reconcileAddon(registry, addon);
    labelCluster(registry, namespace, name);
  });
  const keyOf = ({ metadata }: ApiObject): string => `${metadata.namespace ?? ""}/${metadata.name}`;
  addons.watch(registry, ADDONS, keyOf);
  addons.watch(
    registry,
    WORKS,
    ({ metadata }) => `${metadata.namespace ?? ""}/${metadata.labels?.[ADDON_LABEL] ?? ""}`,
  );
  addons.watch(registry, CLUSTERS, ({ metadata }) => {
    for (const addon of storage.list(ADDONS, metadata.name)) addons.add(keyOf(addon));
    return undefined;
  });
  const definitions = new Loop(log, (name) => {
    const definition = storage.get(DEFINITIONS, "", name);
    if (definition) reconcileDefinition(registry, definition);
    for (const addon of storage.list(ADDONS)) if (addon.metadata.name === name) addons.add(keyOf(addon));
  }).watch(registry, DEFINITIONS, ({ metadata }) => metadata.name);
  return () => {
    addons.stop();
    definitions.stop();
  };
}

function reconcileDefinition(registry: Registry, definition: ApiObject): void {
  const known = listOf(at(definition.status, "defaultconfigReferences"));
  const references = listOf(at(definition.spec, "supportedConfigs")).flatMap((supported): Json[] => {
    const config = at(supported, "defaultConfig");
    if (!isObject(config)) return [];
    const reference = { group: at(supported, "group"), resource: at(supported, "resource") };
    const former = known.find((item) => isSameConfig(at(item, "desiredConfig"), config));
    return [former ?? { ...reference, desiredConfig: { ...config, specHash: "" } }];
  });
  if (isDeepStrictEqual(references, known)) return;
  writeStatus(registry, definition, "addon-manager", { fields: { defaultconfigReferences: references } });
}

function reconcileAddon(registry: Registry, addon: ApiObject): void {
  const definition = registry.storage.get(DEFINITIONS, "", addon.metadata.name);
  if (!definition) return;
  const owned = addon.metadata.ownerReferences?.some((owner) => owner.uid === definition.metadata.uid) ?? false;
  if (!owned) {
    own(registry, addon, definition);
    return;
  }
  const references = configReferences(addon, definition);
  const isConfigured = isDeepStrictEqual(references, listOf(at(addon.status, "configReferences")));
  const configured = {
    type: "Configured",
    status: "True" as const,
    reason: "ConfigurationsConfigured",
    message: "Configurations configured",
  };
  const fields = isConfigured ? {} : { configReferences: references };
  writeStatus(registry, addon, "addon-manager", { fields, conditions: [configured] });
  progress(registry, registry.get(registry.typeOf(addon), { namespace: "", ...addon.metadata }));
  followCluster(registry, addon);
}

function own(registry: Registry, addon: ApiObject, definition: ApiObject): void {
  const { apiVersion, kind, metadata } = definition;
  const reference = {
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
  const { namespace = "", name } = addon.metadata;
  const change = (current: ApiObject): ApiObject => {
    const ownerReferences = [...(current.metadata.ownerReferences ?? []), reference];
    return { ...current, metadata: { ...current.metadata, ownerReferences } };
  };
  registry.update(registry.typeOf(addon), { namespace, name }, change, { manager: "addon-manager" });
}

/** Defaults of the definition, replaced by what the add-on itself names; hashes of its own ones are the manager's. */
function configReferences(addon: ApiObject, definition: ApiObject): Json[] {
  const known = listOf(at(addon.status, "configReferences"));
  const typeKey = (item: Json): string => `${stringOf(at(item, "resource"))}.${stringOf(at(item, "group"))}`;
  const wanted = new Map<string, JsonObject>();
  for (const item of listOf(at(definition.status, "defaultconfigReferences"))) {
    wanted.set(typeKey(item), objectOf(at(item, "desiredConfig")));
  }
  const own = listOf(at(addon.spec, "configs"));
  for (const item of own) {
    const { namespace, name } = objectOf(item);
    const former = known.find((reference) => isSameConfig(at(reference, "desiredConfig"), item));
    const specHash = stringOf(at(former, "desiredConfig", "specHash"));
    wanted.set(typeKey(item), { name, ...(namespace === undefined ? {} : { namespace }), specHash });
  }
  return [...wanted]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, desiredConfig]): Json => {
      const [resource = "", ...group] = key.split(".");
      const former = known.find((reference) => typeKey(reference) === key);
      const isSame = isSameConfig(at(former, "desiredConfig"), desiredConfig);
      const { name, namespace } = desiredConfig;
      return {
        ...(isSame ? objectOf(former) : { lastObservedGeneration: 0 }),
        group: group.join("."),
        resource,
        name,
        ...(namespace === undefined ? {} : { namespace }),
        desiredConfig,
      };
    });
}

function isSameConfig(a: Json | undefined, b: Json | undefined): boolean {
  return at(a, "name") === at(b, "name") && (at(a, "namespace") ?? "") === (at(b, "namespace") ?? "");
}

function progress(registry: Registry, addon: ApiObject): void {
  const [status, reason, message] = judgeProgress(registry, addon);
  const applied = listOf(at(addon.status, "configReferences")).map((reference): Json => {
    return { ...objectOf(reference), lastAppliedConfig: at(reference, "desiredConfig") };
  });
  const fields = reason === "Completed" && applied.length > 0 ? { configReferences: applied } : {};
  writeStatus(registry, addon, "addon-manager", {
    fields,
    conditions: [{ type: "Progressing", status, reason, message }],
  });
}

function judgeProgress(registry: Registry, addon: ApiObject): [ConditionText["status"], string, string] {
  const supported = listOf(at(addon.status, "supportedConfigs"));
  const isSupported = (config: Json): boolean =>
    supported.some((it) => at(it, "group") === at(config, "group") && at(it, "resource") === at(config, "resource"));
  if (!listOf(at(addon.spec, "configs")).every(isSupported)) {
    return ["False", "ConfigurationUnsupported", "a configuration is not supported for this addon"];
  }
  if (!conditionOf(addon, "ManifestApplied")) {
    return ["False", "WaitingForManifestApplied", "Waiting for ManifestApplied condition"];
  }
  const works = registry.storage
    .list(WORKS, addon.metadata.namespace ?? "")
    .filter((work) => work.metadata.labels?.[ADDON_LABEL] === addon.metadata.name);
  if (works.length === 0) return ["True", "Progressing", "progressing... no addon works"];
  if (works.some((work) => !hasHashes(work, addon))) return ["True", "Progressing", "mca and work configs mismatch"];
  if (works.some((work) => !isReady(work))) return ["True", "Progressing", "work is not ready"];
  return ["False", "Completed", "completed with no errors."];
}

function hasHashes(work: ApiObject, addon: ApiObject): boolean {
  const wanted = listOf(at(addon.status, "configReferences")).map((reference): [string, string] => {
    const { namespace, name, specHash } = objectOf(at(reference, "desiredConfig"));
    const type = `${stringOf(at(reference, "resource"))}.${stringOf(at(reference, "group"))}`;
    return [`${type}/${stringOf(namespace)}/${stringOf(name)}`, stringOf(specHash)];
  });
  const annotation = work.metadata.annotations?.[HASH_ANNOTATION];
  if (annotation === undefined) return wanted.length === 0;
  const isComplete = wanted.every(([, hash]) => hash !== "");
  return isComplete && isDeepStrictEqual(JSON.parse(annotation), Object.fromEntries(wanted));
}

function isReady(work: ApiObject): boolean {
  return ["Applied", "Available"].every((type) => {
    const condition = conditionOf(work, type);
    return condition?.["status"] === "True" && condition["observedGeneration"] === work.metadata.generation;
  });
}

function followCluster(registry: Registry, addon: ApiObject): void {
  const cluster = registry.storage.get(CLUSTERS, "", addon.metadata.namespace ?? "");
  const available = conditionOf(cluster, "ManagedClusterConditionAvailable");
  if (available?.["status"] !== "Unknown") return;
  const { reason, message } = available;
  const condition = {
    type: "Available",
    status: "Unknown" as const,
    reason: stringOf(reason),
    message: stringOf(message),
  };
  writeStatus(registry, addon, "registration-controller", { conditions: [condition] });
}

/** Labels the cluster with the add-on's state, so that placements can select on it. */
function labelCluster(registry: Registry, cluster: string, name: string): void {
  const type = registry.type("cluster.open-cluster-management.io", "managedclusters");
  const key = { namespace: "", name: cluster };
  if (!type || !registry.find(type, key)) return;
  const addon = registry.storage.get(ADDONS, cluster, name);
  const label = `feature.open-cluster-management.io/addon-${name}`;
  const states: Record<string, string> = { True: "available", False: "unhealthy" };
  const state = states[stringOf(conditionOf(addon, "Available")?.["status"])] ?? "unreachable";
  const change = (current: ApiObject): ApiObject => {
    const { [label]: _former, ...labels } = current.metadata.labels ?? {};
    return { ...current, metadata: { ...current.metadata, labels: addon ? { ...labels, [label]: state } : labels } };
  };
  registry.update(type, key, change, { manager: "registration-controller" });
}
