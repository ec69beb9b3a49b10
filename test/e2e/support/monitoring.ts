// The real Prometheus and Alertmanager of Debian on loopback, and a receiver of what they have to say. They run the shipped
// rules, whose times are made short enough to wait for.
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { readGroups } from "../../fixtures/alerts/rules.ts";
import { run } from "../harness/commands.ts";
import type { CommandResult } from "../harness/commands.ts";
import { writeText } from "../harness/files.ts";
import { lookAt, until } from "../harness/polling.ts";
import { Ports } from "../harness/ports.ts";
import { Processes } from "../harness/processes.ts";
import type { Stack } from "../harness/stack-data.ts";

const PROGRAMS = {
  prometheus: { path: "/usr/bin/prometheus", package: "prometheus" },
  promtool: { path: "/usr/bin/promtool", package: "prometheus" },
  amtool: { path: "/usr/bin/amtool", package: "prometheus-alertmanager" },
  alertmanager: { path: "/usr/bin/prometheus-alertmanager", package: "prometheus-alertmanager" },
};
/** Of scrapes, of the rules' evaluation, and what every `for` and `keep_firing_for` is cut down to. */
export const INTERVAL = "500ms";
export const SHORT_FOR = "1s";

/** An alert as a receiver of Alertmanager gets it. */
export interface Notice {
  atMs: number;
  status: "firing" | "resolved";
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

interface QueryAnswer {
  metric: Record<string, string>;
  /** Seconds since 1970, and the number as text. */
  value: [number, string];
  values: [number, string][];
}

export interface Monitoring {
  /** All that was received until now. */
  notices: readonly Notice[];
  query(expr: string): Promise<QueryAnswer[]>;
  stop(): Promise<void>;
}

/** Where a program is, or a sentence that says how to get it. */
function programPath(name: keyof typeof PROGRAMS): string {
  const { path, package: debian } = PROGRAMS[name];
  if (existsSync(path)) return path;
  throw new Error(`There is no ${path}: it comes with Debian's package ${debian} (apt-get install ${debian})`);
}

export async function promtool(args: string[], input = ""): Promise<CommandResult> {
  return run(programPath("promtool"), args, { input });
}

export async function amtool(args: string[]): Promise<CommandResult> {
  return run(programPath("amtool"), args);
}

/** The shipped rules, as fast as a test wants them. What they look at and say stays. */
function shortRules(): object {
  const groups = readGroups().map((group) => ({
    ...group,
    rules: group.rules.map((rule) => ({
      ...rule,
      for: SHORT_FOR,
      ...(rule.keep_firing_for !== undefined && { keep_firing_for: SHORT_FOR }),
    })),
  }));
  return { groups };
}

/** Starts them; `targets` are the addresses that are scraped, by job. They end with `stop`, or with this process. */
export async function startMonitoring(stack: Stack, targets: Record<string, readonly string[]>): Promise<Monitoring> {
  const paths = { prometheus: programPath("prometheus"), alertmanager: programPath("alertmanager") };
  const notices: Notice[] = [];
  const receiver = await startReceiver(notices);
  const dir = join(stack.dir, `monitoring-${Date.now()}`);
  const ports = new Ports();
  const [port, alertPort] = [await ports.take(), await ports.take()];
  const files = await writeConfigs(dir, { targets, alertPort, receiverPort: portOf(receiver) });
  const processes = new Processes({ logsDir: stack.logsDir, env: stack.data.env, onDeath: () => undefined });
  processes.start({
    name: "alertmanager",
    command: paths.alertmanager,
    args: [
      `--config.file=${files.alertmanager}`,
      `--storage.path=${join(dir, "alertmanager")}`,
      `--web.listen-address=127.0.0.1:${alertPort}`,
      "--cluster.listen-address=",
    ],
  });
  processes.start({
    name: "prometheus",
    command: paths.prometheus,
    args: [
      `--config.file=${files.prometheus}`,
      `--storage.tsdb.path=${join(dir, "prometheus")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--rules.alert.resend-delay=1s",
    ],
  });
  const url = `http://127.0.0.1:${port}`;
  const ready = async (base: string): Promise<void> =>
    until(
      `${base} to be ready`,
      async () => {
        const answer = await fetch(`${base}/-/ready`);
        return lookAt(answer.ok, answer.status);
      },
      { limitMs: 30_000, signal: processes.failure },
    );
  await Promise.all([ready(url), ready(`http://127.0.0.1:${alertPort}`)]);
  return {
    notices,
    query: async (expr) => query(url, expr),
    stop: async () => {
      await processes.stopAll();
      receiver.close();
    },
  };
}

async function query(url: string, expr: string): Promise<QueryAnswer[]> {
  const answer = await fetch(`${url}/api/v1/query`, { method: "POST", body: new URLSearchParams({ query: expr }) });
  const { data, error } = (await answer.json()) as { data?: { result: QueryAnswer[] }; error?: string };
  if (data === undefined) throw new Error(`Prometheus does not answer ${expr}: ${error}`);
  return data.result;
}

async function startReceiver(notices: Notice[]): Promise<Server> {
  const server = createServer((request, response) => {
    void readBody(request).then((text) => {
      const atMs = Date.now();
      const { alerts } = JSON.parse(text) as { alerts: Omit<Notice, "atMs">[] };
      notices.push(...alerts.map(({ status, labels, annotations }) => ({ atMs, status, labels, annotations })));
      response.end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return server;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += String(chunk);
  return text;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The receiver does not listen");
  return address.port;
}

interface Wiring {
  targets: Record<string, readonly string[]>;
  alertPort: number;
  receiverPort: number;
}

async function writeConfigs(
  dir: string,
  { targets, alertPort, receiverPort }: Wiring,
): Promise<{ prometheus: string; alertmanager: string }> {
  const rules = await writeText(join(dir, "rules.yaml"), stringify(shortRules()));
  const prometheus = {
    global: { scrape_interval: INTERVAL, scrape_timeout: INTERVAL, evaluation_interval: INTERVAL },
    rule_files: [rules],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertPort}`] }] }] },
    scrape_configs: Object.entries(targets).map(([job, addresses]) => ({
      job_name: job,
      honor_labels: true,
      static_configs: [{ targets: addresses }],
    })),
  };
  const alertmanager = {
    route: {
      receiver: "test",
      group_by: ["alertname", "cluster"],
      group_wait: "0s",
      group_interval: "1s",
      repeat_interval: "1h",
    },
    receivers: [{ name: "test", webhook_configs: [{ url: `http://127.0.0.1:${receiverPort}/`, send_resolved: true }] }],
  };
  return {
    prometheus: await writeText(join(dir, "prometheus.yaml"), stringify(prometheus)),
    alertmanager: await writeText(join(dir, "alertmanager.yaml"), stringify(alertmanager)),
  };
}
