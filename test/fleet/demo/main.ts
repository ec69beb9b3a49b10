// npm run demo: a local fleet and a story about it. With --once the story is told once, as lines, and the demo ends.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { sleep } from "../../../shared/runtime/sleep.ts";
import type { LocalFleet } from "../fleet.ts";
import { startFleet } from "../fleet.ts";
import { buildPage, openPage } from "../page.ts";
import { buildPaint } from "./drawing.ts";
import type { Screen } from "./screen.ts";
import { liveScreen, plainScreen } from "./screen.ts";
import type { Step } from "./story.ts";
import { CLUSTERS, WITHOUT_KRUISE, prepare, stir, story } from "./story.ts";
import type { View } from "./view.ts";
import { EMPTY_VIEW, readView } from "./view.ts";

const FRAME_MS = 200;
const STEP_LIMIT_MS = 40_000;
const STIR_MS = 6000;
const SPEED = 4;

const once = process.argv.includes("--once");
const isTerminal = process.stdout.isTTY;
const write = (text: string): void => void process.stdout.write(text);
const stop = new AbortController();
// A terminal's Ctrl-C may come twice: from the terminal and from the program that started this one.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());

async function tell(fleet: LocalFleet, screen: Screen): Promise<void> {
  const steps = story();
  let view = EMPTY_VIEW;
  for (const [index, step] of steps.entries()) {
    screen.begin(`${index + 1}/${steps.length}  ${step.title}`, step);
    await step.act(fleet);
    view = await play(fleet, screen, step, view);
    screen.end(view);
  }
  if (once) return;
  const text = "From here on something changes every few seconds, somewhere. Look around with kubectl.";
  screen.begin("The fleet goes on", { text, commands: ["kubectl get kwl -A -w"] });
  for (let count = 1; ; count += 1) {
    stir(fleet, count);
    const until = Date.now() + STIR_MS;
    while (Date.now() < until) view = await frame(fleet, screen, view);
  }
}

/** Shows the step until it has come to its end, and a little longer. */
async function play(fleet: LocalFleet, screen: Screen, step: Step, former: View): Promise<View> {
  const limit = Date.now() + STEP_LIMIT_MS;
  let view = await frame(fleet, screen, former);
  while (!step.isReached(view)) {
    if (Date.now() > limit) return late(step, view);
    view = await frame(fleet, screen, view);
  }
  const until = Date.now() + step.holdMs;
  while (Date.now() < until) view = await frame(fleet, screen, view);
  return view;
}

/** Told once, the story must come out as told; otherwise the reader may have changed something, and it goes on. */
function late({ title }: Step, view: View): View {
  if (once) throw new Error(`Step "${title}" did not come to its end in ${STEP_LIMIT_MS / 1000} s`);
  return view;
}

async function frame(fleet: LocalFleet, screen: Screen, former: View): Promise<View> {
  await sleep(FRAME_MS, stop.signal);
  const view = await readView(fleet.kube, former);
  screen.show(view);
  return view;
}

async function run(): Promise<void> {
  write("Starting a hub and six managed clusters in this process ...\n");
  const built = await buildPage();
  const fleet = await startFleet({
    clusters: CLUSTERS,
    withoutKruise: [WITHOUT_KRUISE],
    speed: SPEED,
    log: pino({ level: process.env["LOG_LEVEL"] ?? "silent" }),
    settings: { UPDATE_STALLED_AFTER_SECONDS: "4", UNAVAILABLE_AFTER_SECONDS: "4" },
    manager: {
      HEARTBEAT_SECONDS: "2",
      STALE_AFTER_SECONDS: "6",
      SILENCE_GRACE_SECONDS: "3",
      DASHBOARD_DIR: built.folder,
    },
  });
  const page = await openPage(fleet.hub.server);
  try {
    await writeFile(join(fleet.files.directory, "hub-header"), `Authorization: Bearer ${fleet.files.token}\n`, {
      mode: 0o600,
    });
    prepare(fleet);
    const { directory, kubeconfig } = fleet.files;
    const banner = `To look at all of it in a browser: ${page.address}\nTo look for yourself, in another terminal:\n  export KUBECONFIG=${kubeconfig} FLEET=${directory} HUB=${fleet.hub.server.url}\n`;
    const output = { write, banner, paint: buildPaint(isTerminal) };
    if (isTerminal && !once) write("\u001b[2J");
    await tell(fleet, isTerminal && !once ? liveScreen(output) : plainScreen(output));
  } finally {
    await page.close();
    await fleet.stop();
    await built.remove();
  }
}

try {
  await run();
  write("\nThat is all. The folder with the kubeconfig is gone.\n");
  process.exit(0);
} catch (error) {
  if (stop.signal.aborted) {
    write("\n");
    process.exit(0);
  }
  throw error;
}
