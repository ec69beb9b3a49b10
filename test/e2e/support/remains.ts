// What is left of the add-on: every resource type that an API server can list is listed, and searched for the add-on's
// name. So what was forgotten is found, wherever it is.
import { isNotFound } from "../../../shared/kube/errors.ts";
import type { Kube, KubeObject } from "../../../shared/kube/types.ts";
import { lookAt, until } from "../harness/polling.ts";
import { ADDON } from "./addon.ts";

const METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/** What may stay, and why. */
const MAY_STAY: Record<string, string> = {
  events: "they tell what was, and the API server takes them away after an hour",
  "events.events.k8s.io": "the same events once more",
  "certificatesigningrequests.certificates.k8s.io":
    "they tell who was given a certificate, and Kubernetes takes those that are over away after an hour",
};
/** The node of the harness has the name in its labels. */
const NODE_OF_THE_HARNESS = /-processes$/;

interface Type {
  /** With its group: "leases.coordination.k8s.io". */
  name: string;
  path: string;
  group: string;
}

interface Found {
  type: Type;
  metadata: KubeObject["metadata"];
}

/** Everything of the add-on on a managed cluster, as "TYPE NAMESPACE/NAME". */
export async function remainsOn(kube: Kube): Promise<string[]> {
  return describe((await everything(kube)).filter(isOurs));
}

/** Everything of the add-on on the hub that is there for one cluster: in its namespace, or naming it. */
export async function remainsOnHub(hub: Kube, cluster: string): Promise<string[]> {
  const isOfCluster = ({ metadata }: Found): boolean =>
    metadata.namespace === undefined ? wordsOf(metadata).includes(cluster) : metadata.namespace === cluster;
  return describe((await everything(hub)).filter((found) => isOfCluster(found) && isOurs(found)));
}

/** Waits until nothing of the add-on is left of a cluster, neither on the hub nor there. */
export async function untilNothingRemains(hub: Kube, cluster: string, managed: Kube): Promise<void> {
  await until(
    `nothing of the add-on to be left of ${cluster}`,
    async () => {
      const [onHub, there] = await Promise.all([remainsOnHub(hub, cluster), remainsOn(managed)]);
      return lookAt(onHub.length + there.length === 0, { hub: onHub, [cluster]: there });
    },
    { limitMs: 60_000, everyMs: 500 },
  );
}

async function everything(kube: Kube): Promise<Found[]> {
  const types = await listableTypes(kube);
  const lists = await Promise.all(
    types.map(async (type): Promise<Found[]> => {
      try {
        const headers = { accept: METADATA_ONLY };
        const { items } = await kube.request<{ items: KubeObject[] | null }>({
          method: "GET",
          path: type.path,
          headers,
        });
        // Null when there is none: a list of metadata is put together that way.
        return (items ?? []).map(({ metadata }) => ({ type, metadata }));
      } catch (error) {
        // The type went while we asked, as those of a CRD that a suite has removed.
        if (isNotFound(error)) return [];
        throw error;
      }
    }),
  );
  return lists.flat();
}

async function listableTypes(kube: Kube): Promise<Type[]> {
  const { groups } = await kube.request<{ groups: { name: string; preferredVersion: { groupVersion: string } }[] }>({
    method: "GET",
    path: "/apis",
  });
  const roots = groups.map(({ name, preferredVersion }) => ({
    group: name,
    root: `/apis/${preferredVersion.groupVersion}`,
  }));
  const found = await Promise.all(
    [{ group: "", root: "/api/v1" }, ...roots].map(async ({ group, root }) => {
      const { resources } = await kube.request<{ resources: { name: string; verbs: string[] }[] }>({
        method: "GET",
        path: root,
      });
      return resources
        .filter(({ name, verbs }) => verbs.includes("list") && !name.includes("/"))
        .map(({ name }) => ({ name: group === "" ? name : `${name}.${group}`, path: `${root}/${name}`, group }));
    }),
  );
  return found.flat().filter(({ name }) => !(name in MAY_STAY));
}

function isOurs({ type, metadata }: Found): boolean {
  if (type.name === "nodes" && NODE_OF_THE_HARNESS.test(metadata.name)) return false;
  return type.group.startsWith(`${ADDON}.`) || wordsOf(metadata).some((word) => word.includes(ADDON));
}

/** All by which an object says whose it is. */
function wordsOf({ name, labels = {}, ownerReferences = [] }: KubeObject["metadata"]): string[] {
  return [name, ...Object.entries(labels).flat(), ...ownerReferences.map((owner) => owner.name)];
}

function describe(all: Found[]): string[] {
  return all
    .map(({ type, metadata }) => [type.name, [metadata.namespace, metadata.name].filter(Boolean).join("/")].join(" "))
    .toSorted();
}
