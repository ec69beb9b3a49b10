// A directory that changes as a mounted Secret does: all its files at once, by swapping the symbolic link ..data.
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SecretMount {
  directory: string;
  /** Replaces all files at once. */
  write(files: Record<string, string>): Promise<void>;
  remove(): Promise<void>;
}

/** Makes an empty mount in the system's directory for temporary files. */
export async function makeSecretMount(): Promise<SecretMount> {
  const directory = await mkdtemp(join(tmpdir(), "kruise-health-mount-"));
  const linked = new Set<string>();
  let count = 0;
  return {
    directory,
    write: async (files) => {
      const version = `..version_${count++}`;
      await mkdir(join(directory, version));
      for (const [name, text] of Object.entries(files)) await writeFile(join(directory, version, name), text);
      await symlink(version, join(directory, "..data_tmp"));
      await rename(join(directory, "..data_tmp"), join(directory, "..data"));
      if (count > 1) await rm(join(directory, `..version_${count - 2}`), { recursive: true });
      for (const name of Object.keys(files)) {
        if (linked.has(name)) continue;
        await symlink(join("..data", name), join(directory, name));
        linked.add(name);
      }
    },
    remove: () => rm(directory, { recursive: true }),
  };
}
