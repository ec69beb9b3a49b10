// Which servers are reached through a proxy, and what a proxy is called.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeAuthority } from "../../test/support/certificates.ts";
import { staticSource } from "./credentials.ts";
import { isBypassed, parseProxyUrl, proxiedSource, proxyName } from "./proxy.ts";

describe("isBypassed()", () => {
  test.each([
    ["https://hub.example.com:6443", "", false],
    ["https://hub.example.com:6443", "*", true],
    ["https://hub.example.com:6443", "hub.example.com", true],
    ["https://hub.example.com:6443", " .cluster.local , HUB.example.com ", true],
    ["https://hub.example.com:6443", "example.com", true],
    ["https://hub.example.com:6443", ".example.com", true],
    ["https://hub.example.com:6443", "*.example.com", true],
    ["https://example.com", "example.com", true],
    ["https://example.com", ".example.com", false],
    ["https://example.com", "*.example.com", false],
    ["https://myexample.com", "example.com", false],
    ["https://hub.example.com:6443", "hub.example.com:6443", true],
    ["https://hub.example.com:6443", "hub.example.com:443", false],
    ["https://hub.example.com", "hub.example.com:443", true],
    ["https://10.1.2.3:6443", "10.1.2.3", true],
    ["https://10.1.2.3:6443", "10.1.2.4", false],
    ["https://10.1.2.3:6443", "10.1.2.3:6443", true],
    ["https://10.1.2.3:6443", "10.0.0.0/8", true],
    ["https://10.1.2.3:6443", "10.1.3.0/24", false],
    ["https://10.1.2.3:6443", "10.0.0.0/99", false],
    ["https://10.1.2.3:6443", "fd00::/8", false],
    ["https://hub.example.com", "10.0.0.0/8", false],
    ["https://[fd00::1]:6443", "fd00::/8", true],
    ["https://[fd00::1]:6443", "fd00::1", true],
    ["https://[fd00::1]:6443", "[fd00::1]:6443", true],
    ["https://[fd00::1]:6443", "[fd00::1]:443", false],
  ])("%s by %j: %s", (server, noProxy, wanted) => {
    expect(isBypassed(new URL(server), noProxy)).toBe(wanted);
  });
});

describe("parseProxyUrl()", () => {
  test.each([
    ["http://proxy:3128", "proxy http://proxy:3128"],
    ["https://me:secret@proxy.example.com", "proxy https://proxy.example.com"],
    ["proxy:3128", "proxy http://proxy:3128"],
    ["me:secret@proxy:3128/", "proxy http://proxy:3128"],
    ["http://[fd00::1]:3128", "proxy http://[fd00::1]:3128"],
  ])("reads %s and names it without a password", (text, name) => {
    const url = parseProxyUrl(text);
    expect(url && proxyName(url)).toBe(name);
  });

  test.each(["socks5://proxy", "http://", "", "not a url", "http://me:%zz@proxy"])("refuses %j", (text) => {
    expect(parseProxyUrl(text)).toBeUndefined();
  });
});

describe("proxiedSource()", () => {
  const directory = mkdtempSync(join(tmpdir(), "kruise-health-proxy-"));
  const caFile = join(directory, "ca.crt");
  const given = { server: "https://hub:6443", ca: "ca" };
  let ca: string;
  beforeAll(async () => {
    ca = (await makeAuthority("proxy-ca")).cert;
    writeFileSync(caFile, ca);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test("adds the proxy and its authorities", async () => {
    const source = proxiedSource(staticSource(given), { url: "http://proxy", caFile });
    expect(await source.load()).toEqual({ ...given, proxyUrl: "http://proxy", proxyCa: ca });
  });

  test("goes before no proxy that the kubeconfig names", async () => {
    const named = { ...given, proxyUrl: "http://own" };
    const source = proxiedSource(staticSource(named), { url: "http://proxy", noProxy: "*", caFile });
    expect(await source.load()).toEqual({ ...named, proxyCa: ca });
  });

  test("adds nothing, and trusts nobody else, where no proxy is used", async () => {
    expect(await proxiedSource(staticSource(given), { caFile }).load()).toEqual(given);
    expect(await proxiedSource(staticSource(given), { url: "http://p", noProxy: "hub", caFile }).load()).toEqual(given);
  });

  test("refuses authorities that cannot be read, and takes them once they can", async () => {
    const file = join(directory, "other.crt");
    const source = proxiedSource(staticSource(given), { url: "http://proxy", caFile: file });
    await expect(source.load()).rejects.toThrow(`Cannot use PROXY_CA_FILE ${file}: it cannot be read (ENOENT)`);
    writeFileSync(file, "not PEM");
    await expect(source.load()).rejects.toThrow(`Cannot use PROXY_CA_FILE ${file}: it holds no certificate in PEM`);
    writeFileSync(file, ca);
    expect(await source.load()).toMatchObject({ proxyCa: ca });
  });
});
