// Guide to the reason that is of the report and not of the workload: the hub gives it.
import type { ReasonGuide } from "./guide.ts";

export const REPORT_STALE: ReasonGuide = {
  meaning:
    "The cluster's agent has been silent for 90 seconds (by default). The row shows Unknown; `status.lastKnown` in `-o yaml` tells what was last reported.",
  looksAt: ["status.lastKnown"],
  causes: [
    "The cluster or its network is down.",
    "The agent does not run, or may not reach the hub.",
    "The add-on was taken off the cluster a moment ago.",
  ],
  next: [
    {
      say: "On the hub, see what the add-on says",
      run: "kubectl get managedclusteraddons kruise-health -n CLUSTER -o yaml",
    },
    { say: "See whether the cluster itself is reachable", run: "kubectl get managedclusters CLUSTER" },
    { say: "On the cluster, look at the agent", run: "kubectl get pods -n open-cluster-management-agent-addon" },
  ],
  alert: "yes, through the condition `Reporting` of the add-on",
};
