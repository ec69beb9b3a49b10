// Small files of a stack: kubeconfigs, certificates, and lists of objects for kubectl.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import type { KeyPair } from "../../support/certificates.ts";

/** Any Kubernetes object as it stands in a manifest. */
export type Manifest = { kind: string; metadata: { name: string; [field: string]: unknown }; [field: string]: unknown };

/** Writes a kubeconfig with everything inline: OCM copies server and authority out of it. */
export async function writeKubeconfig(
  file: string,
  { name, server, ca, cert, key }: { name: string; server: string; ca: string } & KeyPair,
): Promise<string> {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return writeText(
    file,
    stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { server, "certificate-authority-data": base64(ca) } }],
      users: [{ name, user: { "client-certificate-data": base64(cert), "client-key-data": base64(key) } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      "current-context": name,
    }),
  );
}

/** Writes `<prefix>.crt` and `<prefix>.key`. */
export async function writeKeyPair(prefix: string, pair: KeyPair): Promise<{ certFile: string; keyFile: string }> {
  const [certFile, keyFile] = await Promise.all([
    writeText(`${prefix}.crt`, pair.cert),
    writeText(`${prefix}.key`, pair.key),
  ]);
  return { certFile, keyFile };
}

/** Writes a file that only the user may read, and the folders above it. */
export async function writeText(file: string, text: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

/** Writes objects as one List, which kubectl applies in one go. */
export async function writeList(file: string, items: Manifest[]): Promise<string> {
  return writeText(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
}

export async function readManifests(...files: string[]): Promise<Manifest[]> {
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  return texts.flatMap((text) => parseManifests(text));
}

export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document): Manifest[] => {
    const object: unknown = document.toJS();
    return isManifest(object) ? [object] : [];
  });
}

function isManifest(object: unknown): object is Manifest {
  return typeof object === "object" && object !== null && "kind" in object && "metadata" in object;
}
