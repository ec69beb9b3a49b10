// Guide to the states of the watched kinds: how far the agent can read each, and what that means for its workloads.

export const KIND_STATE_GUIDE = {
  Watching:
    "Every change is followed. With a message changes arrive late: something between the API server and its store, or the network, is slow.",
  Listing:
    "The kind is being listed. With a message it was listed before: the API server has forgotten where the watch stood, and the verdicts are those of before.",
  NotInstalled:
    "There is no such CRD: the kind has no rows, and nothing is wrong with that. It is followed within ten seconds of being installed.",
  Forbidden:
    "The agent may not list or watch the kind. Its last verdicts stay and age; `WorkloadsHealthy` is Unknown. Look at the ClusterRole `kruise-health-agent`.",
  Failing:
    "Lists or watches fail, for half a minute already when the kind was read before; the message says how. Its last verdicts stay and age; `WorkloadsHealthy` is Unknown.",
  ConversionFailing:
    "The API server cannot convert the objects because OpenKruise's webhook does not answer. Its last verdicts stay and age; `WorkloadsHealthy` is Unknown.",
  UnsupportedVersion:
    "The CRD serves only versions that this agent cannot read: the kind has no rows, so that nothing reads Healthy that is not known; `WorkloadsHealthy` is Unknown. Update the add-on.",
} as const;
