// The volumes of one pod on disk, rewritten when what they are made of changes.
import { createHash } from "node:crypto";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Material } from "./material.ts";
import type { Pod } from "./pod.ts";
import { writeVolume } from "./volume-files.ts";
import { renderVolume } from "./volumes.ts";
import type { VolumeFile } from "./volumes.ts";

export interface VolumeSet {
  folderOf: (volume: string) => string;
  /** Brings every volume up to date, one call after the other. @throws NotReadyError when something is missing. */
  refresh(material: Material): Promise<void>;
  /** Waits until everything that was asked for is written: what is removed before comes back. */
  settled(): Promise<void>;
}

export function buildVolumeSet(pod: Pod, podIP: string, folder: string): VolumeSet {
  const written = new Map<string, string>();
  let turn = Promise.resolve();
  let version = 0;
  const folderOf = (volume: string): string => join(folder, volume);

  const refresh = async (material: Material): Promise<void> => {
    for (const volume of pod.spec.volumes) {
      const files = renderVolume(volume, { pod, podIP, material });
      const digest = files === undefined ? "empty" : digestOf(files);
      if (written.get(volume.name) === digest) continue;
      if (files === undefined) await makeEmpty(folderOf(volume.name));
      else await writeVolume(folderOf(volume.name), files, `v${++version}`);
      written.set(volume.name, digest);
    }
  };
  return {
    folderOf,
    refresh(material) {
      const next = turn.then(() => refresh(material));
      turn = next.catch(() => undefined);
      return next;
    },
    settled: () => turn,
  };
}

/** Anybody may write into an emptyDir: the pod's user is not ours. */
async function makeEmpty(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o777);
}

function digestOf(files: Map<string, VolumeFile>): string {
  const hash = createHash("sha256");
  for (const [path, { data, mode }] of files) hash.update(JSON.stringify([path, mode, data.length])).update(data);
  return hash.digest("hex");
}
