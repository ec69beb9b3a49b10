// The agent as a process: exit codes and signals.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

const dir = mkdtempSync(join(tmpdir(), "kruise-health-agent-"));
const kubeconfig = join(dir, "kubeconfig");
let child: ChildProcess | undefined;
let output = "";

/** Starts the agent with just this environment. */
function start(env: Record<string, string>): Promise<number | null> {
  const started = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], { env });
  child = started;
  output = "";
  for (const stream of [started.stdout, started.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  return once(started, "close").then(([code]) => code as number | null);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function environment(): Promise<Record<string, string>> {
  return {
    CLUSTER_NAME: "c1",
    POD_NAME: "agent-1",
    POD_NAMESPACE: "addons",
    POD_IP: "127.0.0.1",
    HEALTH_PORT: String(await freePort()),
    KUBECONFIG: kubeconfig,
    HUB_KUBECONFIG: join(dir, "absent"),
  };
}

beforeAll(() => {
  const user = "users: [{name: a, user: {token: t}}]\n";
  const cluster = 'clusters: [{name: a, cluster: {server: "https://127.0.0.1:1"}}]\n';
  const context = "current-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n";
  writeFileSync(kubeconfig, `apiVersion: v1\nkind: Config\n${context}${cluster}${user}`);
});
afterEach(() => void child?.kill("SIGKILL"));
afterAll(() => rmSync(dir, { recursive: true }));

describe("agent/main", () => {
  it("exits with 2 and names every mistake of its configuration, without a stack trace", async () => {
    const code = await start({ POD_NAME: "agent-1", POD_NAMESPACE: "addons", UNAVAILABLE_AFTER_SECONDS: "soon" });
    expect(code).toBe(2);
    expect(output).toContain("CLUSTER_NAME");
    expect(output).toContain(
      'UNAVAILABLE_AFTER_SECONDS: wanted is a whole number of seconds, 1 or more (it is "soon")',
    );
    expect(output).not.toContain("at ");
  });

  it("repeats no password of a proxy that it cannot use", async () => {
    const env = await environment();
    for (const proxy of ["socks5://me:secret/@proxy", "http://me:secret@", "me:sec@secret%zz@proxy"]) {
      expect(await start({ ...env, HTTPS_PROXY: proxy })).toBe(2);
      expect(output).toContain("HTTPS_PROXY: wanted is the URL of a proxy");
      expect(output).not.toContain("sec");
    }
  });

  it("exits with 2 when it cannot know the managed cluster", async () => {
    const { KUBECONFIG: _, ...rest } = await environment();
    expect(await start(rest)).toBe(2);
    expect(output).toContain("KUBECONFIG");
  });

  it("runs without either cluster, answers probes, and exits with 0 on SIGTERM", async () => {
    const env = await environment();
    const ended = start(env);
    const probe = async (path: string): Promise<number | undefined> =>
      (await fetch(`http://127.0.0.1:${env["HEALTH_PORT"]}${path}`).catch(() => undefined))?.status;
    await expect.poll(() => probe("/livez"), { timeout: 4000 }).toBe(200);
    expect(await probe("/readyz")).toBe(503);
    expect(await probe("/metrics")).toBe(200);
    expect(await probe("/other")).toBe(404);
    child?.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(output).toContain("agent stopped");
  });
});
