// Pictures of the page for the docs, and the fleet that they show.
import { join } from "node:path";
import type { Page } from "playwright-core";
import { aRecord } from "../../../manager/fleet/report.fixture.ts";
import type { WorkloadRecord } from "../../../shared/kruise/record.ts";

const APPS: readonly (readonly [kind: WorkloadRecord["k"], namespace: string, name: string])[] = [
  ["CloneSet", "shop", "cart"],
  ["CloneSet", "shop", "checkout"],
  ["CloneSet", "shop", "search"],
  ["StatefulSet", "shop", "ledger"],
  ["CloneSet", "media", "feed"],
  ["CloneSet", "media", "encoder"],
  ["DaemonSet", "edge", "gateway"],
  ["AdvancedCronJob", "shop", "reports"],
  ["SidecarSet", "", "log-shipper"],
];

const now = Date.now();
const ago = (minutes: number): string => new Date(now - minutes * 60_000).toISOString().replace(/\.\d+Z$/, "Z");

/** What the clusters report that are played, by name. */
export const PICTURED: Readonly<Record<string, WorkloadRecord[]>> = {
  lagos: fleetOf({ 0: held(95), 1: held(180) }),
  lima: fleetOf({ 1: broken(14), 2: moving(2) }),
  osaka: fleetOf({ 1: broken(11), 5: moving(1) }),
  oslo: fleetOf({ 2: moving(3) }),
  sydney: fleetOf({ 4: lost(47) }),
};

/** How a workload differs from one that has long been well. */
interface Special extends Partial<WorkloadRecord> {
  /** Of its image. */
  tag?: string;
}

function fleetOf(special: Readonly<Record<number, Special>>): WorkloadRecord[] {
  return APPS.map((_, index) => recordOf(index, special[index]));
}

function recordOf(index: number, { tag = "2.4", ...special }: Special = {}): WorkloadRecord {
  const [k, ns, n] = APPS[index] ?? ["CloneSet", "shop", "cart"];
  const img: WorkloadRecord["img"] = [[n, `registry.example/${n}:${tag}`]];
  return aRecord({ k, ns, n, img, c: pods(6), since: ago(3_000 + index * 77), ...special });
}

function pods(updated: number, ready = 6): WorkloadRecord["c"] {
  return { d: 6, p: 6, rdy: ready, av: ready, up: updated, uav: Math.min(updated, ready) };
}

function before(minutes: number): NonNullable<WorkloadRecord["hist"]> {
  return [
    { h: "Progressing", r: "Updating", since: ago(minutes) },
    { h: "Healthy", r: "AllAvailable", since: ago(minutes + 3_000) },
  ];
}

function broken(minutes: number): Special {
  const m = "2 of 6 pods are updated and not available; no progress for 10m";
  const ro = { st: "ReCreate", tgt: 6, upd: "7d9c" };
  const why: WorkloadRecord["why"] = [{ r: "ImageNotPulled", m: "the image cannot be pulled: not found", n: 2 }];
  const since = ago(minutes);
  const hist = before(minutes + 10);
  return { h: "Degraded", r: "UpdateStalled", m, ro, why, since, c: pods(2, 4), hist, tag: "2.5" };
}

function moving(minutes: number): Special {
  const ro = { st: "ReCreate", tgt: 6, upd: "59f1" };
  const m = "3 of 6 pods are updated";
  const hist = before(minutes).slice(1);
  return { h: "Progressing", r: "Updating", m, ro, since: ago(minutes), c: pods(3, 5), hist, tag: "2.5" };
}

function held(minutes: number): Special {
  const ro = { st: "ReCreate", pt: "4", ptn: 4, tgt: 2, upd: "7d9c" };
  const m = "2 of 6 pods are updated, as far as partition 4 lets them";
  const hist = before(minutes + 4);
  return { h: "Suspended", r: "PartitionHeld", m, ro, since: ago(minutes), c: pods(2), hist, tag: "2.5" };
}

function lost(minutes: number): Special {
  const m = "3 of 6 pods are not available";
  return { h: "Degraded", r: "LostAvailability", m, since: ago(minutes), c: pods(6, 3) };
}

/** The pictures that the docs show. */
const SHOWN = [
  "dashboard-fleet-light.png",
  "dashboard-broken-light.png",
  "dashboard-rollouts-dark.png",
  "dashboard-workload-light.png",
];

/** Writes the picture of a view, if the docs show it. */
export async function pictureOf(page: Page, folder: string, view: string): Promise<void> {
  const [name = view, query = ""] = view.split("?");
  const isDark = await page.evaluate<boolean>('matchMedia("(prefers-color-scheme: dark)").matches');
  const by = query.startsWith("by=") ? "-kinds" : "";
  const file = `dashboard-${name}${by}-${isDark ? "dark" : "light"}.png`;
  if (SHOWN.includes(file)) await page.screenshot({ path: join(folder, file) });
}
