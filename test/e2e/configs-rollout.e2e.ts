// Configs that hold for many clusters, the default and those of placements: their hashes on the hub, which one wins, and
// how a change of one goes from cluster to cluster. A number is a line of docs/using/ocm-contract.md.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { ADDON_MANAGER_NAMESPACE } from "./harness/addon.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { ADDON, addonPath, enableAddon, untilConditions, untilGone } from "./support/addon.ts";
import {
  ADDON_API,
  addonOf,
  collectionOf,
  conditionOf,
  configPath,
  hashesFor,
  hashesOf,
  nameConfigs,
  patch,
  TYPE,
  untilComplete,
  variableOf,
  worksOf,
  writeConfig,
} from "./support/configs.ts";
import type { Addon, ConfigReference, Work } from "./support/configs.ts";
import { followObject } from "./support/transcript.ts";
import type { Notes } from "./support/transcript.ts";
import { createNamespace, deleteNamespace } from "./support/workloads.ts";

const NAMESPACE = "configs-rollout-e2e";
const CLUSTER_API = "/apis/cluster.open-cluster-management.io";
const DEFINITION = `${ADDON_API}/clustermanagementaddons/${ADDON}`;
const DEFAULT = `${ADDON_MANAGER_NAMESPACE}/${ADDON}`;
const PLACED = `${NAMESPACE}/placed`;
const SOON = { limitMs: 60_000 };
const ALL = ["c1", "c2", "c3"];
const stack = suiteStack();
let hub: Kube;

type Definition = KubeObject & {
  spec: { supportedConfigs: object[] };
  status: {
    defaultconfigReferences?: ConfigReference[];
    installProgressions?: { name: string; configReferences?: ConfigReference[] }[];
  };
};

beforeAll(async () => {
  hub = await stack.hub.admin();
  await createNamespace(hub, NAMESPACE);
  await enableAddon(stack, hub, ["c1", "c2"]);
});

afterAll(async () => {
  await patch(hub, DEFINITION, { spec: { installStrategy: { type: "Manual", placements: null } } });
  await Promise.all([...ALL.map(async (cluster) => select(cluster, null)), nameConfigs(hub, "c1")]);
  await output(stack.clusteradm("addon", "disable", "--names", ADDON, "--clusters", "c3"));
  await deleteNamespace(hub, NAMESPACE);
  await untilGone(hub, addonPath("c3"));
  await enableAddon(stack, hub, ["c1", "c2"]);
  hub.close();
});

const level = (value: string): object => ({ customizedVariables: [{ name: "LOG_LEVEL", value }] });
const definition = async (): Promise<Definition> => hub.request<Definition>({ method: "GET", path: DEFINITION });
const hashOf = (references: ConfigReference[] | undefined): string =>
  references?.[0]?.desiredConfig?.specHash ?? "absent";

/** Follows a hash on the ClusterManagementAddOn. */
function followHash(read: (status: Definition["status"]) => string): Notes & { until(hash: RegExp): Promise<string> } {
  const followed = followObject<Definition>(hub, collectionOf(DEFINITION), ({ status }) => read(status ?? {}));
  const next = async (hash: RegExp): Promise<string> =>
    until(
      `a hash like ${hash}`,
      () => {
        const last = followed.notes().at(-1) ?? "";
        return hash.test(last) ? met(last) : unmet(followed.notes());
      },
      SOON,
    );
  return { ...followed, until: next };
}

/** A hash, but not this one. */
const other = (hash: string): RegExp => new RegExp(`^(?!${hash}$)[0-9a-f]{64}$`);

describe("the hash of a config", () => {
  test("14 and 17: of the default is on the definition and in every work, follows the spec alone, and goes with it", async () => {
    const before = await hub.request<KubeObject & { spec: object }>({ method: "GET", path: configPath(DEFAULT) });
    const hashes = followHash((status) => hashOf(status.defaultconfigReferences));
    const first = await hashes.until(/./);
    await patch(hub, configPath(DEFAULT), { metadata: { labels: { team: "a" } } });
    // Says nothing without a proxy: the hash is another, the agent is the same.
    await patch(hub, configPath(DEFAULT), { spec: { proxyConfig: { noProxy: "10.0.0.0/8" } } });
    const second = await hashes.until(other(first));
    for (const cluster of ["c1", "c2"]) {
      // OCM copies the hash a moment later, and until then the cluster is complete with the one before.
      const { addon, works } = await until(
        `${cluster} to be complete with the new hash`,
        async () => {
          const now = await untilComplete(hub, cluster, DEFAULT);
          const hash = hashOf(now.addon.status?.configReferences);
          return hash === second ? met(now) : unmet(hash);
        },
        SOON,
      );
      expect(works.map(hashesOf)).toEqual([hashesFor(addon)]);
    }
    const live = await worksOf(hub, "c1");
    await hub.request({ method: "DELETE", path: configPath(DEFAULT) });
    await hashes.until(/^$/);
    const { apiVersion, kind, metadata, spec } = before;
    const { name, namespace, labels, annotations } = metadata;
    const body = { apiVersion, kind, metadata: { name, namespace, labels, annotations }, spec };
    await hub.request({ method: "POST", path: collectionOf(configPath(DEFAULT)).path, body });
    await hashes.until(new RegExp(`^${first}$`));
    expect(hashes.notes()).toEqual([first, second, "", first]);
    hashes.stop();
    await untilComplete(hub, "c1", DEFAULT);
    expect((await worksOf(hub, "c1")).map(version)).toEqual(live.map(version));

    const { supportedConfigs } = (await definition()).spec;
    await patch(hub, DEFINITION, { spec: { supportedConfigs: [TYPE] } });
    await until(
      "works that name no config",
      async () => {
        const said = (await worksOf(hub, "c2")).map(hashesOf);
        return lookAt(said.length === 1 && said[0] === undefined, said);
      },
      SOON,
    );
    await patch(hub, DEFINITION, { spec: { supportedConfigs } });
    await Promise.all(["c1", "c2"].map(async (cluster) => untilComplete(hub, cluster, DEFAULT)));
  });
});

describe("of several configs", () => {
  test("15 and 19: the cluster's wins over the placement's, that over the default; the placement's has its hash too", async () => {
    await place();
    await writeConfig(hub, PLACED, level("warn"));
    await writeConfig(hub, `${NAMESPACE}/own`, level("error"));
    await Promise.all([select("c1", "front"), select("c2", "front"), select("c3", "rest")]);
    await Promise.all([untilDecided("front", ["c1", "c2"]), untilDecided("rest", ["c3"])]);
    await nameConfigs(hub, "c1", `${NAMESPACE}/own`);
    const rolloutStrategy = { type: "Progressive", progressive: { maxConcurrency: 1 } };
    const placements = [
      { namespace: NAMESPACE, name: "front", rolloutStrategy, configs: [referenceTo(PLACED)] },
      { namespace: NAMESPACE, name: "rest" },
    ];
    await patch(hub, DEFINITION, { spec: { installStrategy: { type: "Placements", placements } } });
    const levels = await Promise.all(
      [
        ["c1", `${NAMESPACE}/own`],
        ["c2", PLACED],
        ["c3", DEFAULT],
      ].map(async ([cluster = "", key = ""]) =>
        variableOf((await untilComplete(hub, cluster, key)).works, "LOG_LEVEL"),
      ),
    );
    expect(levels).toEqual(["error", "warn", "debug"]);
    await nameConfigs(hub, "c1");
    expect(variableOf((await untilComplete(hub, "c1", PLACED)).works, "LOG_LEVEL")).toBe("warn");

    const hashes = followHash(({ installProgressions = [] }) =>
      hashOf(installProgressions.find(({ name }) => name === "front")?.configReferences),
    );
    const first = await hashes.until(/./);
    expect(first).toBe(hashOf((await addonOf(hub, "c2")).status?.configReferences));
    await patch(hub, configPath(PLACED), { metadata: { labels: { team: "a" } } });
    await hub.request({ method: "DELETE", path: configPath(PLACED) });
    await hashes.until(/^$/);
    await writeConfig(hub, PLACED, level("warn"));
    await hashes.until(new RegExp(`^${first}$`));
    expect(hashes.notes()).toEqual([first, "", first]);
    hashes.stop();
  });
});

describe("a progressive rollout", () => {
  interface Followed {
    cluster: string;
    works: Notes;
    addons: Notes;
  }

  test("18: takes one cluster after the other as each is complete, and stops at the first for which the config is wrong", async () => {
    await select("c3", "front");
    await Promise.all(ALL.map(async (cluster) => untilComplete(hub, cluster, PLACED)));
    const before = hashOf((await addonOf(hub, "c1")).status?.configReferences);
    const followed = ALL.map(follow);
    await writeConfig(hub, PLACED, level("error"));
    await Promise.all(
      ALL.map(async (cluster) =>
        until(
          `the change in ${cluster}`,
          async () => {
            const { addon, works } = await untilComplete(hub, cluster, PLACED);
            const now = hashOf(addon.status?.configReferences);
            return lookAt(now !== before && variableOf(works, "LOG_LEVEL") === "error", now);
          },
          SOON,
        ),
      ),
    );
    const after = hashOf((await addonOf(hub, "c1")).status?.configReferences);
    const turns = followed.map((one) => turnOf(one, after)).toSorted((a, b) => a.began - b.began);
    const overtaken = turns.slice(1).filter(({ began }, index) => !(began > (turns[index]?.ended ?? NaN)));
    expect(overtaken, JSON.stringify(turns)).toEqual([]);

    await writeConfig(hub, PLACED, { customizedVariables: [{ name: "COLOUR", value: "blue" }] });
    const stopped = await until(
      "one cluster that says what is wrong",
      async () => {
        const addons = await Promise.all(ALL.map(async (cluster) => addonOf(hub, cluster)));
        const said = addons.map((addon) => conditionOf(addon, "ManifestApplied"));
        const at = said.findIndex((text) => text.startsWith("False/") && text.includes("COLOUR"));
        return at === -1 ? unmet(said) : met(addons[at] as Addon);
      },
      SOON,
    );
    const wrong = hashOf(stopped.status?.configReferences);
    await writeConfig(hub, PLACED, level("info"));
    await Promise.all(ALL.map(async (cluster) => untilComplete(hub, cluster, PLACED)));
    const asked = followed.filter(({ addons }) => addons.notes().some((note) => note.includes(`desired=${wrong}`)));
    expect(asked.map(({ cluster }) => cluster)).toEqual([stopped.metadata.namespace]);
    expect(followed.filter(({ works }) => works.notes().some((note) => note.includes(wrong)))).toEqual([]);
    for (const { works, addons } of followed) {
      works.stop();
      addons.stop();
    }
    await Promise.all(ALL.map(async (cluster) => untilConditions(hub, cluster, { Reporting: "True/" })));
  });

  // Of one etcd, resourceVersions of all types tell what came before what.
  function follow(cluster: string): Followed {
    const works = { path: `/apis/work.open-cluster-management.io/v1/namespaces/${cluster}/manifestworks` };
    return {
      cluster,
      works: followObject<Work>(hub, { ...works, name: `addon-${ADDON}-deploy-0` }, (work) => {
        return `${work.metadata.resourceVersion} ${JSON.stringify(hashesOf(work))}`;
      }),
      addons: followObject<Addon>(hub, collectionOf(addonPath(cluster)), (addon) => {
        const [reference] = addon.status?.configReferences ?? [];
        const applied = `applied=${reference?.lastAppliedConfig?.specHash} desired=${reference?.desiredConfig?.specHash}`;
        return `${addon.metadata.resourceVersion} ${applied} ${conditionOf(addon, "Progressing")}`;
      }),
    };
  }

  /** When the work of a cluster got this hash, and when OCM called the cluster complete with it. */
  function turnOf(
    { cluster, works, addons }: Followed,
    hash: string,
  ): { cluster: string; began: number; ended: number } {
    const when = (note: string | undefined): number => Number(note?.split(" ")[0]);
    const began = when(works.notes().find((note) => note.includes(hash)));
    const ended = when(
      addons.notes().find((note) => note.includes(`applied=${hash}`) && note.includes("False/Completed")),
    );
    return { cluster, began, ended };
  }
});

function version({ metadata }: Work): unknown {
  return [metadata.uid, metadata.generation];
}

function referenceTo(key: string): object {
  const [namespace, name] = key.split("/");
  return { ...TYPE, namespace, name };
}

/** Puts a cluster into the placement of this name, or into none. */
async function select(cluster: string, placement: string | null): Promise<void> {
  const path = `${CLUSTER_API}/v1/managedclusters/${cluster}`;
  await patch(hub, path, { metadata: { labels: { [NAMESPACE]: placement } } });
}

/** Makes the two placements. */
async function place(): Promise<void> {
  const make = async (version: string, plural: string, object: object): Promise<void> =>
    hub.request({
      method: "POST",
      path: `${CLUSTER_API}/${version}/namespaces/${NAMESPACE}/${plural}`,
      body: { apiVersion: `cluster.open-cluster-management.io/${version}`, ...object },
    });
  const kind = "ManagedClusterSetBinding";
  await make("v1beta2", "managedclustersetbindings", {
    kind,
    metadata: { name: "default" },
    spec: { clusterSet: "default" },
  });
  for (const name of ["front", "rest"]) {
    const requiredClusterSelector = { labelSelector: { matchLabels: { [NAMESPACE]: name } } };
    const spec = { predicates: [{ requiredClusterSelector }] };
    await make("v1beta1", "placements", { kind: "Placement", metadata: { name }, spec });
  }
}

/** OCM takes the add-on, with its configs, from clusters that no placement has decided on yet. */
async function untilDecided(placement: string, clusters: string[]): Promise<void> {
  const path = `${CLUSTER_API}/v1beta1/namespaces/${NAMESPACE}/placementdecisions`;
  const query = { labelSelector: `cluster.open-cluster-management.io/placement=${placement}` };
  await until(
    `the decisions of ${placement}`,
    async () => {
      const { items } = await hub.request<{ items: { status?: { decisions?: { clusterName: string }[] } }[] }>({
        method: "GET",
        path,
        query,
      });
      const decided = items.flatMap(({ status }) => (status?.decisions ?? []).map(({ clusterName }) => clusterName));
      return lookAt(decided.toSorted().join() === clusters.join(), decided);
    },
    SOON,
  );
}
