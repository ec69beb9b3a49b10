import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeAuthority } from "../../test/support/certificates.ts";
import type { Authority, KeyPair } from "../../test/support/certificates.ts";
import { makeSecretMount } from "../../test/support/secret-mount.ts";
import type { SecretMount } from "../../test/support/secret-mount.ts";
import { fingerprint, inClusterSource, kubeconfigSource, staticSource } from "./credentials.ts";

let authority: Authority;
let [pair, other]: KeyPair[] = [];
let mount: SecretMount;
beforeAll(async () => {
  authority = await makeAuthority("ca");
  pair = await authority.issue({ cn: "one" });
  other = await authority.issue({ cn: "two" });
});
beforeEach(async () => {
  mount = await makeSecretMount();
});
afterEach(() => mount.remove());

const base64 = (text = "") => Buffer.from(text).toString("base64");

interface Parts {
  cluster?: Record<string, unknown>;
  user?: Record<string, unknown>;
  more?: Record<string, unknown>;
}
// JSON is YAML.
function kubeconfig({ cluster = {}, user = {}, more = {} }: Parts): string {
  return JSON.stringify({
    "current-context": "here",
    contexts: [
      { name: "there", context: {} },
      { name: "here", context: { cluster: "hub", user: "agent" } },
    ],
    clusters: [{ name: "hub", cluster: { server: "https://hub.test:6443", ...cluster } }],
    users: [{ name: "agent", user }],
    ...more,
  });
}
const source = () => kubeconfigSource(join(mount.directory, "kubeconfig"));

describe("kubeconfigSource()", () => {
  test("reads embedded certificates", async () => {
    const cluster = { "certificate-authority-data": base64(authority.cert), "tls-server-name": "kube.test" };
    const user = { "client-certificate-data": base64(pair?.cert), "client-key-data": base64(pair?.key) };
    await mount.write({ kubeconfig: kubeconfig({ cluster, user }) });
    expect(await source().load()).toEqual({
      server: "https://hub.test:6443",
      tlsServerName: "kube.test",
      ca: authority.cert,
      ...pair,
    });
  });

  test("reads files that it names, relative ones beside the kubeconfig", async () => {
    const cluster = { "certificate-authority": join(mount.directory, "ca.crt") };
    const user = { "client-certificate": "tls.crt", "client-key": "tls.key" };
    const files = { "ca.crt": authority.cert, "tls.crt": pair?.cert ?? "", "tls.key": pair?.key ?? "" };
    await mount.write({ kubeconfig: kubeconfig({ cluster, user }), ...files });
    expect(await source().load()).toEqual({ server: "https://hub.test:6443", ca: authority.cert, ...pair });
  });

  test("reads a token, from its file when both are given", async () => {
    await mount.write({ kubeconfig: kubeconfig({ user: { token: "written" } }) });
    expect(await source().load()).toMatchObject({ token: "written" });
    await mount.write({ kubeconfig: kubeconfig({ user: { token: "written", tokenFile: "token" } }), token: "filed\n" });
    expect(await source().load()).toMatchObject({ token: "filed" });
  });

  test("says where they come from", () => {
    expect(source().origin).toBe(`kubeconfig ${join(mount.directory, "kubeconfig")}`);
  });

  test("refuses a certificate that does not fit its key", async () => {
    const user = { "client-certificate-data": base64(pair?.cert), "client-key-data": base64(other?.key) };
    await mount.write({ kubeconfig: kubeconfig({ user }) });
    await expect(source().load()).rejects.toThrow("the client certificate does not fit its key");
  });

  const refused: [string, Parts, string][] = [
    ["a context that is not there", { more: { "current-context": "x" } }, 'it has no context named "x"'],
    ["no context", { more: { "current-context": undefined } }, "it has no context named null"],
    ["a user that is not there", { more: { users: null } }, 'it has no user named "agent"'],
    ["http", { cluster: { server: "http://hub.test" } }, "server must be an https URL"],
    ["no server", { cluster: { server: undefined } }, "server must be an https URL"],
    ["a server that is no URL", { cluster: { server: "https://" } }, "server must be an https URL"],
    ["a password in the URL", { cluster: { server: "https://a:b@hub.test" } }, "without a user name"],
    ["a login plugin", { user: { exec: { command: "login" } } }, "exec is not supported"],
    [
      "a proxy of another kind",
      { cluster: { "proxy-url": "socks5://proxy" } },
      "proxy-url: wanted is the URL of a proxy",
    ],
    ["a key without certificate", { user: { "client-key-data": "eA==" } }, "must be given together"],
    [
      "a certificate that is none",
      { user: { "client-certificate-data": "eA==", "client-key-data": "eA==" } },
      "the client certificate is not PEM",
    ],
  ];
  test.each(refused)("refuses %s", async (_what, parts, message) => {
    await mount.write({ kubeconfig: kubeconfig(parts) });
    await expect(source().load()).rejects.toThrow(message);
  });

  const strange: [string, string][] = [
    ["text", "it has no context"],
    ["[]", "it has no context"],
    ["", "it is not YAML"],
    ["token: [secret", "it is not YAML"],
  ];
  test.each(strange)("refuses a file that is no kubeconfig, and does not quote it: %j", async (text, problem) => {
    await mount.write({ kubeconfig: text });
    const error: unknown = await source()
      .load()
      .catch((cause: unknown) => cause);
    expect(String(error)).toContain(`Cannot use kubeconfig ${join(mount.directory, "kubeconfig")}: ${problem}`);
    expect(`${String(error)} ${String((error as Error).cause)}`).not.toContain("secret");
  });

  test("names the file that is missing", async () => {
    await mount.write({ kubeconfig: kubeconfig({ user: { tokenFile: "nowhere" } }) });
    await expect(source().load()).rejects.toThrow(/ENOENT.*nowhere/);
  });
});

describe("inClusterSource()", () => {
  test("reads the service account's token and authority", async () => {
    await mount.write({ token: "secret\n", "ca.crt": authority.cert });
    const { directory } = mount;
    const expected = { ca: authority.cert, token: "secret" };
    const four = await inClusterSource({ host: "10.0.0.1", port: "443", directory }).load();
    expect(four).toEqual({ server: "https://10.0.0.1:443", ...expected });
    const six = await inClusterSource({ host: "fd00::1", port: 6443, directory }).load();
    expect(six).toEqual({ server: "https://[fd00::1]:6443", ...expected });
  });
});

test("staticSource() gives what it was given", async () => {
  const credentials = { server: "https://hub.test", token: "secret" };
  expect(await staticSource(credentials).load()).toEqual(credentials);
});

test("fingerprint() changes with the credentials, and only then, and reveals nothing of them", () => {
  const credentials = { server: "https://hub.test", token: "secret" };
  expect(fingerprint(credentials)).toBe(fingerprint({ ...credentials }));
  expect(fingerprint({ ...credentials, token: "other" })).not.toBe(fingerprint(credentials));
  expect(fingerprint(credentials)).not.toContain("secret");
});
