// Guide to the reasons of Unknown: no verdict can be given.
import { yamlOf } from "./commands.ts";
import type { HealthGuide } from "./guide.ts";

const CLONESETS = "clonesets.apps.kruise.io";

export const UNKNOWN: HealthGuide<"Unknown"> = {
  NotAnObject: {
    meaning: "What the API server returned is not a Kubernetes object.",
    looksAt: ["metadata.name"],
    causes: ["A proxy or an extension API server answered with something else."],
    next: [{ say: "See what comes back", run: yamlOf(CLONESETS) }],
    alert: "yes: nothing is known of it",
  },
  UnsupportedKind: {
    meaning: "The kind is not one that this agent judges.",
    looksAt: ["metadata.name"],
    causes: ["The agent is older than the kind."],
    next: [{ say: "Use a newer agent, if the kind is listed in its rules" }],
    alert: "no",
  },
  StatusMalformed: {
    meaning:
      "Something in the status cannot be what OpenKruise writes: a counter that is negative or text, a list or a date that is none.",
    looksAt: ["status.replicas", "status.observedGeneration"],
    causes: ["Another program writes this status.", "The CRD was changed and lets anything in."],
    next: [
      { say: "See the field that the message names", run: yamlOf(CLONESETS) },
      { say: "See who writes it", run: `kubectl get ${CLONESETS} NAME -n NAMESPACE -o yaml --show-managed-fields` },
    ],
    alert: "yes: nothing is known of it",
  },
  SpecMalformed: {
    meaning: "`spec.replicas` is not a whole number of zero or more.",
    looksAt: ["spec.replicas"],
    causes: ["The object was written while OpenKruise's webhook was off, past a CRD that lets anything in."],
    next: [
      {
        say: "Write a number",
        run: `kubectl patch ${CLONESETS} NAME -n NAMESPACE --type merge -p '{"spec":{"replicas":COUNT}}'`,
      },
    ],
    alert: "yes: nothing is known of it",
  },
  UnknownPhase: {
    meaning: "The phase in the status is not one that this agent knows.",
    looksAt: ["status.phase"],
    causes: ["OpenKruise is newer than the agent and has a new phase.", "Another program writes this status."],
    next: [{ say: "See the phase", run: yamlOf("broadcastjobs.apps.kruise.io") }, { say: "Use a newer agent" }],
    alert: "yes: nothing is known of it",
  },
};
