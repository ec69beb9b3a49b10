// Finds and reads what the command line names: files, folders, the standard input. Each trouble is a sentence.
import { createReadStream } from "node:fs";
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "./trouble.ts";

/** What reading needs of the process. */
export interface Surroundings {
  stdin: AsyncIterable<Uint8Array>;
  /** The path that a name on the command line stands for. */
  resolve: (name: string) => string;
}

export const STDIN = "-";
/** More is no output of kubectl; it would not fit into memory once parsed. */
export const INPUT_BYTES_MAX = 256 * 2 ** 20;
const READABLE = /\.(json|ya?ml)$/i;

/** An input by its name for people, and the path to read; without a path it is the standard input. */
export interface Source {
  file: string;
  path?: string;
}

/**
 * Finds the files that a name stands for, in the order of their names.
 * @throws InputError
 */
export async function findSources(name: string, { resolve }: Surroundings): Promise<Source[]> {
  if (name === STDIN) return [{ file: "stdin" }];
  const path = resolve(name);
  // A FIFO that is named is read: it is what a shell makes of <(kubectl get ...).
  if (!(await explained(stat(path))).isDirectory()) return [{ file: name, path }];
  const files = await filesIn(path, "");
  if (files.length === 0) throw new InputError("The folder has no *.json, *.yaml or *.yml in it");
  return files.map((file) => ({ file: join(name, file), path: join(path, file) }));
}

/** Walks a folder. It follows no link to a folder, which may lead in a circle, and reads no FIFO, which may never end. */
async function filesIn(root: string, folder: string): Promise<string[]> {
  const entries = await explained(readdir(join(root, folder), { withFileTypes: true }));
  const found: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = join(folder, entry.name);
    // A folder that may not be listed is told like a file that may not be read, and costs only itself.
    if (entry.isDirectory()) found.push(...(await filesIn(root, file).catch(() => [file])));
    else if (READABLE.test(entry.name) && (await isFile(entry, join(root, file)))) found.push(file);
  }
  return found;
}

/** A link that leads nowhere counts, so that it is told. */
async function isFile(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return stat(path).then(
    (target) => target.isFile(),
    () => true,
  );
}

/**
 * Reads all bytes of a source.
 * @throws InputError
 */
export async function readSource({ path }: Source, { stdin }: Surroundings): Promise<Uint8Array> {
  return explained(collect(path === undefined ? stdin : createReadStream(path)));
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.byteLength;
    if (bytes > INPUT_BYTES_MAX)
      throw new InputError(`It is larger than ${INPUT_BYTES_MAX / 2 ** 20} MiB: split it, by namespace for instance`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: "There is no such file or folder",
  ENOTDIR: "A part of the path is not a folder",
  EACCES: "It may not be read: permission denied",
  EPERM: "It may not be read: permission denied",
  EISDIR: "It is a folder where a file is wanted",
  ELOOP: "Its links lead in a circle",
};

/** Waits, and turns an error of the system into a sentence. */
async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new InputError(SENTENCES[code] ?? `It cannot be read${code && ` (${code})`}`);
  }
}
