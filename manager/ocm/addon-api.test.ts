// One object in the shapes of both API versions, as a hub with OCM's conversion webhook shows it.
import { describe, expect, test } from "vitest";
import { ADDON_APIS, ADDON_VERSIONS, apiOf } from "./addon-api.ts";
import type { AddonVersion } from "./addon-api.ts";
import type { ClusterManagementAddOn, ManagedClusterAddOn } from "./types.ts";
import { ownedBy } from "./types.ts";

const TYPE = { group: "addon.open-cluster-management.io", resource: "addondeploymentconfigs" };
const SENTINEL = "__reserved_no_default__";
const user = "system:open-cluster-management:cluster:c1:addon:kruise-health:agent:kruise-health";
const subject = { user, groups: ["a", "b"] };
const signerName = "kubernetes.io/kube-apiserver-client";
const desiredConfig = { namespace: "ns", name: "cfg", specHash: "hash1" };
const condition = { type: "Configured", status: "True", reason: "R", message: "", lastTransitionTime: "t" };

type Shapes = Record<AddonVersion, { spec?: object; annotations?: object; status?: object }>;
interface Case {
  name: string;
  stored: Shapes;
  model: { spec?: ManagedClusterAddOn["spec"]; status?: object; annotations?: object };
}

/** An object as the hub sends it. */
function stored({ spec = {}, annotations, status }: Shapes[AddonVersion], version: AddonVersion, kind: string) {
  return {
    apiVersion: `addon.open-cluster-management.io/${version}`,
    kind,
    metadata: {
      name: "kruise-health",
      namespace: "c1",
      uid: "u",
      managedFields: [],
      ...(annotations && { annotations }),
    },
    spec,
    ...(status && { status }),
  };
}

function both(status: object): Shapes {
  return { v1alpha1: { status }, v1beta1: { status } };
}

const NS = "addon.open-cluster-management.io/v1alpha1-install-namespace";
const cases: Case[] = [
  { name: "a new object", stored: { v1alpha1: {}, v1beta1: {} }, model: {} },
  {
    name: "what both spell alike",
    stored: both({ supportedConfigs: [TYPE], namespace: "n", healthCheck: { mode: "Lease" }, conditions: [condition] }),
    model: {
      status: { supportedConfigs: [TYPE], namespace: "n", healthCheck: { mode: "Lease" }, conditions: [condition] },
    },
  },
  {
    name: "the wished namespace",
    stored: {
      v1alpha1: { spec: { installNamespace: "mine" }, annotations: { kept: "yes" } },
      v1beta1: { annotations: { kept: "yes", [NS]: "mine" } },
    },
    model: { spec: { installNamespace: "mine" }, annotations: { kept: "yes" } },
  },
  {
    name: "the default namespace, which nobody wished for",
    stored: {
      v1alpha1: { spec: { installNamespace: "open-cluster-management-agent-addon" } },
      v1beta1: { annotations: { [NS]: "open-cluster-management-agent-addon" } },
    },
    model: {},
  },
  {
    name: "configs of its own",
    stored: {
      v1alpha1: { spec: { configs: [{ ...TYPE, namespace: "ns", name: "cfg" }] } },
      v1beta1: { spec: { configs: [{ ...TYPE, namespace: "ns", name: "cfg" }] } },
    },
    model: { spec: { configs: [{ ...TYPE, namespace: "ns", name: "cfg" }] } },
  },
  {
    name: "a registration before the klusterlet has seen it",
    stored: {
      v1alpha1: { status: { registrations: [{ signerName, subject }] } },
      v1beta1: { status: { registrations: [{ type: "kubeClient", kubeClient: { subject } }] } },
    },
    model: { status: { registrations: [{ signerName, subject }] } },
  },
  {
    name: "a registration with the klusterlet's driver",
    stored: {
      v1alpha1: { status: { kubeClientDriver: "csr", registrations: [{ signerName, subject }] } },
      v1beta1: { status: { registrations: [{ type: "kubeClient", kubeClient: { subject, driver: "csr" } }] } },
    },
    model: { status: { kubeClientDriver: "csr", registrations: [{ signerName, subject }] } },
  },
  {
    name: "a registration with a signer of its own",
    stored: {
      v1alpha1: { status: { registrations: [{ signerName: "x.io/y", subject: { user, organizationUnit: ["o"] } }] } },
      v1beta1: {
        status: {
          registrations: [
            {
              type: "customSigner",
              customSigner: { signerName: "x.io/y", subject: { user, organizationUnits: ["o"] } },
            },
          ],
        },
      },
    },
    model: { status: { registrations: [{ signerName: "x.io/y", subject: { user, organizationUnit: ["o"] } }] } },
  },
  {
    name: "a config reference, which v1alpha1 names twice",
    stored: {
      v1alpha1: {
        status: {
          configReferences: [{ ...TYPE, namespace: "ns", name: "cfg", lastObservedGeneration: 2, desiredConfig }],
        },
      },
      v1beta1: { status: { configReferences: [{ ...TYPE, lastObservedGeneration: 2, desiredConfig }] } },
    },
    model: { status: { configReferences: [{ ...TYPE, lastObservedGeneration: 2, desiredConfig }] } },
  },
  {
    name: "a reference that means no default: no config to any reader",
    stored: {
      v1alpha1: {
        status: { configReferences: [{ ...TYPE, name: SENTINEL, desiredConfig: { name: SENTINEL, specHash: "" } }] },
      },
      v1beta1: { status: { configReferences: [{ ...TYPE, desiredConfig: { name: SENTINEL, specHash: "" } }] } },
    },
    model: { status: { configReferences: [{ ...TYPE, noDefault: { name: SENTINEL, specHash: "" } }] } },
  },
];

describe("a ManagedClusterAddOn", () => {
  const decode = (shapes: Shapes, version: AddonVersion) =>
    ADDON_APIS[version].decodeAddon(stored(shapes[version], version, "ManagedClusterAddOn"));

  describe.each(ADDON_VERSIONS)("of %s", (version) => {
    test.each(cases)("is read into the model: $name", ({ stored: shapes, model: { annotations, ...model } }) => {
      const { metadata, spec, status } = decode(shapes, version);
      expect({ spec, status }).toEqual({ spec: {}, status: {}, ...model });
      expect(metadata).toEqual({
        name: "kruise-health",
        namespace: "c1",
        uid: "u",
        ...(annotations && { annotations }),
      });
    });

    test.each(cases)("written back as it was read is as it was: $name", ({ stored: shapes }) => {
      const addon = decode(shapes, version);
      const before = shapes[version].status ?? {};
      expect({ ...before, ...ADDON_APIS[version].encodeAddonStatus(addon.status, addon) }).toEqual(before);
    });

    test("owns in the version in which it was read, and is written in that one", () => {
      const addon = decode(cases[0]!.stored, version);
      expect(ownedBy(addon).apiVersion).toBe(`addon.open-cluster-management.io/${version}`);
      expect(apiOf(addon).addons.version).toBe(version);
    });

    test("is never written a driver that its klusterlet has not chosen", () => {
      const registered = cases.find(({ name }) => name.includes("klusterlet's driver"))!;
      const { registrations } = decode(registered.stored, version).status;
      const fresh = decode(cases[0]!.stored, version);
      const wanted = { registrations: registrations ?? [], kubeClientDriver: "token" };
      expect(JSON.stringify(ADDON_APIS[version].encodeAddonStatus(wanted, fresh))).not.toContain("token");
    });
  });

  test("that is not stored is refused", () => {
    expect(() => ADDON_APIS.v1beta1.decodeAddon({ metadata: { name: "x" } })).toThrow('"x" has no namespace or uid');
  });

  test("of a version that nobody knows is refused", () => {
    const unknown = { apiVersion: "addon.open-cluster-management.io/v2", kind: "K", metadata: { name: "x" } };
    expect(() => apiOf(unknown)).toThrow("wanted is addon.open-cluster-management.io/v1alpha1 or");
  });
});

describe("a ClusterManagementAddOn", () => {
  const noDefault = { ...TYPE, desiredConfig: { name: SENTINEL, specHash: "" } };
  const progression = {
    namespace: "p",
    name: "placement",
    configReferences: [{ ...TYPE, desiredConfig }],
    conditions: [],
  };
  const table: { name: string; stored: Shapes; model: ClusterManagementAddOn["status"] }[] = [
    { name: "new", stored: { v1alpha1: {}, v1beta1: {} }, model: {} },
    {
      name: "with a default and a placement",
      stored: {
        v1alpha1: {
          status: {
            defaultconfigReferences: [noDefault, { ...TYPE, desiredConfig }],
            installProgressions: [progression],
          },
        },
        v1beta1: {
          status: {
            defaultConfigReferences: [noDefault, { ...TYPE, desiredConfig }],
            installProgressions: [progression],
          },
        },
      },
      model: {
        defaultConfigReferences: [
          { ...TYPE, noDefault: noDefault.desiredConfig },
          { ...TYPE, desiredConfig },
        ],
        installProgressions: [progression],
      },
    },
    {
      name: "with what OCM's Go types leave empty",
      stored: both({ installProgressions: [{ ...progression, configReferences: null }] }),
      model: { installProgressions: [{ namespace: "p", name: "placement", conditions: [] } as { name: string }] },
    },
  ];

  describe.each(ADDON_VERSIONS)("of %s", (version) => {
    const api = ADDON_APIS[version];
    const decode = (shapes: Shapes) => api.decodeDefinition(stored(shapes[version], version, "ClusterManagementAddOn"));

    test.each(table)("is read into the model: $name", ({ stored: shapes, model }) => {
      expect(decode(shapes).status).toEqual(model);
    });

    test.each(table)("written back as it was read is as it was: $name", ({ stored: shapes }) => {
      const before = shapes[version].status ?? {};
      const after = { ...before, ...api.encodeDefinitionStatus(decode(shapes).status) };
      expect(withoutNulls(after)).toEqual(withoutNulls(before));
    });
  });
});

/** As the hub stores it. */
function withoutNulls(value: object): unknown {
  return JSON.parse(JSON.stringify(value), (_key, field: unknown) => (field === null ? undefined : field));
}
