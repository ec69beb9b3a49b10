// Both versions of OCM's add-on group behind one model, that of types.ts: where the objects are, how they are read, and how
// their status is written. Which version is spoken is chosen when a leader's term begins; an object is written in the
// version that it was read in.
import type { KubeObject, Resource } from "../../shared/kube/types.ts";
import { decodeMeta } from "./decode.ts";
import {
  decodeProgression,
  decodeReference,
  encodeNamedReference,
  encodeProgression,
  encodeReference,
} from "./addon-references.ts";
import type { StoredProgression, StoredReference } from "./addon-references.ts";
import { decodeRegistration, driverOf, encodeRegistration } from "./addon-registrations.ts";
import type { StoredRegistration } from "./addon-registrations.ts";
import { ADDON_GROUP, DEFAULT_INSTALL_NAMESPACE } from "./types.ts";
import type { ClusterManagementAddOn, ManagedClusterAddOn, ManagedClusterAddOnStatus } from "./types.ts";

/** In order of preference: see docs/adr/0005. */
export const ADDON_VERSIONS = ["v1alpha1", "v1beta1"] as const;
export type AddonVersion = (typeof ADDON_VERSIONS)[number];

/** The place of v1alpha1's spec.installNamespace in v1beta1: OCM's conversion carries it there and back. */
const INSTALL_NAMESPACE_ANNOTATION = "addon.open-cluster-management.io/v1alpha1-install-namespace";

/** One version of the add-on group. */
export interface AddonApi {
  readonly version: AddonVersion;
  /** With the group: as it stands in objects and owner references. */
  readonly apiVersion: string;
  readonly addons: Resource;
  readonly definitions: Resource;
  readonly deploymentConfigs: Resource;
  readonly decodeAddon: (raw: unknown) => ManagedClusterAddOn;
  readonly decodeDefinition: (raw: unknown) => ClusterManagementAddOn;
  /** These fields of the status, as they are to be patched; what in them is not ours is taken from the object as read. */
  readonly encodeAddonStatus: (status: ManagedClusterAddOnStatus, addon: ManagedClusterAddOn) => object;
  readonly encodeDefinitionStatus: (status: ClusterManagementAddOn["status"]) => object;
}

/** What differs between the versions. */
interface Shape {
  /** The key of the definition's default references: spelt in two ways. */
  defaultsKey: string;
  encodeReference(reference: NonNullable<ManagedClusterAddOnStatus["configReferences"]>[number]): StoredReference;
  decodeRegistrations(status: StoredStatus): Pick<ManagedClusterAddOnStatus, "registrations" | "kubeClientDriver">;
  encodeRegistrations(status: ManagedClusterAddOnStatus, addon: ManagedClusterAddOn): object;
}

/** What is read of a status, in either version. */
interface StoredStatus extends Pick<
  ManagedClusterAddOnStatus,
  "supportedConfigs" | "namespace" | "healthCheck" | "conditions"
> {
  configReferences?: StoredReference[] | null;
  registrations?: unknown[];
  kubeClientDriver?: string;
}

const SHAPES: Readonly<Record<AddonVersion, Shape>> = {
  v1alpha1: {
    defaultsKey: "defaultconfigReferences",
    encodeReference: encodeNamedReference,
    decodeRegistrations: ({ registrations, kubeClientDriver }) => ({
      ...(registrations && { registrations: registrations as NonNullable<ManagedClusterAddOnStatus["registrations"]> }),
      ...(kubeClientDriver !== undefined && { kubeClientDriver }),
    }),
    encodeRegistrations: ({ registrations }) => ({ ...(registrations && { registrations }) }),
  },
  v1beta1: {
    defaultsKey: "defaultConfigReferences",
    encodeReference,
    decodeRegistrations: ({ registrations }) => {
      const stored = registrations as StoredRegistration[] | undefined;
      const kubeClientDriver = driverOf(stored);
      return {
        ...(stored && { registrations: stored.map(decodeRegistration) }),
        ...(kubeClientDriver !== undefined && { kubeClientDriver }),
      };
    },
    encodeRegistrations: ({ registrations }, { status: { kubeClientDriver } }) => ({
      ...(registrations && {
        registrations: registrations.map((entry) => encodeRegistration(entry, kubeClientDriver)),
      }),
    }),
  },
};

export const ADDON_APIS: Readonly<Record<AddonVersion, AddonApi>> = {
  v1alpha1: buildApi("v1alpha1"),
  v1beta1: buildApi("v1beta1"),
};

/** The API in which an object of the add-on group was read. */
export function apiOf({ apiVersion, kind, metadata }: KubeObject): AddonApi {
  const api = Object.values(ADDON_APIS).find((known) => known.apiVersion === apiVersion);
  if (!api) {
    const wanted = ADDON_VERSIONS.map((version) => ADDON_APIS[version].apiVersion).join(" or ");
    throw new Error(`${kind} "${metadata.name}" has apiVersion "${apiVersion}": wanted is ${wanted}`);
  }
  return api;
}

function buildApi(version: AddonVersion): AddonApi {
  const shape = SHAPES[version];
  const apiVersion = `${ADDON_GROUP}/${version}`;
  const resource = (plural: string): Resource => ({ group: ADDON_GROUP, version, plural });
  return {
    version,
    apiVersion,
    addons: resource("managedclusteraddons"),
    definitions: resource("clustermanagementaddons"),
    deploymentConfigs: resource("addondeploymentconfigs"),
    decodeAddon: (raw) => decodeAddon(raw, shape),
    decodeDefinition: (raw) => {
      const { status = {} } = raw as { status?: Readonly<Record<string, unknown>> };
      const defaults = status[shape.defaultsKey] as StoredReference[] | undefined;
      const progressions = status["installProgressions"] as StoredProgression[] | undefined;
      return {
        ...decodeMeta(raw),
        status: {
          ...(defaults && { defaultConfigReferences: defaults.map(decodeReference) }),
          ...(progressions && { installProgressions: progressions.map(decodeProgression) }),
        },
      };
    },
    encodeAddonStatus: (status, addon) => {
      const { configReferences, registrations: _registrations, kubeClientDriver: _klusterlets, ...rest } = status;
      return {
        ...rest,
        ...(configReferences && { configReferences: configReferences.map((item) => shape.encodeReference(item)) }),
        ...shape.encodeRegistrations(status, addon),
      };
    },
    encodeDefinitionStatus: ({ defaultConfigReferences: defaults, installProgressions: progressions }) => ({
      ...(defaults && { [shape.defaultsKey]: defaults.map(encodeReference) }),
      ...(progressions && { installProgressions: progressions.map(encodeProgression) }),
    }),
  };
}

function decodeAddon(raw: unknown, shape: Shape): ManagedClusterAddOn {
  const { spec = {}, status = {} } = raw as { spec?: ManagedClusterAddOn["spec"]; status?: StoredStatus };
  const { metadata, ...object } = decodeMeta(raw);
  const { namespace, uid, annotations, ...meta } = metadata;
  if (namespace === undefined || uid === undefined) {
    throw new Error(`ManagedClusterAddOn "${meta.name}" has no namespace or uid: wanted is a stored object`);
  }
  const { [INSTALL_NAMESPACE_ANNOTATION]: moved, ...ownAnnotations } = annotations ?? {};
  const wished = spec.installNamespace ?? moved;
  return {
    ...object,
    metadata: {
      ...meta,
      namespace,
      uid,
      ...(Object.keys(ownAnnotations).length > 0 && { annotations: ownAnnotations }),
    },
    spec: {
      ...(spec.configs && { configs: spec.configs }),
      // The hub fills the default in for users who said nothing: it is nobody's wish.
      ...(wished !== undefined && wished !== DEFAULT_INSTALL_NAMESPACE && { installNamespace: wished }),
    },
    status: decodeStatus(status, shape),
  };
}

function decodeStatus(status: StoredStatus, shape: Shape): ManagedClusterAddOnStatus {
  const { supportedConfigs, configReferences, namespace, healthCheck, conditions } = status;
  return {
    ...(supportedConfigs && { supportedConfigs }),
    ...(configReferences && { configReferences: configReferences.map(decodeReference) }),
    ...shape.decodeRegistrations(status),
    ...(namespace !== undefined && { namespace }),
    ...(healthCheck && { healthCheck }),
    ...(conditions && { conditions }),
  };
}
