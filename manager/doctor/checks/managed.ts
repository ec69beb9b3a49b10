// Checks on the managed cluster itself: what OCM and the kubelet have made of the agent there.
import { formatAge } from "../../api/age.ts";
import { AGENT_NAME } from "../../manifests/agent-rbac.ts";
import { DEFAULT_INSTALL_NAMESPACE } from "../../ocm/types.ts";
import type { Check, Finding, Part, Scene } from "../check.ts";
import { HUB_KUBECONFIG_SECRET } from "../facts.ts";
import type { Facts } from "../facts.ts";
import { certificateLife, lifeText, secretText } from "./certificate.ts";
import { judgeDeployment } from "./workload.ts";

const PART: Part = "managed cluster";
/** The klusterlet calls an agent dead after this long without a renewal, which comes every 60 to 75 seconds. */
const LEASE_DEAD_MS = 300_000;
const LEASE_LATE_MS = 120_000;
/** The klusterlet renews when a quarter of the certificate's life is left. */
const RENEWAL_OVERDUE = 0.9;

function namespaceOf({ addOn }: Partial<Facts>): string {
  return addOn?.status?.namespace ?? DEFAULT_INSTALL_NAMESPACE;
}

const connection: Check = {
  name: "managed connection",
  part: PART,
  after: [],
  reads: [],
  judge: ({ managed }, { commands }, { troubles }) => {
    if (managed) {
      const user = managed.user === undefined ? "" : `, as ${managed.user}`;
      return { state: "ok", saw: `Kubernetes ${managed.version} at ${managed.url}${user}` };
    }
    const saw = troubles.managed?.message ?? "the managed cluster does not answer";
    return { state: "failed", saw, next: commands.managed("get", "--raw", "/version") };
  },
};

const namespace: Check = {
  name: "agent's namespace",
  part: PART,
  after: ["managed connection"],
  reads: ["agentNamespace"],
  judge: (facts, { commands }): Finding => {
    const name = namespaceOf(facts);
    const { agentNamespace } = facts;
    if (!agentNamespace) {
      const saw = `there is no namespace ${name}: it comes with the ManifestWork`;
      return { state: "failed", saw, next: commands.managed("get", "appliedmanifestworks") };
    }
    const { deletionTimestamp } = agentNamespace.metadata ?? {};
    if (deletionTimestamp === undefined) return { state: "ok", saw: `${name} is there` };
    return { state: "failed", saw: `${name} is being deleted`, next: commands.managed("describe", "namespaces", name) };
  },
};

const hubKubeconfig: Check = {
  name: "hub kubeconfig",
  part: PART,
  after: ["agent's namespace"],
  reads: ["hubKubeconfig"],
  judge: (facts, scene): Finding => {
    const { hubKubeconfig: secret } = facts;
    const name = namespaceOf(facts);
    const title = `Secret ${name}/${HUB_KUBECONFIG_SECRET}`;
    const see = scene.commands.managed("-n", name, "describe", "secrets", HUB_KUBECONFIG_SECRET);
    if (!secret) {
      const next = scene.commands.managed("get", "pods", "--all-namespaces", "-l", "app=klusterlet-agent");
      return { state: "failed", saw: `${title} is not there: OCM's klusterlet makes it`, next };
    }
    const cluster = secretText(secret, "cluster-name");
    if (cluster !== scene.cluster) {
      return {
        state: "failed",
        saw: `${title} is of cluster "${cluster}": is this kubeconfig that of ${scene.cluster}?`,
        next: see,
      };
    }
    // With the token driver there is no certificate.
    if (secret.data?.["token"] !== undefined) return { state: "ok", saw: `${title} holds a token` };
    const life = certificateLife(secretText(secret, "tls.crt"), scene.nowMs);
    if (!life) return { state: "failed", saw: `${title} holds no certificate that can be read`, next: see };
    const saw = `its certificate ${lifeText(life, scene.nowMs)}`;
    if (life.endsMs <= scene.nowMs) return { state: "failed", saw, next: see };
    if (life.share > RENEWAL_OVERDUE) return { state: "warning", saw: `${saw}: its renewal is overdue`, next: see };
    return { state: "ok", saw };
  },
};

const agent: Check = {
  name: "agent",
  part: PART,
  after: ["agent's namespace"],
  reads: ["agent", "agentPods"],
  judge: (facts, { commands }): Finding => {
    const { agent: deployment, agentPods = [] } = facts;
    if (!deployment) {
      const saw = `there is no Deployment ${namespaceOf(facts)}/${AGENT_NAME}: it comes with the ManifestWork`;
      return { state: "failed", saw, next: commands.managed("get", "appliedmanifestworks") };
    }
    return judgeDeployment({ deployment, pods: agentPods, kubectl: commands.managed, replicas: 1 });
  },
};

const lease: Check = {
  name: "agent's Lease",
  part: PART,
  after: ["agent"],
  reads: ["agentLease"],
  judge: (facts, scene): Finding => {
    const next = agentLog(facts, scene);
    const renewedMs = Date.parse(facts.agentLease?.spec?.renewTime ?? "");
    if (Number.isNaN(renewedMs)) return { state: "failed", saw: "the agent has never renewed it", next };
    const ageMs = scene.nowMs - renewedMs;
    const saw = `renewed ${formatAge(renewedMs, scene.nowMs)} ago`;
    if (ageMs > LEASE_DEAD_MS) return { state: "failed", saw: `${saw}: OCM calls the agent dead`, next };
    return ageMs > LEASE_LATE_MS ? { state: "warning", saw: `${saw}: that is late`, next } : { state: "ok", saw };
  },
};

function agentLog(facts: Partial<Facts>, { commands }: Scene): string {
  return commands.managed("-n", namespaceOf(facts), "logs", `deployment/${AGENT_NAME}`, "--tail=100");
}

const kruise: Check = {
  name: "OpenKruise on the cluster",
  part: PART,
  after: ["managed connection"],
  reads: ["managed", "kruiseManager"],
  judge: ({ managed, kruiseManager }, { commands }): Finding => {
    const groups = Object.keys(managed?.groups ?? {}).filter((group) => group.endsWith(".kruise.io"));
    if (groups.length === 0) {
      const saw = "no API group of OpenKruise is served: there is nothing to judge";
      return { state: "warning", saw, next: commands.managed("get", "customresourcedefinitions") };
    }
    if (kruiseManager) {
      const finding = judgeDeployment({ deployment: kruiseManager, pods: [], kubectl: commands.managed, replicas: 2 });
      return { ...finding, saw: `${groups.join(", ")} served; ${finding.saw}` };
    }
    const next = commands.managed("get", "deployments", "-A", "-l", "control-plane=controller-manager");
    return { state: "warning", saw: `${groups.join(", ")} served, and its manager is not in kruise-system`, next };
  },
};

export const MANAGED_CHECKS: readonly Check[] = [connection, namespace, hubKubeconfig, agent, lease, kruise];
