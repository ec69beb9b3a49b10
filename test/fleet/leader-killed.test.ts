// The leader dies in the middle of enabling a cluster, once after each single write that this takes. Another goes on
// where it was, and the end is the same as if nothing had happened.
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADDONS, WORKS } from "./actors/hub.ts";
import type { ApiObject, Json } from "./apiserver/json.ts";
import { at, listOf, objectOf, stringOf } from "./apiserver/json.ts";
import { ManyClusters } from "./many.ts";
import { mortal, recorded } from "./recorded.ts";
import type { Recorded } from "./recorded.ts";

const REQUESTS = "certificatesigningrequests.certificates.k8s.io";
const RBAC = "rbac.authorization.k8s.io";
/** Conditions that the manager writes: each is to reach its value once and stay. */
const OURS = ["RegistrationApplied", "ManifestApplied"];

let many: ManyClusters;
/** What it takes when nobody dies, and what comes of it. */
let whole: { changes: string[]; state: unknown };

beforeAll(async () => {
  const log = pino({ level: process.env["FLEET_LOG"] ?? "silent" });
  many = await ManyClusters.start({ log, judgeMs: 20, settings: { UPDATE_STALLED_AFTER_SECONDS: "60" } });
  // The first cluster's enabling also fills in what the hub needs once.
  await enableUnderOne("first");
  const { writes } = await enableUnderOne("whole");
  whole = { changes: changesOf(writes, "whole"), state: stateOf("whole") };
});
afterAll(async () => many.close());

/** Enables a new cluster under a leader of its own, which ends when it is complete. Returns what it has asked for. */
async function enableUnderOne(cluster: string): Promise<Recorded> {
  const record = recorded(await many.connect());
  const leader = many.lead(record.kube);
  many.join(cluster);
  many.enable(cluster);
  await many.untilComplete([cluster]);
  await leader.stop();
  return record;
}

/** What was written, each once: a status is written in parts, as OCM goes on. Events are news, not state. */
function changesOf(writes: readonly string[], cluster: string): string[] {
  const lasting = writes.filter((write) => write.includes(cluster) && !write.includes("/events"));
  const plain = lasting.map((write) =>
    write.replaceAll(cluster, "CLUSTER").replace(/-[a-z0-9]+\/approval$/, "/approval"),
  );
  return [...new Set(plain)].toSorted();
}

/** Everything that enabling a cluster leaves behind, without what differs from object to object by nature. */
function stateOf(cluster: string): unknown {
  const { storage } = many.hub.server.registry;
  const managed = many.managed.get(cluster);
  const hub = [ADDONS, WORKS, `roles.${RBAC}`, `rolebindings.${RBAC}`].flatMap((type) => storage.list(type, cluster));
  const there = ["deployments.apps", "serviceaccounts", "secrets", "leases.coordination.k8s.io"].flatMap(
    (type) => managed?.storage.list(type).map(({ kind, metadata }) => `${kind} ${metadata.name}`) ?? [],
  );
  const text = JSON.stringify({
    hub: hub.map(timeless),
    there,
    requests: requestsOf(cluster).map(({ status }) => at(listOf(at(status, "conditions"))[0], "reason") ?? null),
  });
  return JSON.parse(text.replaceAll(cluster, "CLUSTER"));
}

function timeless({ kind, metadata, spec, status, ...rest }: ApiObject): Json {
  const { name, labels = {}, annotations = {}, generation = 0, ownerReferences = [], finalizers = [] } = metadata;
  const owners = ownerReferences.map((owner) => `${owner.kind} ${owner.name} ${String(owner.controller ?? false)}`);
  const conditions = listOf(at(status, "conditions")).map((condition) => {
    const { lastTransitionTime: _time, ...said } = objectOf(condition);
    return said;
  });
  const state = { ...objectOf(status), conditions: conditions.toSorted(byType) };
  const { apiVersion: _version, ...other } = rest;
  return { kind, name, labels, annotations, generation, owners, finalizers, spec: spec ?? {}, state, ...other };
}

const byType = (a: Json, b: Json): number => (stringOf(at(a, "type")) < stringOf(at(b, "type")) ? -1 : 1);

function requestsOf(cluster: string): ApiObject[] {
  const label = "open-cluster-management.io/cluster-name";
  return many.hub.server.registry.storage.list(REQUESTS).filter(({ metadata }) => metadata.labels?.[label] === cluster);
}

/** Notes what is said about a cluster: each new value of our conditions and of the registration, and every Secret. */
function follow(cluster: string): { said: Record<string, string[]>; secrets: () => number } {
  const said: Record<string, string[]> = {};
  let secrets = 0;
  const note = (what: string, value: Json | undefined): void => {
    const values = (said[what] ??= []);
    const text = JSON.stringify(value ?? null);
    if (value !== undefined && values.at(-1) !== text) values.push(text);
  };
  many.hub.server.registry.storage.subscribe(ADDONS, ({ object: { metadata, status } }) => {
    if (metadata.namespace !== cluster) return;
    for (const field of ["registrations", "supportedConfigs", "namespace", "healthCheck", "kubeClientDriver"])
      note(field, at(status, field));
    for (const condition of listOf(at(status, "conditions"))) {
      const type = stringOf(at(condition, "type"));
      if (OURS.includes(type)) note(type, `${stringOf(at(condition, "status"))}/${stringOf(at(condition, "reason"))}`);
    }
  });
  many.managed.get(cluster)?.storage.subscribe("secrets", ({ type }) => (secrets += Number(type === "ADDED")));
  return { said, secrets: () => secrets };
}

/** Lets a leader die after so many writes for a new cluster; false when it is done before. */
async function dieAfter(lastWrite: number, cluster: string, record: Recorded): Promise<boolean> {
  const stop = new AbortController();
  const leader = many.lead(
    mortal(record.kube, lastWrite, (reason) => stop.abort(reason)),
    stop,
  );
  many.enable(cluster);
  await Promise.race([leader.ended, many.untilComplete([cluster])]);
  const died = stop.signal.aborted;
  await leader.stop();
  return died;
}

describe("a leader that is killed while it enables a cluster", () => {
  test("leaves after each write what the next leader needs, and nothing is made or said twice", async () => {
    let deaths = 0;
    for (;;) {
      const cluster = `killed-${deaths + 1}`;
      many.join(cluster);
      const history = follow(cluster);
      const first = recorded(await many.connect());
      if (!(await dieAfter(deaths + 1, cluster, first))) break;
      deaths += 1;
      expect(first.writes, cluster).toHaveLength(deaths);
      // That the next one enables another cluster shows that it has looked at all there is.
      const next = await enableUnderOne(`next-${deaths}`);
      await many.untilComplete([cluster]);

      expect(changesOf([...first.writes, ...next.writes], cluster), cluster).toEqual(whole.changes);
      expect(stateOf(cluster), cluster).toEqual(whole.state);
      expect(requestsOf(cluster), cluster).toHaveLength(1);
      expect(history.secrets(), cluster).toBe(1);
      expect(
        Object.entries(history.said).filter(([, values]) => values.length > 1),
        cluster,
      ).toEqual([]);
    }
    // Of the status, at the least: what is understood, the registration, the config seen, the manifests applied.
    expect(deaths).toBeGreaterThanOrEqual(whole.changes.length + 2);
    expect(whole.changes).toHaveLength(5);
  });

  test("is followed by one that writes nothing for the clusters that are complete", async () => {
    const versions = (): (string | undefined)[] => {
      const { storage } = many.hub.server.registry;
      return [ADDONS, WORKS]
        .flatMap((type) => storage.list(type))
        .filter(({ metadata }) => metadata.namespace !== "last")
        .map(({ metadata }) => metadata.resourceVersion);
    };
    const before = versions();
    const { writes } = await enableUnderOne("last");
    expect(writes.filter((write) => !write.includes("last"))).toEqual([]);
    expect(versions()).toEqual(before);
  });
});
