// Turns a container and its image into what the sandbox has to be. Pure.
import { expand } from "./env.ts";
import type { Image } from "./image.ts";
import type { Container } from "./pod.ts";
import type { Bind } from "./binds.ts";
import type { Sandbox } from "./sandbox.ts";

export interface SandboxInput {
  container: Container;
  image: Image;
  env: Record<string, string>;
  root: string;
  nodeBinary: string;
  volumeFolder: (volume: string) => string;
}

/** Plans a sandbox: `command` replaces the image's entrypoint and its arguments, `args` only the arguments. */
export function planSandbox({ container, image, env, root, nodeBinary, volumeFolder }: SandboxInput): Sandbox {
  const { command, args, securityContext, volumeMounts } = container;
  const bundles = image.bundleFolders.map((target): Bind => ({ source: image.bundleDir, target, readOnly: true }));
  const volumes = volumeMounts.map(({ name, mountPath, readOnly }): Bind => ({
    source: volumeFolder(name),
    target: mountPath,
    readOnly,
  }));
  const program = command.length > 0 ? command : image.entrypoint;
  const defaults = command.length > 0 ? [] : image.cmd;
  const uid = securityContext.runAsUser;
  return {
    root,
    nodeBinary,
    binds: [...bundles, ...volumes],
    readOnlyRoot: securityContext.readOnlyRootFilesystem,
    user: uid === undefined ? image.user : { uid, gid: image.user.gid },
    workdir: image.workdir,
    ...(image.rootfs !== undefined && { rootfs: image.rootfs }),
    command: [...program, ...(args.length > 0 ? args : defaults)].map((word) => expand(word, env)),
    env,
  };
}
