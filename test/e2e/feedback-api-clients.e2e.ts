// Programs that keep a copy of the fleet: lists and watches under changes that never pause, informers of client-go and of
// client-node, and all of them through a manager that is replaced. The rows are posted by the test.
import { afterAll, beforeAll, expect, test } from "vitest";
import { aRecord } from "../../manager/fleet/report.fixture.ts";
import { API_VERSION } from "../../shared/wire/group.ts";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import type { WorkloadRecord } from "../../shared/kruise/record.ts";
import { lookAt, until } from "./harness/polling.ts";
import { suiteStack } from "./harness/suite.ts";
import { askHub } from "./support/ask-hub.ts";
import { GoInformer } from "./support/informer.ts";
import { watchWorkloads } from "./support/informer-example.ts";
import { holdPod, managerPods, untilManagersReady } from "./support/manager.ts";
import { PostedCluster } from "./support/posted-cluster.ts";

const ROOT = `/apis/${API_VERSION}`;
const ROWS = 400;
const CHURN_MS = 4000;
const SOON = { limitMs: 60_000 };
const stack = suiteStack();
let hub: Kube;
let clusters: PostedCluster[] = [];
const informers: GoInformer[] = [];

const workload = (index: number, fields: Partial<WorkloadRecord> = {}): WorkloadRecord =>
  aRecord({ n: `w${String(index).padStart(4, "0")}`, v: "v1alpha1", ...fields });

beforeAll(async () => {
  hub = await stack.hub.admin();
  clusters = ["churn-1", "churn-2"].map((name) => new PostedCluster(hub, name));
  await Promise.all(clusters.map((cluster) => cluster.join()));
  const rows = Array.from({ length: ROWS }, (_, index) => workload(index));
  await Promise.all(clusters.map((cluster) => cluster.report(rows)));
});

afterAll(async () => {
  for (const informer of informers) informer.stop();
  await Promise.all(clusters.map((cluster) => cluster.leave()));
  hub.close();
});

type Versions = Record<string, string>;
type List = KubeObject & { metadata: { resourceVersion: string; continue?: string }; items: KubeObject[] };

const versionOf = ({ metadata }: KubeObject) => metadata.resourceVersion ?? "";
const keyOf = ({ metadata }: KubeObject) => `${metadata.namespace ?? ""}/${metadata.name}`;
const versionsOf = (items: KubeObject[]): Versions =>
  Object.fromEntries(items.map((item) => [keyOf(item), versionOf(item)]));

async function list(query: Record<string, string | number> = {}): Promise<List> {
  return hub.request<List>({ method: "GET", path: `${ROOT}/kruiseworkloads`, query });
}

/** What kubectl shows: the truth that every copy has to come to. */
async function truth(): Promise<Versions> {
  const columns = "-o=custom-columns=NS:.metadata.namespace,N:.metadata.name,V:.metadata.resourceVersion";
  const { stdout } = await stack.kubectl("hub", "get", "kwl", "-A", "--no-headers", columns);
  return Object.fromEntries(
    stdout
      .trim()
      .split("\n")
      .map((line) => {
        const [namespace = "", name = "", version = ""] = line.split(/ +/);
        return [`${namespace}/${name}`, version];
      }),
  );
}

/** Changes, adds and takes away workloads without a pause. */
async function churn(forMs: number): Promise<void> {
  const endMs = performance.now() + forMs;
  const verdicts = [
    { h: "Degraded", r: "Unavailable" },
    { h: "Healthy", r: "AllAvailable" },
  ] as const;
  for (let round = 0; performance.now() < endMs; round += 1) {
    const changed = Array.from({ length: 20 }, (_, index) =>
      workload((round * 20 + index) % ROWS, verdicts[round % 2]),
    );
    const passing = workload(ROWS + (round % 50));
    const isThere = Math.floor(round / 50) % 2 === 0;
    await Promise.all(
      clusters.map((cluster) => cluster.change(isThere ? [...changed, passing] : changed, isThere ? [] : [passing])),
    );
  }
}

/** A copy of the fleet: what a list had, and each event of the watch from its version. */
async function keepCopy(
  start: List | undefined,
): Promise<{ rows: Versions; bookmarks: number; stop: () => void; read: Promise<void> }> {
  const stop = new AbortController();
  const copy = {
    rows: versionsOf(start?.items ?? []),
    bookmarks: 0,
    stop: () => stop.abort(),
    read: Promise.resolve(),
  };
  const initial = { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan", allowWatchBookmarks: true };
  const from = start === undefined ? initial : { resourceVersion: versionOf(start) };
  const query = { watch: true, ...from };
  const events = hub.open({ method: "GET", path: `${ROOT}/kruiseworkloads`, query, signal: stop.signal });
  const opened = Promise.withResolvers<void>();
  copy.read = (async () => {
    for await (const line of events) {
      opened.resolve();
      const { type, object } = JSON.parse(line) as { type: string; object: KubeObject };
      const isBookmark = type === "BOOKMARK";
      if (isBookmark) copy.bookmarks += 1;
      else if (type === "DELETED") delete copy.rows[keyOf(object)];
      else copy.rows[keyOf(object)] = versionOf(object);
    }
  })().catch((cause: unknown) => {
    if (!stop.signal.aborted) throw cause;
  });
  await opened.promise;
  return copy;
}

/** A list in pages of 150. */
async function pages(): Promise<List> {
  const first = await list({ limit: 150 });
  const items = [...first.items];
  for (let page = first; page.metadata.continue !== undefined;) {
    page = await list({ limit: 150, continue: page.metadata.continue });
    expect(versionOf(page)).toBe(versionOf(first));
    items.push(...page.items);
  }
  return { ...first, items };
}

async function untilTrue(what: string, copy: () => Promise<Versions> | Versions): Promise<void> {
  await until(
    `${what} to be what kubectl shows`,
    async () => {
      const [wanted, seen] = [await truth(), await copy()];
      const wrong = Object.keys({ ...wanted, ...seen }).filter((key) => wanted[key] !== seen[key]);
      return lookAt(
        wrong.length === 0,
        wrong.slice(0, 5).map((key) => ({ key, wanted: wanted[key], seen: seen[key] })),
      );
    },
    SOON,
  );
}

test("a watch from the version of a list loses nothing while changes run, whether in one piece, in pages or by the watch itself", async () => {
  const running = churn(CHURN_MS);
  const starts = await Promise.all([list(), pages(), list({ resourceVersion: "0" })]);
  const copies = await Promise.all([...starts, undefined].map(keepCopy));
  await running;
  for (const [index, copy] of copies.entries()) await untilTrue(`copy ${index}`, () => copy.rows);
  expect(copies.map(({ bookmarks }) => bookmarks)).toEqual([0, 0, 0, 1]);
  for (const { stop } of copies) stop();
  await Promise.all(copies.map(({ read }) => read));
});

test("resource versions mean what they mean to kube-apiserver", async () => {
  const { metadata } = await list({ limit: 1 });
  const newest = Number(metadata.resourceVersion);
  const ask = async (query: string, path = `${ROOT}/namespaces/none/kruiseworkloads`) => {
    const { code, headers, text } = await askHub(stack.hub, `${path}?${query}`);
    return {
      code,
      headers,
      lines: text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    };
  };
  for (const query of ["resourceVersion=0", `resourceVersion=${newest - 5}&resourceVersionMatch=NotOlderThan`]) {
    const { code, lines } = await ask(query);
    expect([code, Number(lines[0].metadata.resourceVersion) >= newest]).toEqual([200, true]);
  }
  const exact = await ask(`resourceVersion=${newest}&resourceVersionMatch=Exact`);
  expect([exact.code, exact.lines[0].metadata.resourceVersion]).toEqual([200, String(newest)]);
  const future = await ask(`resourceVersion=${newest + 1_000_000_000}`);
  expect(future).toMatchObject({ code: 504, headers: { "retry-after": "1" }, lines: [{ reason: "Timeout" }] });
  const old = await ask("watch=true&resourceVersion=1");
  expect(old).toMatchObject({ code: 200, lines: [{ type: "ERROR", object: { code: 410, reason: "Expired" } }] });
  const quiet = await ask("watch=true&allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion=0");
  expect(quiet.lines).toEqual([{ type: "BOOKMARK", object: expect.objectContaining({ kind: "KruiseWorkload" }) }]);
  const token = Buffer.from("1700000000000000/churn-1/cloneset.shop.w0002").toString("base64url");
  const former = await ask(`limit=2&continue=${token}`, `${ROOT}/kruiseworkloads`);
  expect(former).toMatchObject({ code: 410, lines: [{ reason: "Expired" }] });
  const rest = await ask(`limit=2&continue=${former.lines[0].metadata.continue}`, `${ROOT}/kruiseworkloads`);
  expect(rest.lines[0].items.map(keyOf)).toEqual(["churn-1/cloneset.shop.w0003", "churn-1/cloneset.shop.w0004"]);
});

test("a long list comes compressed to who accepts it, in every form", async () => {
  const table = "application/json;as=Table;g=meta.k8s.io;v=v1";
  const metadata = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
  for (const [accept, kind] of [
    ["application/json", "KruiseWorkloadList"],
    [table, "Table"],
    [metadata, "PartialObjectMetadataList"],
  ] as const) {
    const ask = async (coding: string) =>
      askHub(stack.hub, `${ROOT}/kruiseworkloads`, { accept, "accept-encoding": coding });
    const [plain, zipped] = [await ask("identity"), await ask("gzip")];
    expect(zipped.headers["content-encoding"]).toBe("gzip");
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(JSON.parse(zipped.text).kind).toBe(kind);
    expect(zipped.bytes).toBeLessThan(plain.bytes / 5);
  }
});

test("informers come in step, follow, and go on after the manager has been replaced", async () => {
  informers.push(
    new GoInformer(stack, { form: "objects", watchList: true }),
    new GoInformer(stack, { form: "objects", watchList: false }),
    new GoInformer(stack, { form: "metadata", watchList: true }),
    new GoInformer(stack, { form: "metadata", watchList: false }),
    new GoInformer(stack, { form: "reflector", watchList: true }),
    new GoInformer(stack, { form: "reflector", watchList: false }),
  );
  const told: Record<string, string[]> = {};
  const copy: Versions = {};
  const stop = await watchWorkloads(stack.hub.kubeconfig, (event, object) => {
    const { namespace = "", name = "", resourceVersion = "" } = object.metadata ?? {};
    const key = `${namespace}/${name}`;
    (told[key] ??= []).push(event);
    if (event === "delete") delete copy[key];
    else copy[key] = resourceVersion;
  });
  const running = churn(CHURN_MS);
  await Promise.all(informers.map((informer) => informer.synced()));
  await running;
  const inStep = async () => {
    for (const [index, informer] of informers.entries()) await untilTrue(`store ${index}`, () => informer.store());
    await untilTrue("client-node's store", () => copy);
  };
  await inStep();

  const [pod] = await managerPods(hub);
  if (pod === undefined) throw new Error("There is no manager");
  await holdPod(hub, pod, true);
  await until(
    "the manager to be gone",
    async () => lookAt((await askHub(stack.hub, `${ROOT}/kruiseclusters`)).code !== 200, "it answers"),
    SOON,
  );
  await holdPod(hub, pod, false);
  await untilManagersReady(hub, 1);
  const [one] = clusters as [PostedCluster];
  const passing = workload(9000);
  await until(
    "the reports to be back",
    async () => lookAt((await list({ limit: 1 })).items.length === 1, "none"),
    SOON,
  );
  await inStep();
  // Now and after all that: one object from beginning to end, by each of them.
  const key = `${one.name}/cloneset.shop.${passing.n}`;
  await one.change([passing]);
  await one.change([{ ...passing, h: "Degraded", r: "Unavailable" }]);
  await one.change([], [passing]);
  await until(
    "all to have told it",
    () => {
      const seen = [...informers.slice(0, 4).map((informer) => informer.eventsOf(key)), told[key] ?? []];
      return lookAt(
        seen.every((events) => /^add\w* update\w* delete/.test(events.join(" "))),
        seen,
      );
    },
    SOON,
  );
  await inStep();
  await stop();
});
