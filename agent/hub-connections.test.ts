// The agent's identity towards the hub and past it: which server is shown what, over real TLS.
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startConnectProxy } from "../test/support/connect-proxy.ts";
import type { KeyPair } from "../test/support/certificates.ts";
import { json, startScriptedServer } from "../test/support/scripted-server.ts";
import type { ScriptedServer } from "../test/support/scripted-server.ts";
import { makeSecretMount } from "../test/support/secret-mount.ts";
import type { SecretMount } from "../test/support/secret-mount.ts";
import { hubConnections } from "./hub-connections.ts";
import type { HubConnections } from "./hub-connections.ts";

const REPORT = { method: "POST", path: "/apis/g/v1/reports", body: {} } as const;
const READ = { method: "GET", path: "/apis/g/v1/addons" } as const;
let hub: ScriptedServer;
/** Where reports go. Its authority is another one than the hub's. */
let feedback: ScriptedServer;
let mount: SecretMount;
let connections: HubConnections | undefined;
let pair: KeyPair;

beforeEach(async () => {
  [hub, feedback, mount] = await Promise.all([startScriptedServer(), startScriptedServer(), makeSecretMount()]);
  for (const server of [hub, feedback]) server.otherwise = json({});
  pair = await hub.authority.issue({ cn: "agent-of-c1", client: true });
  await writeKubeconfig();
});
afterEach(async () => {
  connections?.close();
  await Promise.all([hub.close(), feedback.close(), mount.remove()]);
});

const base64 = (text: string): string => Buffer.from(text).toString("base64");

async function writeKubeconfig(token = "token-1", further: object = {}): Promise<void> {
  const cluster = { server: hub.url, "certificate-authority-data": base64(hub.authority.cert), ...further };
  const user = { "client-certificate": "tls.crt", "client-key": "tls.key", tokenFile: "token" };
  const config = {
    "current-context": "default",
    contexts: [{ name: "default", context: { cluster: "hub", user: "agent" } }],
    clusters: [{ name: "hub", cluster }],
    users: [{ name: "agent", user }],
  };
  await mount.write({ kubeconfig: JSON.stringify(config), "tls.crt": pair.cert, "tls.key": pair.key, token });
}

interface Proxied {
  HTTPS_PROXY?: string;
  NO_PROXY?: string;
}

function connect(feedbackCa: string | undefined, { HTTPS_PROXY, NO_PROXY }: Proxied = {}): HubConnections {
  const settings = {
    HUB_KUBECONFIG: join(mount.directory, "kubeconfig"),
    FEEDBACK_URL: feedbackCa === undefined ? undefined : feedback.url,
    FEEDBACK_CA: feedbackCa,
    PROXY_CA_FILE: undefined,
    HTTPS_PROXY,
    NO_PROXY,
  };
  connections = hubConnections(settings, { log: pino({ level: "silent" }), userAgent: "test", reloadCheckMs: 0 });
  return connections;
}

/** Who a server has seen, by certificate and token. */
const visitors = ({ requests }: ScriptedServer) =>
  requests.map(({ method, client, headers }) => `${method} ${client} ${headers.authorization}`);

describe("hubConnections()", () => {
  test("without a way of their own reports go where everything goes", async () => {
    const { hub: reads, reports } = connect(undefined);
    await reads.request(READ);
    await reports.request(REPORT);
    expect(visitors(hub)).toEqual(["GET agent-of-c1 Bearer token-1", "POST agent-of-c1 Bearer token-1"]);
    expect(feedback.requests).toEqual([]);
  });

  test("with one they go there alone, as the user of the hub kubeconfig, and the rest to the hub", async () => {
    const { hub: reads, reports } = connect(feedback.authority.cert);
    await reads.request(READ);
    await reports.request(REPORT);
    expect(visitors(hub)).toEqual(["GET agent-of-c1 Bearer token-1"]);
    expect(visitors(feedback)).toEqual(["POST agent-of-c1 Bearer token-1"]);
  });

  test("a renewed identity is taken up on both ways", async () => {
    const { hub: reads, reports } = connect(feedback.authority.cert);
    await reports.request(REPORT);
    await writeKubeconfig("token-2");
    await reads.request(READ);
    await reports.request(REPORT);
    expect(visitors(hub)).toEqual(["GET agent-of-c1 Bearer token-2"]);
    expect(visitors(feedback).at(-1)).toBe("POST agent-of-c1 Bearer token-2");
  });

  test("a server that is not of FEEDBACK_CA sees nothing, be it of the hub's own authority", async () => {
    const { reports } = connect(hub.authority.cert);
    await expect(reports.request(REPORT)).rejects.toMatchObject({
      reason: "UntrustedServer",
      message: expect.stringContaining(
        "the certificate of the feedback API is not signed by the certificate authority in FEEDBACK_URL and FEEDBACK_CA",
      ) as string,
    });
    feedback.showCertificate(await hub.authority.issue({ cn: "other", dns: ["elsewhere.test"], server: true }));
    await expect(reports.request(REPORT)).rejects.toMatchObject({ reason: "ServerNameMismatch" });
    expect(feedback.requests).toEqual([]);
  });

  test("a name that the hub kubeconfig has for the hub is none for the other server", async () => {
    await writeKubeconfig("token-1", { "tls-server-name": "scripted.test" });
    feedback.showCertificate(await feedback.authority.issue({ cn: "f", ips: ["127.0.0.1"], server: true }));
    const { reports } = connect(feedback.authority.cert);
    await reports.request(REPORT);
    expect(feedback.requests.length).toBe(1);
  });

  test("another server that it is sent on to is not followed", async () => {
    const { reports } = connect(feedback.authority.cert);
    feedback.otherwise = (response) => void response.writeHead(307, { location: `${hub.url}/elsewhere` }).end();
    await expect(reports.request(REPORT)).rejects.toMatchObject({ status: 307 });
    expect(hub.requests).toEqual([]);
  });

  test("the proxy is the same for both, and so are the servers that are reached without it", async () => {
    const proxy = await startConnectProxy();
    const away = new URL(feedback.url).host;
    const both = connect(feedback.authority.cert, { HTTPS_PROXY: proxy.url });
    await both.hub.request(READ);
    await both.reports.request(REPORT);
    expect(proxy.asked).toEqual([new URL(hub.url).host, away]);
    both.close();
    const one = connect(feedback.authority.cert, { HTTPS_PROXY: proxy.url, NO_PROXY: away });
    await one.reports.request(REPORT);
    await one.hub.request(READ);
    expect(proxy.asked.slice(2)).toEqual([new URL(hub.url).host]);
    one.close();
    await writeKubeconfig("token-1", { "proxy-url": proxy.url });
    const named = connect(feedback.authority.cert, { NO_PROXY: away });
    await named.reports.request(REPORT);
    expect(proxy.asked.slice(3)).toEqual([away]);
    named.close();
    await proxy.close();
  });

  test("names both where there is no kubeconfig yet", async () => {
    await mount.remove();
    const { hub: reads, reports } = connect(feedback.authority.cert);
    await expect(reads.request(READ)).rejects.toThrow("No connection to the hub: ");
    await expect(reports.request(REPORT)).rejects.toThrow("No connection to the feedback API: ");
    mount = await makeSecretMount();
  });
});
