// Which proxy stands between us and a server: what a kubeconfig or the environment says, as Go's clients understand it.
// The environment of a pod is one for all its programs, so the same words have to mean the same.
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { BlockList, isIP } from "node:net";
import type { CredentialSource } from "./credentials.ts";

export const NOT_A_PROXY = "wanted is the URL of a proxy, http:// or https://, with a port if it is not the usual one";

export interface ProxySettings {
  /** HTTPS_PROXY: the proxy for servers that no kubeconfig has a proxy for. */
  url?: string | undefined;
  /** NO_PROXY: servers that are reached without it. */
  noProxy?: string | undefined;
  /** File with certificate authorities (PEM) that a proxy, or what it shows in a server's place, may be signed by. */
  caFile?: string | undefined;
}

/** Reads a proxy's URL; "http://" may be left out. Undefined when it is none. */
export function parseProxyUrl(text: string): URL | undefined {
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url === null || url.hostname === "" || !["http:", "https:"].includes(url.protocol)) return undefined;
  return canDecode(url.username) && canDecode(url.password) ? url : undefined;
}

/** What a proxy is called in messages: never with the name and password that its URL may hold. */
export function proxyName({ protocol, host }: URL): string {
  return `proxy ${protocol}//${host}`;
}

/**
 * Asks whether a server is reached without the proxy. Of NO_PROXY each entry is `*`, an address, a range in CIDR notation,
 * a domain (its hosts too) or `.domain` (its hosts only), the last two and an address also with a port.
 */
export function isBypassed(server: URL, noProxy: string): boolean {
  const host = bare(server.hostname.toLowerCase());
  const port = server.port === "" ? "443" : server.port;
  return noProxy.split(",").some((entry) => matches(entry.trim().toLowerCase(), host, port));
}

/** Reads what another source does, and adds the proxy. One that a kubeconfig names goes before that of the settings. */
export function proxiedSource(
  source: CredentialSource,
  { url, noProxy = "", caFile }: ProxySettings,
): CredentialSource {
  return {
    origin: source.origin,
    load: async () => {
      const credentials = await source.load();
      const fromSettings = url === undefined || isBypassed(new URL(credentials.server), noProxy) ? undefined : url;
      const proxyUrl = credentials.proxyUrl ?? fromSettings;
      if (proxyUrl === undefined) return credentials;
      const proxyCa = caFile === undefined ? undefined : await readAuthorities(caFile);
      return { ...credentials, proxyUrl, ...(proxyCa !== undefined && { proxyCa }) };
    },
  };
}

async function readAuthorities(file: string): Promise<string> {
  const refuse = (problem: string, cause: unknown): Error =>
    new Error(`Cannot use PROXY_CA_FILE ${file}: ${problem}`, { cause });
  const pem = await readFile(file, "utf8").catch((cause: unknown) => {
    throw refuse(`it cannot be read (${(cause as { code?: string }).code ?? String(cause)})`, cause);
  });
  try {
    // Node leaves out of a list what it cannot read, and would then trust nobody without saying why.
    new X509Certificate(pem);
  } catch (cause) {
    throw refuse("it holds no certificate in PEM", cause);
  }
  return pem;
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === "") return false;
  if (entry === "*") return true;
  if (entry.includes("/")) return isInRange(host, entry);
  const [name, wantedPort] = splitPort(entry);
  if (wantedPort !== undefined && wantedPort !== port) return false;
  if (isIP(name) !== 0) return name === host;
  if (name.startsWith("*.")) return host.endsWith(name.slice(1));
  return name.startsWith(".") ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
}

function isInRange(host: string, range: string): boolean {
  const [network = "", bits] = range.split("/");
  const [hostFamily, family] = [isIP(host), isIP(network)];
  const prefix = Number(bits);
  if (family === 0 || hostFamily !== family || !Number.isInteger(prefix)) return false;
  if (prefix < 0 || prefix > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, prefix, type);
  return list.check(host, type);
}

/** `host:port`, `[address]:port`, or no port; the colons of a bare IPv6 address are its own. */
function splitPort(entry: string): [name: string, port: string | undefined] {
  if (isIP(entry) !== 0) return [entry, undefined];
  const parts = /^(.*?)(?::(\d+))?$/.exec(entry);
  return [bare(parts?.[1] ?? entry), parts?.[2]];
}

/** Without the brackets of an IPv6 address. */
export function bare(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}

function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
