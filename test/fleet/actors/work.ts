// The klusterlet's work agent for one managed cluster: applies the manifests of its ManifestWorks, says how far it is,
// and removes what it has applied when a manifest or the work goes.
import type { ApiObject, Json, JsonObject } from "../apiserver/json.ts";
import { at, isApiObject, listOf, stringOf } from "../apiserver/json.ts";
import { conditionOf, writeStatus } from "./conditions.ts";
import { WORKS } from "./hub.ts";
import { Loop } from "./loop.ts";
import type { KlusterletDeps } from "./registration.ts";
import { whenConnected } from "./registration.ts";

const FINALIZER = "cluster.open-cluster-management.io/manifest-work-cleanup";
const MANAGER = "work-agent";

type Applied = Pick<ApiObject, "apiVersion" | "kind"> & { namespace: string; name: string };

/** Starts it. Returns the way to stop it. */
export function startWorkAgent(deps: KlusterletDeps): () => void {
  const applied = new Map<string, Applied[]>();
  const loop = new Loop(deps.log, (name) => whenConnected(deps, () => reconcile(deps, name, applied)));
  loop.watch(deps.hub.registry, WORKS, ({ metadata }) =>
    metadata.namespace === deps.cluster ? metadata.name : undefined,
  );
  return () => loop.stop();
}

function reconcile(deps: KlusterletDeps, name: string, applied: Map<string, Applied[]>): void {
  const work = deps.hub.registry.storage.get(WORKS, deps.cluster, name);
  if (!work) return;
  if (work.metadata.deletionTimestamp !== undefined) cleanUp(deps, work, applied);
  else if (!work.metadata.finalizers?.includes(FINALIZER)) setFinalizers(deps, work, [FINALIZER]);
  else if (conditionOf(work, "Available")?.["observedGeneration"] !== work.metadata.generation) {
    applyWork(deps, work, applied);
  }
}

function cleanUp(deps: KlusterletDeps, work: ApiObject, applied: Map<string, Applied[]>): void {
  const items = applied.get(work.metadata.name) ?? [];
  for (const item of items.toReversed()) if (!isOrphaned(work, item)) remove(deps.managed.registry, item);
  applied.delete(work.metadata.name);
  setFinalizers(deps, work, []);
}

function applyWork({ hub, managed }: KlusterletDeps, work: ApiObject, applied: Map<string, Applied[]>): void {
  const manifests = listOf(at(work.spec, "workload", "manifests")).filter(isManifest);
  const wanted = manifests.map(identify);
  for (const manifest of manifests) applyManifest(managed.registry, manifest);
  const isWanted = (item: Applied): boolean => wanted.some((other) => keyOf(other) === keyOf(item));
  const former = applied.get(work.metadata.name) ?? [];
  for (const item of former) if (!isWanted(item)) remove(managed.registry, item);
  applied.set(work.metadata.name, wanted);
  const done = { status: "True" as const, observedGeneration: work.metadata.generation ?? 0 };
  writeStatus(hub.registry, work, MANAGER, {
    fields: {
      resourceStatus: { manifests: manifests.map((manifest, ordinal) => describe(managed, manifest, ordinal)) },
    },
    conditions: [
      { type: "Applied", reason: "AppliedManifestWorkComplete", message: "Apply manifest work complete", ...done },
      { type: "Available", reason: "ResourcesAvailable", message: "All resources are available", ...done },
    ],
  });
}

/** What a work says of one of its manifests. */
function describe({ registry }: KlusterletDeps["managed"], manifest: ApiObject, ordinal: number): JsonObject {
  const { group, plural } = registry.typeOf(manifest);
  const { kind, namespace, name } = identify(manifest);
  const version = manifest.apiVersion.split("/").at(-1) ?? "";
  const conditions = ["Applied", "Available"].map((type) => ({ type, status: "True", reason: `${type}Complete` }));
  return { resourceMeta: { ordinal, group, version, kind, resource: plural, name, namespace }, conditions };
}

function isManifest(value: Json): value is ApiObject {
  return isApiObject(value) && typeof value.kind === "string";
}

function identify({ apiVersion, kind, metadata: { namespace = "", name } }: ApiObject): Applied {
  return { apiVersion, kind, namespace, name };
}

function keyOf({ apiVersion, kind, namespace, name }: Applied): string {
  return [apiVersion, kind, namespace, name].join("|");
}

function applyManifest(registry: KlusterletDeps["managed"]["registry"], manifest: ApiObject): void {
  const { namespace, name } = identify(manifest);
  registry.apply(registry.typeOf(manifest), { namespace, name }, structuredClone(manifest), {
    manager: MANAGER,
    force: true,
  });
}

function remove(registry: KlusterletDeps["managed"]["registry"], item: Applied): void {
  const type = registry.typeOf(item);
  if (registry.find(type, item)) registry.delete(type, item);
}

function isOrphaned(work: ApiObject, item: Applied): boolean {
  const rules = listOf(at(work.spec, "deleteOption", "selectivelyOrphans", "orphaningRules"));
  return rules.some((rule) => {
    const plural = `${item.kind.toLowerCase()}s`;
    return (
      stringOf(at(rule, "resource")) === plural &&
      at(rule, "name") === item.name &&
      stringOf(at(rule, "namespace")) === item.namespace
    );
  });
}

function setFinalizers({ hub }: KlusterletDeps, work: ApiObject, finalizers: string[]): void {
  const { name, namespace = "" } = work.metadata;
  const change = (current: ApiObject): ApiObject => ({ ...current, metadata: { ...current.metadata, finalizers } });
  hub.registry.update(hub.registry.typeOf(work), { namespace, name }, change, { manager: MANAGER });
}
