// The verdict of the Kruise installation itself from what the agent saw of it. Pure.
import { keepMessage } from "../../shared/kruise/kept-text.ts";
import { APPS_GROUP } from "../../shared/kruise/kinds.ts";
import type { Installation } from "../../shared/wire/report.ts";
import type { ConversionFailure } from "./conversion.ts";
import { crdName } from "./crds.ts";
import type { ServedKind } from "./crds.ts";
import type { DaemonNumbers, ManagerDeployment, Seen } from "./installation-objects.ts";
import { SUPPORTED_FROM, isTooOld, kruiseVersion } from "./kruise-version.ts";
import { assessWebhooks } from "./webhook-verdict.ts";
import type { WebhookSighting } from "./webhook-verdict.ts";

/** What is known of the installation at one moment. */
export interface Sighting {
  crds: readonly ServedKind[];
  deployment: Seen<ManagerDeployment>;
  /** Feature gates that are known to be off. */
  gatesOff: ReadonlySet<string>;
  leader: Seen<"Fresh" | "Stale">;
  webhooks: WebhookSighting;
  conversionFailure: Pick<ConversionFailure, "kind" | "message"> | undefined;
  daemon: Seen<DaemonNumbers>;
  /** How long the daemon has not been complete, in milliseconds. */
  daemonShortMs: number;
}

/** A sighting of a manager that is there. */
type Installed = Sighting & { deployment: ManagerDeployment };

/** A daemon that is not complete is rolled out for so long, then it is broken. */
const DAEMON_LATE_MS = 10 * 60_000;
/** Kinds of other groups belong to projects of their own, which are installed or not whatever OpenKruise is. */
const OWN_GROUPS = [APPS_GROUP, "policy.kruise.io"];
const MESSAGE_BYTES = 160;

const NOT_INSTALLED = verdict("Unknown", "NotInstalled", "OpenKruise is not installed: it has no CRD of CloneSets");

/** First match wins; the order is from "not there" to "not quite there". */
export function assessInstallation(sighting: Sighting): Installation {
  const { crds, deployment } = sighting;
  if (!isInstalled(crds)) return NOT_INSTALLED;
  const image = typeof deployment === "string" ? undefined : deployment.image;
  const version = kruiseVersion(image, generatorOf(crds));
  return { ...assessParts(sighting, version), ...(version !== undefined && { version }) };
}

/** Whether the cluster has OpenKruise: it has CloneSets. */
export function isInstalled(crds: readonly ServedKind[]): boolean {
  return crds.some(({ kind, served }) => kind.kind === "CloneSet" && served.state !== "NotInstalled");
}

/**
 * Whether its controllers can be expected to work: while they cannot, no workload is blamed for standing still. What cannot
 * be checked says nothing against them, and the daemon moves no workload.
 */
export function isWorking({ health, reason }: Installation): boolean {
  return reason === "DaemonNotReady" || (health !== "Degraded" && health !== "Suspended");
}

/** Whether the daemon runs on fewer nodes than it should. */
export function isDaemonShort(daemon: Seen<DaemonNumbers>): boolean {
  if (typeof daemon === "string") return daemon === "Missing";
  return daemon.available < daemon.desired;
}

function assessParts(sighting: Sighting, version: string | undefined): Installation {
  const { crds, deployment } = sighting;
  const broken = crds.find(({ kind, served }) => OWN_GROUPS.includes(kind.group) && served.state === "NotEstablished");
  if (broken !== undefined)
    return verdict("Degraded", "CRDNotEstablished", `The CRD ${crdName(broken.kind)} is not established`);
  if (deployment === "Missing")
    return verdict("Degraded", "ManagerMissing", "There is no Deployment of kruise-manager");
  if (deployment === "NotReadable") return notChecked("The Deployment of kruise-manager");
  const installed = { ...sighting, deployment };
  for (const check of CHECKS) {
    const found = check(installed);
    if (found !== undefined) return found;
  }
  return assessVersion(deployment, version);
}

const CHECKS: readonly ((installed: Installed) => Installation | undefined)[] = [
  assessPods,
  assessLeader,
  assessAdmission,
  ({ conversionFailure }) => conversionFailure && verdict("Degraded", "ConversionFailing", conversionFailure.message),
  assessDaemon,
  assessRollout,
];

function assessPods({ deployment: { wanted, available } }: Installed): Installation | undefined {
  if (wanted === 0) return verdict("Suspended", "ManagerScaledToZero", "kruise-manager is scaled to zero");
  if (available > 0) return undefined;
  return verdict("Degraded", "ManagerUnavailable", `0 of ${wanted} kruise-manager pods are available`);
}

function assessLeader({ leader }: Installed): Installation | undefined {
  if (leader === "Fresh") return undefined;
  if (leader === "NotReadable") return notChecked("The Lease of kruise-manager");
  const why = leader === "Missing" ? "its Lease is missing" : "its Lease is not renewed";
  return verdict("Degraded", "NoLeader", `kruise-manager has no leader: ${why}`);
}

function assessAdmission({ webhooks, gatesOff }: Installed): Installation | undefined {
  const found = assessWebhooks(webhooks, gatesOff.has("PodWebhook"));
  if (found === undefined) return undefined;
  return found.readable ? verdict("Degraded", "WebhookNotReady", found.message) : notChecked(found.what);
}

function assessDaemon({ daemon, daemonShortMs, gatesOff }: Installed): Installation | undefined {
  if (gatesOff.has("KruiseDaemon")) return undefined;
  if (daemon === "NotReadable") return notChecked("The DaemonSet kruise-daemon");
  if (!isDaemonShort(daemon)) return undefined;
  const health = daemonShortMs >= DAEMON_LATE_MS ? "Degraded" : "Progressing";
  if (daemon === "Missing") return verdict(health, "DaemonNotReady", "There is no DaemonSet kruise-daemon");
  // Not the numbers: they move with every node, and each change of a message is a write to the hub.
  return verdict(health, "DaemonNotReady", "kruise-daemon is not available on every node that it should run on");
}

function assessRollout({ deployment: { observed, updated, available, wanted } }: Installed): Installation | undefined {
  if (observed && updated >= wanted && available >= wanted) return undefined;
  return verdict("Progressing", "ManagerUpdating", "kruise-manager is rolling out; at least one pod is available");
}

function assessVersion({ available, wanted }: ManagerDeployment, version: string | undefined): Installation {
  const ready = `${available} of ${wanted} kruise-manager pods are available`;
  if (version === undefined || !isTooOld(version)) return verdict("Healthy", "Ready", ready);
  const message = `${ready}; version ${version} is older than ${SUPPORTED_FROM}, the oldest that is supported`;
  return { ...verdict("Healthy", "Ready", message), notes: ["UnsupportedVersion"] };
}

function generatorOf(crds: readonly ServedKind[]): string | undefined {
  const served = crds.find(({ kind }) => kind.kind === "CloneSet")?.served;
  return served?.state === "Served" ? served.generator : undefined;
}

function notChecked(what: string): Installation {
  return verdict("Unknown", "NotChecked", `${what} cannot be read`);
}

function verdict(health: Installation["health"], reason: Installation["reason"], message: string): Installation {
  return { health, reason, message: keepMessage(message, MESSAGE_BYTES) };
}
