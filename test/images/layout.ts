// An image in an OCI image layout, the form in which a registry gets it: what it configures, how large it is, and its files.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { runOrThrow } from "../e2e/harness/commands.ts";
import type { OciConfig } from "../e2e/kubelet/image.ts";

interface Descriptor {
  digest: string;
  size: number;
  annotations?: Record<string, string>;
}

export interface OciImage {
  config: OciConfig;
  /** The lowest first. */
  layers: Layer[];
}

export interface Layer {
  /** The packed archive. */
  file: string;
  /** As a registry sends it. */
  compressedBytes: number;
}

/** Reads the image of that tag. */
export async function readImage(layout: string, tag: string): Promise<OciImage> {
  const { manifests } = await readJson<{ manifests: Descriptor[] }>(join(layout, "index.json"));
  const entry = manifests.find(({ annotations }) => annotations?.["org.opencontainers.image.ref.name"] === tag);
  if (entry === undefined) throw new Error(`Cannot read the image ${tag}: ${layout} has none of that tag`);
  const manifest = await readJson<{ config: Descriptor; layers: Descriptor[] }>(blob(layout, entry));
  const { config } = await readJson<{ config: OciConfig }>(blob(layout, manifest.config));
  const layers = manifest.layers.map((layer) => ({ file: blob(layout, layer), compressedBytes: layer.size }));
  return { config, layers };
}

/** Unpacks a layer, with its owners, over what is in the folder; gives the bytes of its files. */
export async function unpack({ file }: Layer, folder: string): Promise<number> {
  await mkdir(folder, { recursive: true });
  const options = ["--same-owner", "--same-permissions", "--verbose", "--verbose"];
  const listed = await runOrThrow("tar", ["--extract", "--file", file, "--directory", folder, ...options]);
  // -rw-r--r-- 0/0   1017058 2026-11-21 22:35 app/agent.js
  const entries = [...listed.matchAll(/^\S+ \S+ +(\d+) \S+ \S+ (.*)$/gm)];
  // Our Dockerfiles delete nothing; a file that a layer takes away would have to be taken away here.
  const gone = entries.find(([, , path = ""]) => /(^|\/)\.wh\./.test(path));
  if (gone !== undefined)
    throw new Error(`Cannot unpack ${file}: it deletes files of a lower layer, with ${gone[2] ?? ""}`);
  return entries.reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}

function blob(layout: string, { digest }: Descriptor): string {
  return join(layout, "blobs", ...digest.split(":"));
}

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, "utf8")) as T;
}
