// Reads a kubeconfig file: the current context's cluster and user, embedded or by file.
// Login plugins (exec, auth-provider) and user names with passwords are refused: this client does not speak them.
import { load } from "js-yaml";
import { readFile, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import { NOT_A_PROXY, parseProxyUrl } from "./proxy.ts";
import type { Credentials } from "./types.ts";

type Fields = Readonly<Record<string, unknown>>;

const REFUSED_USER_FIELDS = ["exec", "auth-provider", "username", "password", "as"] as const;

/** A kubeconfig that cannot be used, and why. It never quotes the file. */
export class KubeconfigError extends Error {
  override readonly name = "KubeconfigError";
}

/** Loads the credentials that a kubeconfig file's current context names, or those of another context. */
export async function loadKubeconfig(file: string, contextName?: string): Promise<Credentials> {
  const directory = await resolveDirectory(dirname(file));
  const path = join(directory, basename(file));
  const refuse = (problem: string) => new KubeconfigError(`Cannot use kubeconfig ${file}: ${problem}`);
  const config = fields(parseYaml(await readText(path, refuse), refuse));

  const named = (list: string, item: string, name: unknown): Fields => {
    const entries = config[list];
    const entry = Array.isArray(entries)
      ? entries.map(fields).find((candidate) => candidate["name"] === name)
      : undefined;
    if (entry === undefined) throw refuse(`it has no ${item} named ${JSON.stringify(name ?? null)}`);
    return fields(entry[item]);
  };
  const context = named("contexts", "context", contextName ?? config["current-context"]);
  const cluster = named("clusters", "cluster", context["cluster"]);
  const user = context["user"] === undefined ? {} : named("users", "user", context["user"]);
  const refused = REFUSED_USER_FIELDS.find((field) => user[field] !== undefined);
  if (refused !== undefined) throw refuse(`${refused} is not supported: give a client certificate or a token`);

  const server = text(cluster["server"]);
  if (server === undefined || !isHttpsUrl(server)) throw refuse("server must be an https URL without a user name");
  const proxyUrl = text(cluster["proxy-url"]);
  if (proxyUrl !== undefined && parseProxyUrl(proxyUrl) === undefined) throw refuse(`proxy-url: ${NOT_A_PROXY}`);
  const [ca, cert, key, token] = await Promise.all([
    dataOrFile(cluster, "certificate-authority", directory),
    dataOrFile(user, "client-certificate", directory),
    dataOrFile(user, "client-key", directory),
    loadToken(user, directory),
  ]);
  return compact({ server, ca, cert, key, token, tlsServerName: text(cluster["tls-server-name"]), proxyUrl });
}

async function readText(path: string, refuse: (problem: string) => Error): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw refuse(
      `it cannot be read (${cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)})`,
    );
  }
}

// The parser's own error quotes the text around the mistake, which may be a token: it must not travel on as a cause.
function parseYaml(content: string, refuse: (problem: string) => Error): unknown {
  try {
    return load(content);
  } catch {
    throw refuse("it is not YAML");
  }
}

// A mounted Secret shows its files through the symbolic link ..data, which is swapped at once on every change.
async function resolveDirectory(directory: string): Promise<string> {
  try {
    return await realpath(join(directory, "..data"));
  } catch (cause) {
    if (isMissingFile(cause)) return directory;
    throw cause;
  }
}

async function dataOrFile(from: Fields, name: string, directory: string): Promise<string | undefined> {
  const data = text(from[`${name}-data`]);
  if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
  const file = text(from[name]);
  return file === undefined ? undefined : readFile(beside(directory, file), "utf8");
}

// As in client-go, a token file wins over a token that is written in the kubeconfig.
async function loadToken(user: Fields, directory: string): Promise<string | undefined> {
  const file = text(user["tokenFile"]);
  if (file === undefined) return text(user["token"]);
  return (await readFile(beside(directory, file), "utf8")).trim();
}

// A URL can hold a password, which would be sent to nobody and logged by somebody.
function isHttpsUrl(value: string): boolean {
  const url = URL.parse(value);
  return url?.protocol === "https:" && url.username === "" && url.password === "";
}

function beside(directory: string, file: string): string {
  return isAbsolute(file) ? file : join(directory, file);
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function compact(values: { server: string } & Record<string, string | undefined>): Credentials {
  return {
    server: values.server,
    ...Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)),
  };
}

function isMissingFile(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR");
}
