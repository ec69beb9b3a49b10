// The klusterlet's registration agent for one managed cluster: gets the add-on's certificate from the hub, keeps it in a
// Secret on the cluster, and judges the add-on by its Lease.
import type { Log } from "../../../shared/runtime/log.ts";
import { unavailable } from "../apiserver/errors.ts";
import { makeRequest } from "../../support/certificate-requests.ts";
import type { ApiObject } from "../apiserver/json.ts";
import { at, listOf, stringOf } from "../apiserver/json.ts";
import type { ApiServer } from "../apiserver/server.ts";
import type { ConditionText } from "./conditions.ts";
import { writeStatus } from "./conditions.ts";
import { ADDONS } from "./hub.ts";
import { Loop } from "./loop.ts";

export interface KlusterletDeps {
  cluster: string;
  hub: ApiServer;
  managed: Pick<ApiServer, "registry">;
  log: Log;
  /** How often the add-on's Lease is judged. */
  judgeMs: number;
  /** Whether the klusterlet reaches the hub. */
  connection: { isUp: boolean };
}

const SIGNER = "kubernetes.io/kube-apiserver-client";
const USAGES = ["digital signature", "key encipherment", "client auth"];
/** An add-on whose Lease was not renewed for this long is unavailable: five times a minute. */
const LEASE_MS = 300_000;
const MANAGER = "registration";

/** Makes work fail, and so be tried again, while there is no way to the hub. */
export function whenConnected<T>({ connection }: KlusterletDeps, work: () => T): T {
  if (!connection.isUp) throw unavailable("the hub cannot be reached");
  return work();
}

/** Starts it. Returns the way to stop it. */
export function startRegistration(deps: KlusterletDeps): () => void {
  const { hub, managed, cluster, log, judgeMs } = deps;
  const keys = new Map<string, { name: string; key: string }>();
  const certificates = new Loop(log, (addon) => whenConnected(deps, () => keepSecret(deps, addon, keys)));
  certificates.watch(hub.registry, ADDONS, ({ metadata }) =>
    metadata.namespace === cluster ? metadata.name : undefined,
  );
  certificates.watch(hub.registry, "certificatesigningrequests.certificates.k8s.io", ({ metadata }) => {
    const labels = metadata.labels ?? {};
    if (labels["open-cluster-management.io/cluster-name"] !== cluster) return undefined;
    return labels["open-cluster-management.io/addon-name"];
  });
  // The namespace of the Secret comes with the add-on's work.
  certificates.watch(managed.registry, "namespaces", () => {
    for (const { metadata } of hub.registry.storage.list(ADDONS, cluster)) certificates.add(metadata.name);
    return undefined;
  });
  const judged = (): void => whenConnected(deps, () => judgeLeases(deps));
  const leases = new Loop(log, judged).every(judgeMs, "leases");
  return () => {
    certificates.stop();
    leases.stop();
  };
}

async function keepSecret(
  deps: KlusterletDeps,
  name: string,
  keys: Map<string, { name: string; key: string }>,
): Promise<void> {
  const { hub, managed, cluster } = deps;
  const addon = hub.registry.storage.get(ADDONS, cluster, name);
  const secrets = managed.registry.storage
    .list("secrets")
    .filter(({ metadata }) => metadata.name === `${name}-hub-kubeconfig`);
  if (!addon) {
    keys.delete(name);
    for (const secret of secrets) deleteObject(managed, secret);
    return;
  }
  const [registration] = listOf(at(addon.status, "registrations"));
  if (registration === undefined || addon.metadata.deletionTimestamp !== undefined) return;
  if (at(addon.status, "kubeClientDriver") === undefined) {
    writeStatus(hub.registry, addon, MANAGER, { fields: { kubeClientDriver: "csr" } });
    return;
  }
  const namespace = installNamespace(addon);
  if (secrets.some(({ metadata }) => metadata.namespace === namespace)) return;
  const pending = keys.get(name);
  if (!pending) {
    await request(deps, addon, keys);
    return;
  }
  const csr = hub.registry.storage.get("certificatesigningrequests.certificates.k8s.io", "", pending.name);
  const certificate = stringOf(at(csr?.status, "certificate"));
  if (certificate === "" || !managed.registry.storage.get("namespaces", "", namespace)) return;
  writeSecret(deps, addon, { certificate, key: pending.key });
}

async function request(
  deps: KlusterletDeps,
  addon: ApiObject,
  keys: Map<string, { name: string; key: string }>,
): Promise<void> {
  const { cluster, hub } = deps;
  const { name } = addon.metadata;
  const subject = at(listOf(at(addon.status, "registrations"))[0], "subject");
  const groups = listOf(at(subject, "groups")).filter((group) => typeof group === "string");
  const { request: pem, key } = await makeRequest({
    cn: stringOf(at(subject, "user")),
    organizations: groups.toSorted(),
    dns: [`${name}.addon.open-cluster-management.io`],
  });
  const labels = { "open-cluster-management.io/addon-name": name, "open-cluster-management.io/cluster-name": cluster };
  const csr: ApiObject = {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name: "", generateName: `addon-${cluster}-${name}-`, labels },
    spec: { request: Buffer.from(pem).toString("base64"), signerName: SIGNER, usages: USAGES },
  };
  const prefix = `system:open-cluster-management:${cluster}`;
  const user = {
    name: `${prefix}:agent`,
    groups: [prefix, "system:open-cluster-management:managed-clusters", "system:authenticated"],
  };
  const created = hub.registry.create(csr, { manager: MANAGER, user });
  keys.set(name, { name: created.metadata.name, key });
}

function writeSecret(deps: KlusterletDeps, addon: ApiObject, given: { certificate: string; key: string }): void {
  const { hub, managed, cluster } = deps;
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  managed.registry.create(
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: `${addon.metadata.name}-hub-kubeconfig`, namespace: installNamespace(addon) },
      type: "Opaque",
      data: {
        "cluster-name": base64(cluster),
        kubeconfig: base64(kubeconfig(hub)),
        "tls.crt": given.certificate,
        "tls.key": base64(given.key),
      },
    },
    { manager: MANAGER },
  );
  const rotated: ConditionText = {
    type: "ClusterCertificateRotated",
    status: "True",
    reason: "ClientCertificateUpdated",
    message: "client certificate rotated",
  };
  writeStatus(hub.registry, addon, MANAGER, { conditions: [rotated] });
}

function kubeconfig({ url, ca }: ApiServer): string {
  const cluster = { server: url, "certificate-authority-data": Buffer.from(ca).toString("base64") };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "default-cluster", cluster }],
    users: [{ name: "default-auth", user: { "client-certificate": "tls.crt", "client-key": "tls.key" } }],
    contexts: [
      {
        name: "default-context",
        context: { cluster: "default-cluster", user: "default-auth", namespace: "configuration" },
      },
    ],
    "current-context": "default-context",
  });
}

function judgeLeases({ hub, managed, cluster }: KlusterletDeps): void {
  for (const addon of hub.registry.storage.list(ADDONS, cluster)) {
    if (at(addon.status, "healthCheck", "mode") === "Customized") continue;
    const { name } = addon.metadata;
    const lease = managed.registry.storage.get("leases.coordination.k8s.io", installNamespace(addon), name);
    const renewed = Date.parse(stringOf(at(lease?.spec, "renewTime")));
    const [status, reason, verb] = judge(lease !== undefined, Date.now() - renewed);
    const message = `${name} add-on ${verb}.`;
    writeStatus(hub.registry, addon, MANAGER, { conditions: [{ type: "Available", status, reason, message }] });
  }
}

function judge(isThere: boolean, ageMs: number): [ConditionText["status"], string, string] {
  if (!isThere) return ["Unknown", "ManagedClusterAddOnLeaseNotFound", "has no lease"];
  if (ageMs > LEASE_MS) return ["False", "ManagedClusterAddOnLeaseUpdateStopped", "is not available"];
  return ["True", "ManagedClusterAddOnLeaseUpdated", "is available"];
}

function installNamespace(addon: ApiObject): string {
  const wanted = stringOf(at(addon.status, "namespace")) || stringOf(at(addon.spec, "installNamespace"));
  return wanted || "open-cluster-management-agent-addon";
}

function deleteObject({ registry }: KlusterletDeps["managed"], object: ApiObject): void {
  const { name, namespace = "" } = object.metadata;
  registry.delete(registry.typeOf(object), { namespace, name });
}
