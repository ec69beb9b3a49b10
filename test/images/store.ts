// buildah with a store of its own that is deleted afterwards: nothing is mounted, running or kept when it is closed.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { run, runOrThrow } from "../e2e/harness/commands.ts";

const LIMIT_MS = 10 * 60_000;

export interface Store {
  /** Runs a buildah command and gives what it prints. */
  buildah(...args: string[]): Promise<string>;
  close(): Promise<void>;
}

/**
 * Opens an empty store in `parent`, on overlayfs where the kernel lets us, else by whole copies, which takes minutes.
 * @throws an Error of one sentence when there is no buildah, or when we are not root.
 */
export async function openStore(parent: string): Promise<Store> {
  if (process.getuid?.() !== 0) {
    throw new Error("Building images needs root: buildah's chroot isolation mounts file systems.");
  }
  await runOrThrow("buildah", ["--version"]).catch((cause: unknown) => {
    throw new Error('Building images needs the program "buildah": apt-get install --no-install-recommends buildah', {
      cause,
    });
  });
  const folder = await mkdtemp(join(parent, "store-"));
  const places = ["--root", join(folder, "root"), "--runroot", join(folder, "run")];
  const flags = (driver: string): string[] => [...places, "--storage-driver", driver];
  const { code } = await run("buildah", [...flags("overlay"), "info"]);
  const driver = code === 0 ? "overlay" : "vfs";
  const buildah = async (...args: string[]): Promise<string> =>
    runOrThrow("buildah", [...flags(driver), ...args], { limitMs: LIMIT_MS, env: { ...process.env, TMPDIR: folder } });
  return {
    buildah,
    close: async () => {
      // A build that has failed leaves its working container behind, mounted.
      await run("buildah", [...flags(driver), "rm", "--all"]);
      await removeMounted(folder);
    },
  };
}

/** Deletes a folder after unmounting what is mounted in it: a build that was killed may have left something. */
export async function removeMounted(folder: string): Promise<void> {
  const mounts = (await readFile("/proc/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "");
  // The last mounted first: it may lie in one before.
  for (const mount of mounts.filter((path) => path.startsWith(`${folder}/`)).toReversed()) await run("umount", [mount]);
  await rm(folder, { recursive: true, force: true });
}
