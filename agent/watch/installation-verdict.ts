// The verdict of the Kruise installation itself from what the agent saw of it. Pure.
// Webhook, daemon and conversion are not looked at.
import type { Installation } from "../../shared/wire/report.ts";
import type { Served } from "./crds.ts";

/** One object as a read found it. */
export type Seen<T> = T | "Missing" | "NotReadable";

export interface ManagerDeployment {
  /** spec.replicas; 1 when absent, as the API server defaults it. */
  wanted: number;
  available: number;
  updated: number;
  observed: boolean;
  image: string | undefined;
}

/** What is known of the installation at one moment. */
export interface Sighting {
  /** How each kind is served. */
  crds: readonly Served[];
  deployment: Seen<ManagerDeployment>;
  leader: Seen<"Fresh" | "Stale">;
}

/** First match wins; the order is from "not there" to "not quite there". */
export function assessInstallation({ crds, deployment, leader }: Sighting): Installation {
  if (crds.every(({ state }) => state === "NotInstalled")) {
    return verdict("Unknown", "NotInstalled", "OpenKruise is not installed: none of its CRDs is there");
  }
  const version = typeof deployment === "string" ? undefined : versionOf(deployment.image);
  return { ...assessParts({ crds, deployment, leader }), ...(version === undefined ? {} : { version }) };
}

function assessParts({ crds, deployment, leader }: Sighting): Installation {
  if (crds.some(({ state }) => state === "NotEstablished")) {
    return verdict("Degraded", "CRDNotEstablished", "A CRD of OpenKruise is not established");
  }
  if (deployment === "Missing")
    return verdict("Degraded", "ManagerMissing", "There is no Deployment of kruise-manager");
  if (deployment === "NotReadable") {
    return verdict("Unknown", "NotChecked", "The Deployment of kruise-manager cannot be read");
  }
  return assessManager(deployment, leader);
}

function assessManager(deployment: ManagerDeployment, leader: Sighting["leader"]): Installation {
  const { wanted, available, updated, observed } = deployment;
  if (wanted === 0) return verdict("Suspended", "ManagerScaledToZero", "kruise-manager is scaled to zero");
  if (available === 0)
    return verdict("Degraded", "ManagerUnavailable", `0 of ${wanted} kruise-manager pods are available`);
  if (leader === "NotReadable") return verdict("Unknown", "NotChecked", "The Lease of kruise-manager cannot be read");
  if (leader === "Missing")
    return verdict("Degraded", "NoLeader", "kruise-manager has no leader: its Lease is missing");
  if (leader === "Stale") {
    return verdict("Degraded", "NoLeader", "kruise-manager has no leader: its Lease is not renewed");
  }
  if (!observed || updated < wanted || available < wanted) {
    return verdict("Progressing", "ManagerUpdating", "kruise-manager is rolling out; at least one pod is available");
  }
  return verdict("Healthy", "Ready", `${available} of ${wanted} kruise-manager pods are available`);
}

function verdict(health: Installation["health"], reason: Installation["reason"], message: string): Installation {
  return { health, reason, message };
}

/** OpenKruise's version from the tag of its manager's image, without "v"; undefined for a digest or a tag of another form. */
function versionOf(image: string | undefined): string | undefined {
  const tag = image?.split("@")[0]?.match(/:v?(\d+\.\d+[\w.+-]*)$/)?.[1];
  return tag?.slice(0, 63);
}
