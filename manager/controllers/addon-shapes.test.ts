// The add-on's life through either version of OCM's add-on API: the objects stand as that version stores them, and every
// write changes them as a hub would. What is written is in the version's own shape, keeps what is the klusterlet's, and ends.
import { describe, expect, test } from "vitest";
import type { Kube, KubeObject, KubeRequest } from "../../shared/kube/types.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { decodeRole, decodeRoleBinding, decodeWork } from "../ocm/decode.ts";
import { ADDON_APIS, ADDON_VERSIONS } from "../ocm/addon-api.ts";
import type { AddonVersion } from "../ocm/addon-api.ts";
import type { ConfigReference } from "../ocm/types.ts";
import { addonConfigs, definitionConfigs } from "./configs.ts";
import { deploy } from "./deploy.ts";
import { addon, among, cluster, CLUSTER, config, configured, reference } from "./objects.fixture.ts";
import { registration } from "./registration.ts";

type Stored = KubeObject & { status: Record<string, unknown> };

const signal = new AbortController().signal;
const EMPTY: ConfigReference = { ...reference(""), lastObservedGeneration: 0 };
const SIGNER = "kubernetes.io/kube-apiserver-client";

/** A hub that keeps what it is sent, in the shape of one version. */
class ShapedHub {
  readonly requests: KubeRequest[] = [];
  readonly #objects = new Map<string, Stored>();
  readonly #version: AddonVersion;
  #writes = 10;

  constructor(version: AddonVersion) {
    this.#version = version;
    const { status: _status, spec, ...head } = addon();
    const definition = { ...head, kind: "ClusterManagementAddOn", metadata: { name: "kruise-health", uid: "uid-cma" } };
    for (const object of [
      { ...head, spec, status: {} },
      { ...definition, status: {} },
    ]) {
      this.#objects.set(object.kind, { ...object, apiVersion: this.#api.apiVersion });
    }
  }

  get #api() {
    return ADDON_APIS[this.#version];
  }

  readonly kube: Kube = {
    request: async <T>(request: KubeRequest) => {
      this.requests.push(request);
      const body = request.body as Stored;
      const kind = request.path.includes("/managedclusteraddons/") ? "ManagedClusterAddOn" : body.kind;
      const key = request.path.includes("/clustermanagementaddons/") ? "ClusterManagementAddOn" : kind;
      const known = this.#objects.get(key);
      this.#objects.set(key, { ...known, ...(body.kind ? body : {}), ...this.#merged(known, body) } as Stored);
      return {} as T;
    },
    open: () => {
      throw new Error("no watch is expected here");
    },
    close: () => undefined,
  };

  #merged(known: Stored | undefined, body: Stored): Partial<Stored> {
    const metadata = { ...known?.metadata, ...body.metadata, resourceVersion: String(this.#writes++) };
    return { metadata, status: { ...known?.status, ...body.status } };
  }

  /** What somebody else writes. */
  write(kind: string, status: Record<string, unknown>): void {
    const known = this.#objects.get(kind)!;
    this.#objects.set(kind, { ...known, ...this.#merged(known, { ...known, status }) });
  }

  status(kind: string): Record<string, unknown> {
    return this.#objects.get(kind)!.status;
  }

  findAddon = () => this.#api.decodeAddon(this.#objects.get("ManagedClusterAddOn"));
  definition = () => this.#api.decodeDefinition(this.#objects.get("ClusterManagementAddOn"));
  owners = (kind: string) => this.#objects.get(kind)?.metadata.ownerReferences?.map(({ apiVersion }) => apiVersion);

  /** Lets every controller look until none writes; returns the number of writes. */
  async settle(): Promise<number> {
    const before = this.requests.length;
    const find = <T>(kind: string, decode: (raw: unknown) => T) => {
      const object = this.#objects.get(kind);
      return object && decode(object);
    };
    const works = () => find("ManifestWork", decodeWork);
    const deps = {
      kube: this.kube,
      clock: systemClock,
      agent: { image: "img", imagePullPolicy: "Always" },
      definition: this.definition,
      findAddon: this.findAddon,
      findCluster: () => cluster(),
      findConfig: among(config({ agentInstallNamespace: "agents" })),
      findRole: () => find("Role", decodeRole),
      findBinding: () => find("RoleBinding", decodeRoleBinding),
      findWorks: () => [works()].filter((work) => work !== undefined),
    };
    const loops = [registration(deps), deploy(deps), addonConfigs(deps), definitionConfigs(deps)];
    for (let round = 0; round < 5; round++) for (const reconcile of loops) await reconcile(CLUSTER, signal);
    return this.requests.length - before;
  }
}

/** What OCM and the klusterlet write, in each version's shape. */
const THEIRS = {
  v1alpha1: {
    defaults: (references: ConfigReference[]) => ({ defaultconfigReferences: references }),
    references: (references: ConfigReference[]) =>
      references.map((item) => ({ ...item, name: "cfg", namespace: "ns" })),
    driver: (_status: Record<string, unknown>) => ({ kubeClientDriver: "csr" }),
    registrations: (subject: unknown) => ({
      kubeClientDriver: "csr",
      registrations: [{ signerName: SIGNER, subject }],
    }),
  },
  v1beta1: {
    defaults: (references: ConfigReference[]) => ({ defaultConfigReferences: references }),
    references: (references: ConfigReference[]) => references,
    driver: ({ registrations }: Record<string, unknown>) => ({
      registrations: (registrations as { kubeClient: object }[]).map(({ kubeClient, ...rest }) => {
        return { ...rest, kubeClient: { ...kubeClient, driver: "csr" } };
      }),
    }),
    registrations: (subject: unknown) => ({
      registrations: [{ type: "kubeClient", kubeClient: { subject, driver: "csr" } }],
    }),
  },
};

describe.each(ADDON_VERSIONS)("in %s, the manager", (version) => {
  const theirs = THEIRS[version];

  /** A hub on which the add-on has been registered, deployed and given a config. */
  async function enabled(): Promise<ShapedHub> {
    const hub = new ShapedHub(version);
    hub.write("ManagedClusterAddOn", { conditions: [configured()] });
    await hub.settle();
    hub.write("ManagedClusterAddOn", theirs.driver(hub.status("ManagedClusterAddOn")));
    hub.write("ClusterManagementAddOn", theirs.defaults([EMPTY]));
    hub.write("ManagedClusterAddOn", { configReferences: theirs.references([EMPTY]) });
    await hub.settle();
    const hashed = { ...EMPTY, ...reference("hash1") };
    hub.write("ManagedClusterAddOn", { configReferences: theirs.references([hashed]) });
    await hub.settle();
    return hub;
  }

  test("registers, deploys and rolls a config out, and then writes nothing", async () => {
    const hub = await enabled();
    const hashes = JSON.stringify(hub.status("ClusterManagementAddOn"));
    expect(hashes).toContain('"specHash":"hash1"');
    expect(hub.status("ManagedClusterAddOn")).toMatchObject({
      namespace: "agents",
      configReferences: theirs.references([{ ...EMPTY, ...reference("hash1"), lastObservedGeneration: 3 }]),
    });
    expect(await hub.settle()).toBe(0);
  });

  test("speaks to the add-on group in this version only, also of owners", async () => {
    const hub = await enabled();
    const paths = hub.requests.map(({ path }) => path).filter((path) => path.includes("addon.open-cluster"));
    expect(new Set(paths.map((path) => path.split("/")[3]))).toEqual(new Set([version]));
    const owner = `addon.open-cluster-management.io/${version}`;
    for (const kind of ["Role", "RoleBinding", "ManifestWork"]) expect(hub.owners(kind), kind).toEqual([owner]);
  });

  test("keeps the klusterlet's driver when it has to write the registration again", async () => {
    const hub = await enabled();
    const registered = hub.status("ManagedClusterAddOn");
    hub.write("ManagedClusterAddOn", theirs.registrations({ user: "somebody", groups: [] }));
    expect(await hub.settle()).toBe(1);
    const { registrations, kubeClientDriver } = hub.status("ManagedClusterAddOn");
    expect({ registrations, kubeClientDriver }).toEqual({
      registrations: registered["registrations"],
      kubeClientDriver: registered["kubeClientDriver"],
    });
    expect(hub.findAddon().status.kubeClientDriver).toBe("csr");
  });

  test("writes nothing after OCM's webhook has converted the object there and back", async () => {
    const hub = await enabled();
    const [here, there] = [ADDON_APIS[version], ADDON_APIS[version === "v1alpha1" ? "v1beta1" : "v1alpha1"]];
    const model = hub.findAddon();
    const driver = there.version === "v1alpha1" ? { kubeClientDriver: model.status.kubeClientDriver } : {};
    const status = { ...there.encodeAddonStatus(model.status, model), ...driver };
    const converted = there.decodeAddon({ ...model, apiVersion: there.apiVersion, status });
    expect(converted).toEqual({ ...model, apiVersion: there.apiVersion });
    hub.write("ManagedClusterAddOn", here.encodeAddonStatus(converted.status, converted) as Record<string, unknown>);
    expect(await hub.settle()).toBe(0);
  });

  test("deploys where OCM has put its mark for no default among the references", async () => {
    const hub = new ShapedHub(version);
    const mark = { ...EMPTY, desiredConfig: { name: "__reserved_no_default__", specHash: "" } };
    hub.write("ManagedClusterAddOn", { conditions: [configured()], configReferences: [mark] });
    await hub.settle();
    expect(hub.owners("ManifestWork")).toHaveLength(1);
    expect(JSON.stringify(hub.requests.map(({ body }) => body))).not.toContain("reserved");
    expect(await hub.settle()).toBe(0);
  });
});
