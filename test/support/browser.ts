// The real Chromium for tests of the page: started once, silent about everything but what goes wrong in a page.
import { access, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";

const PROGRAM = "/usr/bin/chromium";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const LIMIT_MS = 30_000;

export async function startBrowser(): Promise<Browser> {
  try {
    await access(PROGRAM);
  } catch (cause) {
    throw new Error(`There is no ${PROGRAM}: install the Debian package chromium`, { cause });
  }
  return chromium.launch({ executablePath: PROGRAM, args: FLAGS });
}

export interface WatchedPage {
  page: Page;
  /** What the page has complained of: errors, refusals of its policy, lines of its console. Answers of a server that refuse are not among them. */
  complaints: string[];
}

interface PageOptions {
  scheme?: "light" | "dark";
  width?: number;
  height?: number;
}

/** Opens a page in a profile of its own. */
export async function openPage(browser: Browser, options: PageOptions = {}): Promise<WatchedPage> {
  const { scheme = "light", width = 1280, height = 720 } = options;
  const context = await browser.newContext({
    colorScheme: scheme,
    viewport: { width, height },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (!message.text().startsWith("Failed to load resource")) complaints.push(`${message.type()}: ${message.text()}`);
  });
  return { page, complaints };
}

interface AxeResults {
  violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[];
}

/** What axe finds against a page, one line a rule; nothing when it is clean. */
export async function axeViolations(page: Page): Promise<string[]> {
  // Its types want a browser's; it is a browser's program, and all that is asked of it is to run.
  await page.evaluate(await readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8"));
  const { violations } = await page.evaluate<AxeResults>("axe.run()");
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""} ${nodes[0]?.failureSummary ?? ""}`);
}
