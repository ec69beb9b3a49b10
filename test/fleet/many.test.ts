// A hundred clusters get the add-on at once. `npm run bench -- enable` does the same with a thousand.
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ADDONS, WORKS } from "./actors/hub.ts";
import { at, listOf } from "./apiserver/json.ts";
import { ManyClusters } from "./many.ts";
import { recorded } from "./recorded.ts";

const CLUSTERS = Array.from({ length: 100 }, (_, index) => `c${index}`);
/** Once for the whole hub: a list of each of the kinds, a write of the definition. */
const FOR_THE_HUB = 12;
/** Eight writes that change something, two Events, the request that is approved read once, and what conflicts and early looks add. */
const MOST_REQUESTS = 15;
const REQUESTS = "certificatesigningrequests.certificates.k8s.io";
let many: ManyClusters;

beforeAll(async () => {
  const log = pino({ level: process.env["FLEET_LOG"] ?? "silent" });
  many = await ManyClusters.start({ log, judgeMs: 1000, settings: { UPDATE_STALLED_AFTER_SECONDS: "60" } });
  for (const cluster of CLUSTERS) many.join(cluster);
});
afterAll(async () => many.close());

test("enabling a hundred clusters at once completes them all, with few requests each and nothing made twice", async () => {
  const record = recorded(await many.connect());
  const leader = many.lead(record.kube);
  for (const cluster of CLUSTERS) many.enable(cluster);
  await many.untilComplete(CLUSTERS);
  await leader.stop();

  const { storage } = many.hub.server.registry;
  const works = storage.list(WORKS);
  expect(works.map(({ metadata }) => metadata.namespace ?? "").toSorted()).toEqual(CLUSTERS.toSorted());
  expect(works.filter(({ metadata }) => metadata.generation !== 1)).toEqual([]);
  expect(storage.list(REQUESTS)).toHaveLength(CLUSTERS.length);
  const registrations = storage.list(ADDONS).map(({ status }) => listOf(at(status, "registrations")).length);
  expect(registrations).toEqual(CLUSTERS.map(() => 1));
  expect(record.requests.length).toBeLessThanOrEqual(FOR_THE_HUB + MOST_REQUESTS * CLUSTERS.length);
  // Others write the same objects in the same moment: a conflict now and then is how one learns of it.
  expect(record.conflicts).toBeLessThan(2 * CLUSTERS.length);
}, 60_000);
