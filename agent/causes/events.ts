// The cause that a Warning event shows: pods that cannot be made have no pod to look at. Pure.
// An event's message may hold anything: OpenKruise writes a whole pod into some, a webhook what it likes. So no message is
// passed on; what is told is made of the few parts that are recognised.
import type { CauseReason } from "../../shared/health/causes.ts";
import { causeOf } from "./cause.ts";
import type { Cause } from "./cause.ts";

type Parts = Readonly<Record<string, string | undefined>>;

interface Sign {
  sign: RegExp;
  reason: CauseReason;
  say: (parts: Parts) => string;
}

/** Parts of messages by which a cause is known, the telling ones first. */
const SIGNS: readonly Sign[] = [
  {
    sign: /exceeded quota: (?<name>[\w.-]+), requested: (?<wanted>[\w./=,-]+), used: \S+ limited: (?<limit>[\w./=,-]+)/,
    reason: "QuotaExceeded",
    say: ({ name, wanted, limit = "" }) =>
      `quota ${name} is used up: a pod takes ${wanted}, allowed are ${limit.replace(/,$/, "")}`,
  },
  {
    sign: /failed quota: (?<name>[\w.-]+): must specify (?<what>[\w./,-]+)/,
    reason: "QuotaExceeded",
    say: ({ name, what }) => `quota ${name} wants every pod to specify ${what}`,
  },
  { sign: /exceeded quota|insufficient quota/, reason: "QuotaExceeded", say: () => "a quota is used up" },
  {
    sign: /podunavailablebudget[\w.]* "(?<name>[\w.-]+)" is forbidden/i,
    reason: "BudgetBlocks",
    say: ({ name }) => budgetText(name ?? ""),
  },
  {
    sign: /violate the pod's disruption budget/,
    reason: "BudgetBlocks",
    say: () => "a PodDisruptionBudget lets no pod be taken away",
  },
  {
    sign: /violates PodSecurity "(?<policy>[\w:.-]+)"/,
    reason: "AdmissionRefused",
    say: ({ policy }) => `the pod violates PodSecurity "${policy}" of its namespace`,
  },
  {
    sign: /admission webhook "(?<name>[\w.-]+)" denied the request/,
    reason: "AdmissionRefused",
    say: ({ name }) => `webhook ${name} refuses it`,
  },
  {
    sign: /failed calling webhook "(?<name>[\w.-]+)"/,
    reason: "AdmissionRefused",
    say: ({ name }) => `webhook ${name} cannot be reached`,
  },
  {
    sign: /error looking up service account/,
    reason: "AdmissionRefused",
    say: () => "the pod's ServiceAccount is not there",
  },
  {
    sign: /unable to validate against any security context constraint/,
    reason: "AdmissionRefused",
    say: () => "no SecurityContextConstraint allows the pod",
  },
  { sign: /no PriorityClass with name/, reason: "AdmissionRefused", say: () => "the pod's PriorityClass is not there" },
  { sign: /because it is being terminated/, reason: "AdmissionRefused", say: () => "the namespace is being deleted" },
  {
    sign: /(?:maximum|minimum) (?<what>[\w.-]+) usage per (?<of>Container|Pod)/,
    reason: "AdmissionRefused",
    say: ({ what, of }) => `a LimitRange bounds the ${what} of a ${of}`,
  },
  {
    sign: /create Claim|create pvc/,
    reason: "VolumeMissing",
    say: () => "a PersistentVolumeClaim cannot be made",
  },
  { sign: /is forbidden/, reason: "AdmissionRefused", say: () => "the API server forbids it" },
  { sign: /is invalid/, reason: "AdmissionRefused", say: () => "the API server calls the pod invalid" },
];

/** Reasons of the kubelet and the volume controllers. Their messages name volumes, and with them Secrets. */
const KUBELET_REASONS: Readonly<Record<string, [reason: CauseReason, message: string]>> = {
  FailedMount: ["VolumeMissing", "a volume of the pod cannot be mounted"],
  FailedAttachVolume: ["VolumeMissing", "a volume of the pod cannot be attached to its node"],
  FailedBinding: ["VolumeMissing", "a PersistentVolumeClaim cannot be bound"],
  ProvisioningFailed: ["VolumeMissing", "a volume cannot be provisioned"],
  FailedCreatePodSandBox: ["ContainerNotCreated", "the node cannot set up the pod's sandbox or network"],
};

/** Says of a budget that it blocks. */
export function budgetText(name: string): string {
  return `PodUnavailableBudget ${name} lets no pod be unavailable`;
}

/** Finds the cause in an event's reason and message; undefined when it tells of something else. */
export function causeOfEvent({ reason, message }: { reason: string; message: string }): Cause | undefined {
  const known = Object.hasOwn(KUBELET_REASONS, reason) ? KUBELET_REASONS[reason] : undefined;
  if (known) return causeOf(...known);
  // From here on the message may be a pod written out in full.
  const [told = ""] = message.split("{");
  for (const { sign, reason: found, say } of SIGNS) {
    const match = sign.exec(told);
    if (match) return causeOf(found, say(match.groups ?? {}));
  }
  return undefined;
}
