import { describe, expect, it } from "vitest";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import { gatesOff } from "./feature-gates.ts";

/** The gates that a kind or the installation's verdict depends on. */
const WATCHED = ["PodWebhook", "KruiseDaemon", ...new Set(KRUISE_KINDS.flatMap(({ gate }) => gate ?? []))];
const off = (...args: string[]): string[] => {
  const gates = gatesOff(args);
  return WATCHED.filter((gate) => gates.has(gate)).toSorted();
};

describe("gatesOff()", () => {
  it.each<[string, string[], string[]]>([
    ["nothing said", [], ["ImagePullJobGate", "ResourceDistributionGate"]],
    ["other flags only", ["--v=4", "--enable-leader-election"], ["ImagePullJobGate", "ResourceDistributionGate"]],
    ["an empty value, as the chart writes it", ["--feature-gates="], ["ImagePullJobGate", "ResourceDistributionGate"]],
    ["the chart of 1.9.0", ["--feature-gates=ImagePullJobGate=true"], ["ResourceDistributionGate"]],
    ["the kustomize manifests", ["--feature-gates=AllAlpha=true,AllBeta=true,EnableExternalCerts=false"], []],
    ["a word beside AllAlpha", ["--feature-gates=ImagePullJobGate=false,AllAlpha=true"], []],
    [
      "a word beside AllAlpha for a gate that nothing turns on again",
      ["--feature-gates=ResourceDistributionGate=false,AllAlpha=true"],
      ["ResourceDistributionGate"],
    ],
    [
      "AllBeta off",
      ["--feature-gates=AllAlpha=true,AllBeta=false"],
      ["ImagePullJobGate", "KruiseDaemon", "PodProbeMarkerGate", "PodWebhook", "WorkloadSpread"],
    ],
    [
      "no daemon",
      ["--feature-gates=KruiseDaemon=false,ImagePullJobGate=true,ResourceDistributionGate=true"],
      ["ImagePullJobGate", "KruiseDaemon", "PodProbeMarkerGate"],
    ],
    ["no webhook for pods", ["--feature-gates=AllAlpha=true,PodWebhook=F"], ["PodWebhook", "WorkloadSpread"]],
    [
      "pre-download, which needs pull jobs",
      ["--feature-gates=PreDownloadImageForInPlaceUpdate=true"],
      ["ResourceDistributionGate"],
    ],
    ["two arguments", ["--feature-gates", "AllAlpha=true"], []],
    ["the flag without a value", ["--feature-gates"], ["ImagePullJobGate", "ResourceDistributionGate"]],
    [
      "the flag twice",
      ["--feature-gates=ImagePullJobGate=true", "--feature-gates= ResourceDistributionGate = 1 ,ImagePullJobGate=0"],
      ["ImagePullJobGate"],
    ],
    [
      "pairs that cannot be read",
      ["--feature-gates=ImagePullJobGate,ResourceDistributionGate=yes,=true,,WorkloadSpread="],
      ["ImagePullJobGate", "ResourceDistributionGate"],
    ],
  ])("%s", (_name, args, expected) => {
    expect(off(...args)).toEqual(expected);
  });
});
