// Which feature gates of OpenKruise are off, from the arguments of its manager. Pure. Defaults and what one gate does to
// another: openkruise/kruise v1.8.3, pkg/features/kruise_features.go; how a flag is read: k8s.io/component-base/featuregate.

type Stage = "Alpha" | "Beta";

/** Gates that explain a state of the installation or of a workload, by stage and default. */
const DEFAULTS: Readonly<Record<string, readonly [stage: Stage, on: boolean]>> = {
  PodWebhook: ["Beta", true],
  KruiseDaemon: ["Beta", true],
  DaemonWatchingPod: ["Beta", true],
  WorkloadSpread: ["Beta", true],
  PodUnavailableBudgetDeleteGate: ["Beta", true],
  InPlaceUpdateEnvFromMetadata: ["Beta", true],
  StatefulSetAutoDeletePVC: ["Beta", true],
  PodProbeMarkerGate: ["Beta", true],
  PodIndexLabel: ["Beta", true],
  ImagePullJobGate: ["Alpha", false],
  ResourceDistributionGate: ["Alpha", false],
  PreDownloadImageForInPlaceUpdate: ["Alpha", false],
  PreDownloadImageForDaemonSetUpdate: ["Alpha", false],
};

/** What the manager turns off itself, whatever its flag says, because it cannot do without the first. */
const NEEDED_BY: readonly (readonly [gate: string, dependents: readonly string[]])[] = [
  ["PodWebhook", ["PodUnavailableBudgetDeleteGate", "WorkloadSpread"]],
  [
    "KruiseDaemon",
    [
      "DaemonWatchingPod",
      "InPlaceUpdateEnvFromMetadata",
      "PodProbeMarkerGate",
      "ImagePullJobGate",
      "PreDownloadImageForInPlaceUpdate",
      "PreDownloadImageForDaemonSetUpdate",
    ],
  ],
];
const PRE_DOWNLOADS = ["PreDownloadImageForInPlaceUpdate", "PreDownloadImageForDaemonSetUpdate"];

const FLAG = "--feature-gates";
const TRUE = ["1", "t", "T", "true", "TRUE", "True"];
const FALSE = ["0", "f", "F", "false", "FALSE", "False"];

/** Names the gates that are off in a manager with these arguments. Pairs that cannot be read are left out. */
export function gatesOff(args: readonly string[]): ReadonlySet<string> {
  const given = givenGates(args);
  const gates = new Map<string, boolean>();
  for (const [gate, [stage, byDefault]] of Object.entries(DEFAULTS)) {
    gates.set(gate, given.get(gate) ?? given.get(`All${stage}`) ?? byDefault);
  }
  for (const [gate, dependents] of NEEDED_BY) {
    if (gates.get(gate) === false) for (const dependent of dependents) gates.set(dependent, false);
  }
  if (PRE_DOWNLOADS.some((gate) => gates.get(gate) === true)) gates.set("ImagePullJobGate", true);
  return new Set([...gates].filter(([, on]) => !on).map(([gate]) => gate));
}

/** The flag may be given several times, with "=" or as two arguments; the last word on a gate counts. */
function givenGates(args: readonly string[]): Map<string, boolean> {
  const values = args.flatMap((arg, index) => {
    if (arg.startsWith(`${FLAG}=`)) return [arg.slice(FLAG.length + 1)];
    return arg === FLAG ? (args[index + 1] ?? []) : [];
  });
  const given = new Map<string, boolean>();
  for (const pair of values.flatMap((value) => value.split(","))) {
    const [gate = "", text = ""] = pair.split("=").map((part) => part.trim());
    if (TRUE.includes(text)) given.set(gate, true);
    if (FALSE.includes(text)) given.set(gate, false);
  }
  return given;
}
