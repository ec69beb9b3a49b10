// What the doctor reads, before anything is judged: objects as the servers give them, with the fields that checks look at.
import type { V1Deployment, V1Namespace, V1Pod, V1Secret } from "@kubernetes/client-node";
import type { Lease } from "../../shared/kube/lease.ts";
import type { Condition, KubeObject } from "../../shared/kube/types.ts";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import type { HubRole, HubRoleBinding, SigningRequest } from "../ocm/types.ts";

/** The name that OCM gives to the Secret with an agent's kubeconfig of the hub. */
export const HUB_KUBECONFIG_SECRET = `${ADDON_NAME}-hub-kubeconfig`;

/** One API server that answers. */
export interface Server {
  url: string;
  version: string;
  /** Who we are there; undefined when the server does not tell. */
  user: string | undefined;
  /** Served API groups with their versions. */
  groups: Record<string, string[]>;
}

/** Leave to do one thing: the fields of an access review. */
export interface Right {
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
}

export interface Definition extends KubeObject {
  spec?: { installStrategy?: { type?: string; placements?: { namespace: string; name: string }[] } };
}

export interface Cluster extends KubeObject {
  spec?: { hubAcceptsClient?: boolean };
  status?: { conditions?: Condition[] };
}

/** A ManagedClusterAddOn of either version. */
export interface AddOn extends KubeObject {
  status?: {
    namespace?: string;
    conditions?: Condition[];
    /** v1alpha1. */
    kubeClientDriver?: string;
    registrations?: AddOnRegistration[];
    configReferences?: {
      group: string;
      resource: string;
      desiredConfig?: { namespace?: string; name: string; specHash?: string };
    }[];
  };
}

interface Subject {
  user?: string;
}

interface AddOnRegistration {
  /** v1alpha1. */
  signerName?: string;
  subject?: Subject;
  /** v1beta1. */
  type?: string;
  kubeClient?: { subject?: Subject; driver?: string };
}

export interface Work extends KubeObject {
  status?: {
    conditions?: Condition[];
    resourceStatus?: {
      manifests?: {
        resourceMeta?: { kind?: string; namespace?: string; name?: string };
        conditions?: Pick<Condition, "type" | "status" | "reason" | "message">[];
      }[];
    };
  };
}

export interface ApiServiceObject extends KubeObject {
  spec?: { caBundle?: string; service?: { namespace: string; name: string } };
  status?: { conditions?: Condition[] };
}

/** A row of kubectl get kruiseclusters. */
export interface Report extends KubeObject {
  status: {
    state: string;
    lastReportTime?: string;
    duplicateAgent?: string;
    agent?: { version: string };
    kinds: { group: string; kind: string; state: string; message?: string }[];
  };
}

/** Everything that can be known. What is not there is undefined; why it is not there is for `Trouble` to say. */
export interface Facts {
  hub: Server;
  /** Rights that we need and do not have. */
  missingRights: Right[];
  definition: Definition;
  /** Deployments of the manager, in all namespaces. */
  managers: V1Deployment[];
  managerPods: V1Pod[];
  leaderLease: Lease;
  apiService: ApiServiceObject;
  servingSecret: V1Secret;
  /** Rights that the manager needs and does not have. */
  managerMissingRights: Right[];
  cluster: Cluster;
  addOn: AddOn;
  hubRole: HubRole;
  hubBinding: HubRoleBinding;
  requests: SigningRequest[];
  works: Work[];
  report: Report;
  managed: Server;
  agentNamespace: V1Namespace;
  hubKubeconfig: V1Secret;
  agent: V1Deployment;
  agentPods: V1Pod[];
  agentLease: Lease;
  kruiseManager: V1Deployment;
}

/** A read that failed: not the same as an answer that there is no such object. */
interface Trouble {
  forbidden: boolean;
  message: string;
}

export interface Seen {
  facts: Partial<Facts>;
  troubles: Partial<Record<keyof Facts, Trouble>>;
}

/** A variable that the manager's Deployment sets. */
export function variableOf(manager: V1Deployment | undefined, name: string): string | undefined {
  const env = manager?.spec?.template.spec?.containers[0]?.env ?? [];
  return env.find((variable) => variable.name === name)?.value;
}

/** The address past kube-apiserver, where that is the only way to the feedback API: there is no APIService then. */
export function onlyDirectUrl({ managers }: Partial<Facts>): string | undefined {
  const [manager] = managers ?? [];
  return variableOf(manager, "FEEDBACK_MODE") === "direct" ? variableOf(manager, "FEEDBACK_URL") : undefined;
}

/** Finds a condition. */
export function conditionOf(
  object: { status?: { conditions?: Condition[] } } | undefined,
  type: string,
): Condition | undefined {
  return object?.status?.conditions?.find((condition) => condition.type === type);
}
