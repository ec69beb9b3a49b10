// Enables an add-on as a bare script would: the fewest writes that OCM accepts, each as soon as a watch says that it may be
// made, and nothing looked at twice. It heals nothing and repairs nothing: the floor that a manager is held against.
import { serverSideApply } from "../../shared/kube/apply.ts";
import { microTime } from "../../shared/kube/lease.ts";
import { objectPath } from "../../shared/kube/paths.ts";
import { runStore, Store } from "../../shared/kube/store.ts";
import type { Condition, Kube, KubeObject, OwnerReference, Resource } from "../../shared/kube/types.ts";
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";

const GROUP = "addon.open-cluster-management.io";
const ADDONS: Resource = { group: GROUP, version: "v1alpha1", plural: "managedclusteraddons" };
const WORKS: Resource = { group: "work.open-cluster-management.io", version: "v1", plural: "manifestworks" };
const REQUESTS: Resource = { group: "certificates.k8s.io", version: "v1", plural: "certificatesigningrequests" };
const RBAC = "rbac.authorization.k8s.io";
const ROLES: Resource = { group: RBAC, version: "v1", plural: "roles" };
const LEASES: Resource = { group: "coordination.k8s.io", version: "v1", plural: "leases" };
const NAME_LABEL = "open-cluster-management.io/addon-name";
const CLUSTER_LABEL = "open-cluster-management.io/cluster-name";
export const INSTALL_NAMESPACE = "open-cluster-management-agent-addon";

type WithStatus = KubeObject & { status?: { conditions?: Condition[] } };

export class ByHand {
  readonly #hub: Kube;
  readonly #addon: string;
  readonly #addons = new Store<WithStatus>();
  readonly #works = new Store<WithStatus>();
  readonly #requests = new Map<string, WithStatus>();
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(hub: Kube, addon: string) {
    this.#hub = hub;
    this.#addon = addon;
  }

  /** Follows the hub until the signal aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    const byLabel = { kube: this.#hub, signal, labelSelector: `${NAME_LABEL}=${this.#addon}` };
    const requests = new Store<WithStatus>();
    await Promise.all([
      runStore({
        kube: this.#hub,
        signal,
        resource: ADDONS,
        store: this.#addons,
        fieldSelector: `metadata.name=${this.#addon}`,
        onChange: ({ namespace }) => this.#look(namespace),
      }),
      runStore({
        ...byLabel,
        resource: WORKS,
        store: this.#works,
        onChange: ({ namespace }) => this.#look(namespace),
      }),
      runStore({
        ...byLabel,
        resource: REQUESTS,
        store: requests,
        onChange: ({ name }) => {
          const request = requests.get("", name);
          const cluster = request?.metadata.labels?.[CLUSTER_LABEL];
          if (request === undefined || cluster === undefined) return;
          this.#requests.set(cluster, request);
          this.#look(cluster);
        },
      }),
    ]);
  }

  /** Does all that is to be done on the hub once the ManagedClusterAddOn is there. */
  async enable(cluster: string, manifests: unknown[]): Promise<void> {
    const addon = await this.#when(cluster, () => {
      const found = this.#addons.get(cluster, this.#addon);
      return found?.metadata.ownerReferences === undefined ? undefined : found;
    });
    const { apiVersion, kind, metadata } = addon;
    const owner = { apiVersion, kind, name: this.#addon, uid: metadata.uid ?? "", blockOwnerDeletion: true };
    await this.#grant(cluster, owner);
    const registered = condition("RegistrationApplied", "SetPermissionApplied");
    await this.#say(cluster, [registered]);
    await Promise.all([this.#approve(cluster), this.#deploy(cluster, owner, manifests)]);
    await this.#say(cluster, [registered, condition("ManifestApplied", "AddonManifestApplied")]);
  }

  async #grant(cluster: string, owner: OwnerReference): Promise<void> {
    const metadata = { name: `${this.#addon}-agent`, namespace: cluster, ownerReferences: [owner] };
    const of = (kind: string): KubeObject => ({ apiVersion: `${RBAC}/v1`, kind, metadata });
    const rules = [
      {
        apiGroups: [GROUP],
        resources: ["managedclusteraddons"],
        resourceNames: [this.#addon],
        verbs: ["list", "watch"],
      },
    ];
    const roleRef = { apiGroup: RBAC, kind: "Role", name: metadata.name };
    const subjects = [{ kind: "User", apiGroup: RBAC, name: this.#user(cluster) }];
    const role = { ...of("Role"), rules };
    const binding = { ...of("RoleBinding"), roleRef, subjects };
    await this.#apply(ROLES, role);
    await this.#apply({ ...ROLES, plural: "rolebindings" }, binding);
  }

  async #say(cluster: string, conditions: Condition[]): Promise<void> {
    const groups = [`cluster:${cluster}:addon:${this.#addon}`, `addon:${this.#addon}`];
    const status = {
      supportedConfigs: [{ group: GROUP, resource: "addondeploymentconfigs" }],
      healthCheck: { mode: "Lease" },
      namespace: INSTALL_NAMESPACE,
      registrations: [
        {
          signerName: "kubernetes.io/kube-apiserver-client",
          subject: {
            user: this.#user(cluster),
            groups: groups.map((group) => `system:open-cluster-management:${group}`),
          },
        },
      ],
      conditions,
    };
    const metadata = { name: this.#addon, namespace: cluster };
    const object = { apiVersion: `${GROUP}/v1alpha1`, kind: "ManagedClusterAddOn", metadata, status };
    await this.#apply(ADDONS, object, "status");
  }

  async #approve(cluster: string): Promise<void> {
    const request = await this.#when(cluster, () => {
      const found = this.#requests.get(cluster);
      return found?.status?.conditions === undefined ? found : undefined;
    });
    const approved = { ...condition("Approved", "ByHand"), lastUpdateTime: rfc3339Seconds(Date.now()) };
    const path = objectPath(REQUESTS, { name: request.metadata.name, subresource: "approval" });
    await this.#hub.request({ method: "PUT", path, body: { ...request, status: { conditions: [approved] } } });
  }

  async #deploy(cluster: string, owner: OwnerReference, manifests: unknown[]): Promise<void> {
    const name = `addon-${this.#addon}-deploy-0`;
    const labels = { [NAME_LABEL]: this.#addon };
    const metadata = { name, namespace: cluster, labels, ownerReferences: [{ ...owner, controller: true }] };
    const work = { apiVersion: `${WORKS.group}/v1`, kind: "ManifestWork", metadata, spec: { workload: { manifests } } };
    await this.#apply(WORKS, work);
    await this.#when(cluster, () => {
      const conditions = this.#works.get(cluster, name)?.status?.conditions ?? [];
      return conditions.find(({ type, status }) => type === "Available" && status === "True");
    });
  }

  #user(cluster: string): string {
    return `system:open-cluster-management:cluster:${cluster}:addon:${this.#addon}:agent:${this.#addon}`;
  }

  async #apply(resource: Resource, object: KubeObject, subresource?: string): Promise<void> {
    await serverSideApply(this.#hub, resource, object, {
      fieldManager: "by-hand",
      ...(subresource !== undefined && { subresource }),
    });
  }

  #look(cluster: string): void {
    for (const look of this.#waiting.get(cluster) ?? []) look();
  }

  /** Waits until a look at what is known brings something. */
  async #when<T>(cluster: string, find: () => T | undefined): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    const waiting = this.#waiting.get(cluster) ?? new Set();
    this.#waiting.set(cluster, waiting);
    const look = (): void => {
      const found = find();
      if (found !== undefined) resolve(found);
    };
    waiting.add(look);
    look();
    const found = await promise;
    waiting.delete(look);
    return found;
  }
}

/** The sign of life that OCM looks for. */
export async function renewByHand(managed: Kube, addon: string): Promise<void> {
  const metadata = { name: addon, namespace: INSTALL_NAMESPACE };
  const spec = { holderIdentity: addon, leaseDurationSeconds: 60, renewTime: microTime(Date.now()) };
  const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec };
  await serverSideApply(managed, LEASES, lease, { fieldManager: "by-hand", force: true });
}

function condition(type: string, reason: string): Condition {
  return { type, status: "True", reason, message: "By hand", lastTransitionTime: rfc3339Seconds(Date.now()) };
}
