// One command in a built image, without a pod: the same root and user as a pod's, and nothing mounted into it.
import { once } from "node:events";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BuiltImage } from "../../images/images.ts";
import { startSandbox } from "../kubelet/sandbox.ts";

export interface Ended {
  code: number | null;
  /** What it has written. */
  text: string;
  /** From its beginning, root made ready included, to its end. */
  ms: number;
}

/** Runs a command to its end. */
export async function runFromImage({ rootfs }: BuiltImage, command: string[], parent: string): Promise<Ended> {
  const folder = await mkdtemp(join(parent, "image-"));
  const log = await open(join(folder, "log"), "w");
  try {
    const user = { uid: 65532, gid: 65532 };
    const place = { root: folder, rootfs, nodeBinary: "", binds: [], readOnlyRoot: true, user, workdir: "/app" };
    const beganMs = performance.now();
    const child = startSandbox({ ...place, command, env: {} }, log.fd);
    const [code] = (await once(child, "exit")) as [number | null];
    return { code, text: await readFile(join(folder, "log"), "utf8"), ms: performance.now() - beganMs };
  } finally {
    await log.close();
    await rm(folder, { recursive: true, force: true });
  }
}
