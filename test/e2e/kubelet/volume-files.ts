// Writes a volume's files as the kubelet does: into a fresh folder, then one rename of the link ..data makes all of them
// current at once. Readers see the old files or the new ones, never a mixture.
import { mkdir, readlink, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { VolumeFile } from "./volumes.ts";

/** Makes `files` the content of the volume in `folder`. */
export async function writeVolume(folder: string, files: Map<string, VolumeFile>, version: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const fresh = `..${version}`;
  const former = await currentFolder(folder);
  for (const [path, { data, mode }] of files) {
    const file = join(folder, fresh, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, data, { mode });
  }
  if (files.size === 0) await mkdir(join(folder, fresh), { recursive: true });
  await symlink(fresh, join(folder, "..data_tmp"));
  await rename(join(folder, "..data_tmp"), join(folder, "..data"));
  await linkNames(folder, new Set([...files.keys()].map((path) => path.split("/")[0] ?? "")));
  if (former !== undefined && former !== fresh) await rm(join(folder, former), { recursive: true, force: true });
}

async function currentFolder(folder: string): Promise<string | undefined> {
  const entries = await readdir(folder);
  return entries.includes("..data") ? readlink(join(folder, "..data")) : undefined;
}

async function linkNames(folder: string, wanted: Set<string>): Promise<void> {
  const present = (await readdir(folder)).filter((name) => !name.startsWith(".."));
  for (const name of wanted) if (!present.includes(name)) await symlink(join("..data", name), join(folder, name));
  for (const name of present) if (!wanted.has(name)) await rm(join(folder, name), { force: true });
}
