// `npm run bench -- page`: the page of a large fleet in the real Chromium. The manager is a process of its own with simulated
// agents; the page comes through a proxy on this machine that plays kube-apiserver's part. Each figure stands beside what an
// empty page of the same server does with the same lists and the same watch.
import type { Browser, CDPSession, Page } from "playwright-core";
import { API_VERSION } from "../../shared/wire/group.ts";
import { openPage, startBrowser } from "../support/browser.ts";
import { startLoopbackProxy } from "../support/loopback-proxy.ts";
import type { LoopbackProxy } from "../support/loopback-proxy.ts";
import { percentile, printFigure } from "./figure.ts";
import { withCarrier } from "./hub-carry.ts";
import type { Carrier } from "./hub-carry.ts";
import { machineMs } from "./process-figures.ts";

const AMOUNTS = {
  clusters: 1_000,
  workloads: 100,
  connections: 25,
  memory: 512,
  seconds: 20,
  perSecond: 0,
  some: 0,
  watchers: 0,
  simulated: 0,
  flags: [],
};
const ROOT = `/apis/${API_VERSION}`;
const ROUNDS = 5;
/** Far enough apart that each is a drawing of its own. */
const CALM_PER_SECOND = 2;
const STORM_PER_SECOND = 200;
const MEGABYTE = 1024 * 1024;

/** Reads these lists in chunks as the page does, and gives how long that took. */
const READ_RAW = `(async (lists) => {
  const startMs = performance.now();
  globalThis.kept = [];
  for (const { query, accept } of lists) {
    let token = "";
    do {
      const more = token === "" ? "" : "&continue=" + encodeURIComponent(token);
      const answer = await fetch("${ROOT}/kruiseworkloads?limit=2000" + query + more, { headers: { accept } });
      const list = JSON.parse(await answer.text());
      globalThis.kept.push(list.items);
      token = list.metadata.continue ?? "";
    } while (token !== "");
  }
  return performance.now() - startMs;
})`;
const METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
const AS_PAGE = [
  { query: "&fieldSelector=health!%3DHealthy", accept: "application/json" },
  { query: "&fieldSelector=health%3DHealthy", accept: METADATA },
];
const WHOLE = [{ query: "", accept: "application/json" }];

/** Gives the time since the navigation at which this is on the page. */
const WHEN_THERE = `((selector) => new Promise((resolve) => {
  const look = () => (document.querySelector(selector) ? resolve(performance.now()) : requestAnimationFrame(look));
  look();
}))`;
/** Notes when the numbers of the healths on the page have changed, after the frame in which they did. */
const NOTE_DRAWINGS = `(() => {
  globalThis.noted = [];
  const note = () => requestAnimationFrame(() => globalThis.noted.push(performance.timeOrigin + performance.now()));
  new MutationObserver(note).observe(document.querySelector(".tallies"), { subtree: true, characterData: true, childList: true });
})()`;
/** Notes when lines of a watch arrive. */
const NOTE_LINES = `(async () => {
  globalThis.noted = [];
  const { metadata } = await (await fetch("${ROOT}/kruiseworkloads?limit=1")).json();
  const answer = await fetch("${ROOT}/kruiseworkloads?watch=true&resourceVersion=" + metadata.resourceVersion);
  const reader = answer.body.getReader();
  const read = async () => {
    for (;;) {
      const { done } = await reader.read();
      if (done) return;
      globalThis.noted.push(performance.timeOrigin + performance.now());
    }
  };
  void read();
})()`;
/** Notes the gaps between frames. */
const NOTE_FRAMES = `(() => {
  globalThis.gaps = [];
  let lastMs = performance.now();
  const frame = (nowMs) => { globalThis.gaps.push(nowMs - lastMs); lastMs = nowMs; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
})()`;

/** Gives the gaps of the next three hundred frames. */
const FRAMES_OF_REST = `new Promise((resolve) => {
  globalThis.gaps.length = 0;
  const look = () => (globalThis.gaps.length >= 300 ? resolve(globalThis.gaps) : requestAnimationFrame(look));
  look();
})`;

/** Measures the page of a thousand clusters with a hundred workloads each. */
export async function page(): Promise<void> {
  const browser = await startBrowser();
  try {
    await withCarrier(AMOUNTS, async (carrier) => {
      await carrier.agents.call("flood", {});
      const { port, ...target } = carrier.manager.target;
      const proxy = await startLoopbackProxy({
        url: `https://127.0.0.1:${port}`,
        headers: { "x-remote-user": "bench-reader" },
        ...target,
      });
      const stage = { browser, proxy, carrier, name: carrier.name };
      try {
        await measureLoad(stage);
        await measureUpdates(stage);
      } finally {
        await proxy.close();
      }
    });
  } finally {
    await browser.close();
  }
}

interface Stage {
  browser: Browser;
  proxy: LoopbackProxy;
  carrier: Carrier;
  name: string;
}

/** A page that has just been opened, in a profile that has nothing yet. */
async function open(
  { browser, proxy }: Stage,
  path: string,
): Promise<{ page: Page; session: CDPSession; bytes: () => number }> {
  const { page: opened } = await openPage(browser);
  const session = await opened.context().newCDPSession(opened);
  let bytes = 0;
  session.on("Network.dataReceived", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await session.send("Network.enable");
  await opened.goto(`${proxy.url}${ROOT}/dashboard/${path}`, { waitUntil: "commit" });
  return { page: opened, session, bytes: () => bytes };
}

/** What holds the numbers of a page, after its garbage is gone. */
async function heapMegabytes(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return usedSize / MEGABYTE;
}

async function firstPaintMs(opened: Page): Promise<number> {
  const script = `(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN)()`;
  await opened.evaluate(`${WHEN_THERE}("body *")`);
  for (;;) {
    const ms = await opened.evaluate<number>(script);
    if (!Number.isNaN(ms)) return ms;
  }
}

async function measureLoad(stage: Stage): Promise<void> {
  const ours = { paint: [] as number[], broken: [] as number[], complete: [] as number[], bytes: 0, heap: 0 };
  const raw = { paint: [] as number[], asPage: [] as number[], whole: [] as number[], bytes: 0, heap: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const mine = await open(stage, "");
    const complete = mine.page.evaluate<number>(`${WHEN_THERE}(".freshness.good")`);
    ours.broken.push(await mine.page.evaluate<number>(`${WHEN_THERE}(".cell.h-Degraded")`));
    ours.complete.push(await complete);
    ours.paint.push(await firstPaintMs(mine.page));
    ours.bytes = mine.bytes();
    ours.heap = await heapMegabytes(mine.session);
    await mine.page.context().close();

    const empty = await open(stage, "style.css");
    raw.paint.push(await firstPaintMs(empty.page));
    raw.asPage.push(await empty.page.evaluate<number>(`${READ_RAW}(${JSON.stringify(AS_PAGE)})`));
    const before = empty.bytes();
    raw.whole.push(await empty.page.evaluate<number>(`${READ_RAW}(${JSON.stringify(WHOLE)})`));
    raw.bytes = empty.bytes() - before;
    raw.heap = await heapMegabytes(empty.session);
    await empty.page.context().close();
  }
  const { name } = stage;
  printFigure(`page-first-paint-${name}`, percentile(ours.paint, 0.5), "ms", percentile(raw.paint, 0.5));
  printFigure(`page-broken-shown-${name}`, percentile(ours.broken, 0.5), "ms", percentile(raw.asPage, 0.5));
  printFigure(`page-complete-${name}`, percentile(ours.complete, 0.5), "ms", percentile(raw.asPage, 0.5));
  printFigure(
    `page-complete-beside-whole-objects-${name}`,
    percentile(ours.complete, 0.5),
    "ms",
    percentile(raw.whole, 0.5),
  );
  printFigure(`page-bytes-over-the-wire-${name}`, ours.bytes / MEGABYTE, "MB", raw.bytes / MEGABYTE);
  printFigure(`page-heap-${name}`, ours.heap, "MB", raw.heap);
}

async function measureUpdates(stage: Stage): Promise<void> {
  const mine = await open(stage, "");
  await mine.page.evaluate(`${WHEN_THERE}(".freshness.good")`);
  await mine.page.evaluate(NOTE_DRAWINGS);
  const empty = await open(stage, "style.css");
  await empty.page.evaluate(NOTE_LINES);
  const { agents, amounts } = stage.carrier;
  const ask = { seconds: amounts.seconds, firstMark: 0 };
  const toWallMs = Date.now() - machineMs();
  const { sentMs } = await agents.call("changes", { ...ask, perSecond: CALM_PER_SECOND });
  const sent = [...sentMs].map((ms) => ms + toWallMs);
  const ours = delaysOf(sent, await mine.page.evaluate<number[]>("globalThis.noted"));
  const lines = delaysOf(sent, await empty.page.evaluate<number[]>("globalThis.noted"));
  for (const share of [0.5, 0.99]) {
    printFigure(
      `page-update-to-screen-p${share * 100}-${stage.name}`,
      percentile(ours, share),
      "ms",
      percentile(lines, share),
    );
  }
  // Frames are drawn of the page in front alone.
  await empty.page.context().close();
  await mine.page.evaluate(NOTE_FRAMES);
  await agents.call("changes", { ...ask, perSecond: STORM_PER_SECOND, firstMark: 100_000 });
  const storm = await mine.page.evaluate<number[]>("globalThis.gaps");
  const calm = await mine.page.evaluate<number[]>(FRAMES_OF_REST);
  for (const share of [0.5, 0.99]) {
    const name = `page-frame-at-${STORM_PER_SECOND}-a-second-p${share * 100}-${stage.name}`;
    printFigure(name, percentile(storm, share), "ms", percentile(calm, share));
  }
}

/** From each sending to the first note after it. */
function delaysOf(sent: readonly number[], noted: readonly number[]): number[] {
  return sent.flatMap((atMs) => {
    const next = noted.find((ms) => ms >= atMs);
    return next === undefined ? [] : [next - atMs];
  });
}
