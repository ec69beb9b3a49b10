// Where the API server is and who we are there: from a kubeconfig file, a service account mount, or given.
// Reading is separate from connecting, so that rotated files can be taken up while running (connection.ts).
import { X509Certificate, createHash, createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadKubeconfig } from "./kubeconfig.ts";
import type { Credentials } from "./types.ts";

export interface CredentialSource {
  /** Where they come from, for messages: "kubeconfig FILE". */
  readonly origin: string;
  /** Reads the credentials as they are now; rejects when a certificate and its key do not fit. */
  load(): Promise<Credentials>;
}

const SERVICE_ACCOUNT_DIRECTORY = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Reads a kubeconfig file and the files it names. Relative names are looked up beside the file; when the file is in a
 * mounted Secret, everything is read through one resolved ..data directory, so that no mixture of two versions is seen.
 * @param context another context than the file's current one
 */
export function kubeconfigSource(file: string, context?: string): CredentialSource {
  return sourceOf(`kubeconfig ${file}`, () => loadKubeconfig(file, context));
}

export interface InClusterOptions {
  host: string;
  port: string | number;
  /** Default: where Kubernetes mounts the pod's service account. */
  directory?: string;
}

/** Uses the pod's service account. `host` and `port` are KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. */
export function inClusterSource({
  host,
  port,
  directory = SERVICE_ACCOUNT_DIRECTORY,
}: InClusterOptions): CredentialSource {
  const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return sourceOf(`ServiceAccount in ${directory}`, async () => {
    const [token, ca] = await Promise.all([
      readFile(join(directory, "token"), "utf8"),
      readFile(join(directory, "ca.crt"), "utf8"),
    ]);
    return { server, ca, token: token.trim() };
  });
}

/** Uses credentials that never change. */
export function staticSource(credentials: Credentials): CredentialSource {
  return sourceOf("the given credentials", () => Promise.resolve(credentials));
}

function sourceOf(origin: string, read: () => Promise<Credentials>): CredentialSource {
  return {
    origin,
    load: async () => {
      const credentials = await read();
      checkPair(credentials, origin);
      return credentials;
    },
  };
}

/** A server that a client knows by its address and its authorities. */
export interface ServerAddress {
  /** https URL. */
  server: string;
  /** Authorities (PEM) that may have signed its certificate; undefined: those that Node knows. */
  ca: string | undefined;
  /** Where the two are from, for messages: "the settings URL and CA". */
  origin: string;
}

/**
 * Takes the identity of another source to another server: certificate, token, and the proxy that a kubeconfig names. What the
 * other source says of its own server, its authorities above all, does not count there.
 */
export function elsewhereSource(source: CredentialSource, { server, ca, origin }: ServerAddress): CredentialSource {
  return {
    origin: `${origin}, with the identity of ${source.origin}`,
    load: async () => {
      const { cert, key, token, proxyUrl } = await source.load();
      const identity = Object.entries({ ca, cert, key, token, proxyUrl }).filter(([, value]) => value !== undefined);
      return { server, ...Object.fromEntries(identity) };
    },
  };
}

/** Gives a digest of the credentials, to tell whether they have changed. */
export function fingerprint(credentials: Credentials): string {
  const { server, ca, cert, key, token, tlsServerName, proxyUrl, proxyCa } = credentials;
  const parts = JSON.stringify([server, ca, cert, key, token, tlsServerName, proxyUrl, proxyCa]);
  return createHash("sha256").update(parts).digest("hex");
}

// While files are being replaced, a new certificate can stand beside an old key.
function checkPair({ cert, key }: Credentials, origin: string): void {
  if (cert === undefined && key === undefined) return;
  const refuse = (problem: string): Error => new Error(`Cannot use the credentials of ${origin}: ${problem}`);
  if (cert === undefined || key === undefined) throw refuse("a client certificate and its key must be given together");
  const certificate = parsed(() => new X509Certificate(cert), refuse("the client certificate is not PEM"));
  const privateKey = parsed(() => createPrivateKey(key), refuse("the client key is not PEM"));
  if (!certificate.checkPrivateKey(privateKey)) throw refuse("the client certificate does not fit its key");
}

// The parser's own error may tell of the text: it must not travel on.
function parsed<T>(parse: () => T, error: Error): T {
  try {
    return parse();
  } catch {
    throw error;
  }
}

/** What the environment says about the API server. */
export interface ApiServerSettings {
  KUBECONFIG?: string | undefined;
  KUBERNETES_SERVICE_HOST?: string | undefined;
  KUBERNETES_SERVICE_PORT: number;
}

/** The API server that the settings name: of a kubeconfig file, else of the cluster that the pod runs in. */
export function settingsSource(settings: ApiServerSettings): CredentialSource {
  const { KUBECONFIG: file, KUBERNETES_SERVICE_HOST: host = "kubernetes.default.svc" } = settings;
  return file === undefined
    ? inClusterSource({ host, port: settings.KUBERNETES_SERVICE_PORT })
    : kubeconfigSource(file);
}
