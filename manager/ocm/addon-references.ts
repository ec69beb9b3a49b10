// References to configs in the status of both add-on objects, read into the model of types.ts and written back. A name that
// OCM keeps for "supported, but no default" is put aside, so that no reader takes it for a config.
import { NO_DEFAULT_CONFIG } from "./types.ts";
import type { ConfigReference, DesiredConfig, InstallProgression } from "./types.ts";

/** A reference as stored. OCM's Go types write null where there is nothing. */
export interface StoredReference {
  group: string;
  resource: string;
  /** In v1alpha1, of a ManagedClusterAddOn only: desiredConfig's name and namespace once more. */
  name?: string;
  namespace?: string;
  lastObservedGeneration?: number;
  desiredConfig?: DesiredConfig | null;
  lastAppliedConfig?: DesiredConfig | null;
  lastKnownGoodConfig?: DesiredConfig | null;
}

export interface StoredProgression {
  namespace?: string;
  name: string;
  configReferences?: StoredReference[] | null;
}

/** Reads one reference. The second copy of its name is dropped: what is desired says it. */
export function decodeReference(stored: StoredReference): ConfigReference {
  const { name, namespace, desiredConfig, lastAppliedConfig, lastKnownGoodConfig, ...rest } = stored;
  return {
    ...rest,
    ...(!desiredConfig && name !== undefined && { name, ...(namespace === undefined ? {} : { namespace }) }),
    ...(desiredConfig && { [desiredConfig.name === NO_DEFAULT_CONFIG ? "noDefault" : "desiredConfig"]: desiredConfig }),
    ...(lastAppliedConfig && { lastAppliedConfig }),
    ...(lastKnownGoodConfig && { lastKnownGoodConfig }),
  };
}

/** The reference as v1beta1 stores it everywhere, and v1alpha1 in a ClusterManagementAddOn. */
export function encodeReference({ noDefault, ...reference }: ConfigReference): StoredReference {
  return { ...reference, ...(noDefault && { desiredConfig: noDefault }) };
}

/** The reference with its name said twice: as v1alpha1 stores it in a ManagedClusterAddOn. */
export function encodeNamedReference(reference: ConfigReference): StoredReference {
  const stored = encodeReference(reference);
  if (!stored.desiredConfig) return stored;
  const { name, namespace } = stored.desiredConfig;
  return { ...stored, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** Reads how far the add-on is for one placement. */
export function decodeProgression({ configReferences, ...rest }: StoredProgression): InstallProgression {
  return { ...rest, ...(configReferences && { configReferences: configReferences.map(decodeReference) }) };
}

export function encodeProgression({ configReferences, ...rest }: InstallProgression): StoredProgression {
  return { ...rest, ...(configReferences && { configReferences: configReferences.map(encodeReference) }) };
}
