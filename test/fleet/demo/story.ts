// The story of the demo: what happens, what the reader sees, and the command that shows the same.
import { API_VERSION } from "../../../shared/wire/group.ts";
import type { LocalFleet } from "../fleet.ts";
import { cloneSet, shop, sidecarSet, statefulSet, unitedDeployment } from "../workloads.ts";
import type { Row, View } from "./view.ts";

export const CLUSTERS = ["berlin", "lagos", "lima", "osaka", "oslo", "sydney"];
export const WITHOUT_KRUISE = "oslo";

export interface Step {
  title: string;
  text: string;
  commands: string[];
  act: (fleet: LocalFleet) => void | Promise<void>;
  /** Whether what the text promises is to be seen. */
  isReached: (view: View) => boolean;
  /** How long to show it then. */
  holdMs: number;
}

const REPLICAS = 10;

/** The workloads that are there before the add-on comes. */
export function prepare(fleet: LocalFleet): void {
  for (const cluster of CLUSTERS) fleet.cluster(cluster).server.registry.create(shop(), { manager: "user" });
  for (const cluster of CLUSTERS.filter((name) => name !== WITHOUT_KRUISE)) {
    fleet.apply(cluster, cloneSet({ name: "web", image: "web:1.0", replicas: REPLICAS }));
  }
  fleet.apply("berlin", statefulSet({ name: "orders", image: "orders:5.1" }));
  fleet.apply("osaka", sidecarSet({ name: "log-shipper", image: "log-shipper:2", app: "web" }));
  fleet.apply("sydney", unitedDeployment({ name: "search", image: "search:7" }));
}

function web(view: View, cluster: string): Row | undefined {
  return view.rows.find((row) => row.cluster === cluster && row.workload === "CloneSet shop/web");
}

const is = (view: View, cluster: string, verdict: string): boolean => {
  const row = web(view, cluster);
  return row !== undefined && `${row.health}/${row.reason}` === verdict;
};

export function story(): Step[] {
  return [
    {
      title: "Enable the add-on",
      text: "Six clusters are joined to this hub. The add-on is enabled on each, as clusteradm would do it: OCM gives every agent a certificate and a kubeconfig, deploys it, and a moment later each OpenKruise workload of every cluster is one row on the hub.",
      commands: ["kubectl get managedclusteraddons -A", "kubectl get kruiseworkloads -A"],
      act: (fleet) => CLUSTERS.forEach((cluster) => fleet.enable(cluster)),
      isReached: ({ rows, clusters }) =>
        clusters.length === CLUSTERS.length && rows.length >= 10 && rows.every(({ health }) => health === "Healthy"),
      holdMs: 4000,
    },
    {
      title: "A rollout",
      text: "Berlin gets a new image. Its row reads Progressing/Updating and the numbers move with each pod; at the end it is Healthy again. Nothing is polled: the agent sends each change as it happens.",
      commands: ["kubectl get kwl -n berlin -w"],
      act: (fleet) => fleet.apply("berlin", cloneSet({ name: "web", image: "web:1.1", replicas: REPLICAS })),
      isReached: (view) => is(view, "berlin", "Healthy/AllAvailable") && web(view, "berlin")?.updated === "10/10",
      holdMs: 3000,
    },
    {
      title: "A canary that somebody holds",
      text: "Lagos rolls out to two pods of ten and stops there on purpose (partition 8). That is Suspended/PartitionHeld: complete as far as it was asked, waiting for a person, and no reason for an alarm.",
      commands: ["kubectl get kwl -n lagos -o wide"],
      act: (fleet) =>
        fleet.apply("lagos", cloneSet({ name: "web", image: "web:1.1", replicas: REPLICAS, partition: 8 })),
      isReached: (view) => is(view, "lagos", "Suspended/PartitionHeld"),
      holdMs: 4000,
    },
    {
      title: "A broken image",
      text: "Osaka gets an image that never becomes ready. First that is an update like any other; when it makes no progress for four seconds (ten minutes by default) it is Degraded/UpdateStalled, here, in the one row that the workload has for all clusters, and in the DEGRADED column that OCM users already know.",
      commands: [
        "kubectl get kwl -A --field-selector health=Degraded",
        "kubectl get kfw --field-selector health=Degraded",
        "kubectl get mca -n osaka",
      ],
      act: (fleet) => fleet.apply("osaka", cloneSet({ name: "web", image: "web:broken", replicas: REPLICAS })),
      isReached: (view) => is(view, "osaka", "Degraded/UpdateStalled"),
      holdMs: 4000,
    },
    {
      title: "The repair",
      text: "A good image replaces the broken one. The row goes back to Progressing and is Healthy only when all pods are updated and available.",
      commands: ["kubectl wait kwl/cloneset.shop.web -n osaka --for=jsonpath='{.status.health}'=Healthy --timeout=60s"],
      act: (fleet) => fleet.apply("osaka", cloneSet({ name: "web", image: "web:1.2", replicas: REPLICAS })),
      isReached: (view) => is(view, "osaka", "Healthy/AllAvailable"),
      holdMs: 3000,
    },
    {
      title: "A cluster falls silent",
      text: "The node under Lima's agent goes away. Silence is never Healthy: after six seconds (90 by default) Lima's rows are Unknown/ReportStale and the add-on's conditions on the hub say so too. The other clusters are not touched.",
      commands: ["kubectl get kcl -A", "kubectl get kwl -n lima"],
      act: async (fleet) => fleet.silence("lima"),
      isReached: (view) => is(view, "lima", "Unknown/ReportStale"),
      holdMs: 4000,
    },
    {
      title: "It comes back",
      text: "The agent is back, sends a snapshot of all it sees, and Lima is current again.",
      commands: ["kubectl get kcl -n lima"],
      act: (fleet) => fleet.revive("lima"),
      isReached: (view) => is(view, "lima", "Healthy/AllAvailable"),
      holdMs: 3000,
    },
    {
      title: "A cluster without OpenKruise",
      text: "Oslo has the add-on but no OpenKruise. It has no rows, and that is not mistaken for health: its cluster line says NotInstalled, and its condition KruiseReady is False. The same is there for programs, as JSON.",
      commands: [
        "kubectl get kcl -n oslo",
        `curl -s --cacert "$FLEET/hub-ca.crt" -H @"$FLEET/hub-header" "$HUB/apis/${API_VERSION}/namespaces/oslo/kruiseclusters/oslo"`,
      ],
      act: () => undefined,
      isReached: ({ clusters }) =>
        clusters.some(({ cluster, kruise }) => cluster === WITHOUT_KRUISE && kruise === "NotInstalled"),
      holdMs: 4000,
    },
  ];
}

/** One more thing happens somewhere: a rollout, good, held or broken. */
export function stir(fleet: LocalFleet, count: number): void {
  const busy = CLUSTERS.filter((name) => name !== WITHOUT_KRUISE);
  const cluster = busy[count % busy.length] ?? "berlin";
  const versions = [{ image: `web:2.${count}` }, { image: `web:2.${count}`, partition: 7 }, { image: "web:broken" }];
  const version = versions[count % versions.length] ?? { image: "web:2" };
  fleet.apply(cluster, cloneSet({ name: "web", replicas: REPLICAS, ...version }));
}
