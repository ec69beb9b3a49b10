// Which rights are asked about: those that the doctor's own reads need, and those without which the manager cannot do its
// work (the chart's ClusterRole has them all).
import { ADDON_NAME, GROUP, VERSION } from "../../shared/wire/group.ts";
import { HUB_ROLE_NAME } from "../manifests/hub-rbac.ts";
import { ADDON_GROUP } from "../ocm/types.ts";
import type { Right } from "./facts.ts";

const CLUSTER_GROUP = "cluster.open-cluster-management.io";
const WORK_GROUP = "work.open-cluster-management.io";
const RBAC_GROUP = "rbac.authorization.k8s.io";
const CSR_GROUP = "certificates.k8s.io";

/** What somebody needs who runs the doctor. */
export function ownRights({ cluster, manager }: { cluster: string; manager: string | undefined }): Right[] {
  const definition = { group: ADDON_GROUP, resource: "clustermanagementaddons", name: ADDON_NAME };
  return [
    { verb: "get", ...definition },
    { verb: "list", group: "apps", resource: "deployments" },
    { verb: "get", group: "apiregistration.k8s.io", resource: "apiservices" },
    ...(manager === undefined ? [] : managerReads(manager)),
    ...(cluster === "" ? [] : clusterReads(cluster)),
  ];
}

function managerReads(namespace: string): Right[] {
  return [
    { verb: "list", group: "", resource: "pods", namespace },
    { verb: "get", group: "", resource: "secrets", namespace },
    { verb: "get", group: "coordination.k8s.io", resource: "leases", namespace },
    { verb: "create", group: "authorization.k8s.io", resource: "subjectaccessreviews" },
  ];
}

function clusterReads(namespace: string): Right[] {
  return [
    { verb: "get", group: CLUSTER_GROUP, resource: "managedclusters", name: namespace },
    { verb: "get", group: ADDON_GROUP, resource: "managedclusteraddons", namespace, name: ADDON_NAME },
    { verb: "get", group: RBAC_GROUP, resource: "roles", namespace, name: HUB_ROLE_NAME },
    { verb: "get", group: RBAC_GROUP, resource: "rolebindings", namespace, name: HUB_ROLE_NAME },
    { verb: "list", group: CSR_GROUP, resource: "certificatesigningrequests" },
    { verb: "list", group: WORK_GROUP, resource: "manifestworks", namespace },
    { verb: "get", group: GROUP, resource: "kruiseclusters", namespace, name: namespace },
  ];
}

/** What the manager needs with this FEEDBACK_MODE. */
export function managerRights(feedbackMode = "aggregated"): readonly Right[] {
  const tokenReviews: Right = { verb: "create", group: "authentication.k8s.io", resource: "tokenreviews" };
  return feedbackMode === "aggregated" ? MANAGER_RIGHTS : [...MANAGER_RIGHTS, tokenReviews];
}

/** One line for each rule of the chart's ClusterRole without which something stops, whatever the mode. */
const MANAGER_RIGHTS: readonly Right[] = [
  { verb: "watch", group: ADDON_GROUP, resource: "clustermanagementaddons", name: ADDON_NAME },
  { verb: "watch", group: ADDON_GROUP, resource: "managedclusteraddons", name: ADDON_NAME },
  { verb: "patch", group: ADDON_GROUP, resource: "clustermanagementaddons", subresource: "status", name: ADDON_NAME },
  { verb: "patch", group: ADDON_GROUP, resource: "managedclusteraddons", subresource: "status", name: ADDON_NAME },
  { verb: "watch", group: ADDON_GROUP, resource: "addondeploymentconfigs" },
  { verb: "watch", group: CLUSTER_GROUP, resource: "managedclusters" },
  { verb: "watch", group: WORK_GROUP, resource: "manifestworks" },
  ...["create", "patch"].flatMap((verb): Right[] => [
    { verb, group: WORK_GROUP, resource: "manifestworks", name: `addon-${ADDON_NAME}-deploy-0` },
    { verb, group: RBAC_GROUP, resource: "roles", name: HUB_ROLE_NAME },
    { verb, group: RBAC_GROUP, resource: "rolebindings", name: HUB_ROLE_NAME },
    { verb, group: "apiregistration.k8s.io", resource: "apiservices", name: `${VERSION}.${GROUP}` },
    { verb, group: "", resource: "events" },
  ]),
  // To take the registration back when nobody will answer any more.
  { verb: "delete", group: "apiregistration.k8s.io", resource: "apiservices", name: `${VERSION}.${GROUP}` },
  { verb: "watch", group: RBAC_GROUP, resource: "roles", name: HUB_ROLE_NAME },
  { verb: "watch", group: RBAC_GROUP, resource: "rolebindings", name: HUB_ROLE_NAME },
  { verb: "watch", group: CSR_GROUP, resource: "certificatesigningrequests" },
  { verb: "update", group: CSR_GROUP, resource: "certificatesigningrequests", subresource: "approval" },
  { verb: "approve", group: CSR_GROUP, resource: "signers", name: "kubernetes.io/kube-apiserver-client" },
  // What an agent shall be allowed the manager has to be allowed itself.
  { verb: "create", group: GROUP, resource: "kruisehealthreports" },
  // To ask, on behalf of a reader, what that reader may see.
  { verb: "create", group: "authorization.k8s.io", resource: "subjectaccessreviews" },
];

/** A right as a person says it: "patch roles.rbac.authorization.k8s.io kruise-health-agent in c1". */
export function rightText({ verb, group, resource, subresource, namespace, name }: Right): string {
  const type = `${resource}${group === "" ? "" : `.${group}`}${subresource === undefined ? "" : `/${subresource}`}`;
  return `${verb} ${type}${name === undefined ? "" : ` ${name}`}${namespace === undefined ? "" : ` in ${namespace}`}`;
}
