// A container's file system: an own mount namespace with a small root made for it, where the image's files, the pod's
// volumes and the machine's libraries are bound to the paths that the pod names. Nothing of it is seen outside. Of a built
// image the root is the image's own: see image-root.ts.
// As root the image's user is taken; otherwise the process is root of a user namespace of its own. Network, process
// ids and cgroups are the machine's: memory limits are not enforced.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { Writable } from "node:stream";
import { bindFile, bindFolder, quote } from "./binds.ts";
import type { Bind } from "./binds.ts";
import { planImageScript } from "./image-root.ts";

export interface Sandbox {
  /** An empty folder outside; the container's root is mounted over it inside the namespace. */
  root: string;
  nodeBinary: string;
  binds: Bind[];
  readOnlyRoot: boolean;
  user: { uid: number; gid: number };
  workdir: string;
  command: string[];
  env: Record<string, string>;
  /** The files of a built image; nothing of the machine is seen in it then. */
  rootfs?: string;
}

/** Programs of the image that are not in its bundle folders: the base image brings them. */
export const NODE_IN_IMAGE = "/nodejs/bin/node";

/** Writes the shell script that makes the root, enters it and becomes the container's process. Pure. */
export function planScript(sandbox: Sandbox, asRoot: boolean): string {
  const { root, nodeBinary, binds, readOnlyRoot, user, workdir, command } = sandbox;
  const machine = ["/usr", "/proc", "/dev"].map((path) => `mkdir -p "$R${path}"; mount --rbind ${path} "$R${path}"`);
  const passwd = `nonroot:x:${user.uid}:${user.gid}:nonroot:/home/nonroot:/sbin/nologin`;
  const drop = asRoot
    ? `--reuid=${user.uid} --regid=${user.gid} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all`
    : "--no-new-privs";
  return [
    "set -eu",
    `R=${quote(root)}`,
    'mount -t tmpfs -o mode=0755 tmpfs "$R"',
    ...machine,
    // Debian and its kin link these to /usr; elsewhere they are folders of their own.
    'for d in bin sbin lib lib64; do if [ -L "/$d" ]; then cp -d "/$d" "$R/$d"; elif [ -d "/$d" ]; then mkdir "$R/$d"; mount --rbind "/$d" "$R/$d"; fi; done',
    'mkdir -p "$R/etc" "$R/run" "$R/var" "$R/home/nonroot"; mkdir -m 1777 "$R/tmp"; ln -s ../run "$R/var/run"',
    `printf '%s\\n' ${quote(passwd)} > "$R/etc/passwd"; printf '127.0.0.1 localhost\\n' > "$R/etc/hosts"`,
    bindFile(nodeBinary, NODE_IN_IMAGE),
    // Outer mounts first, so that an inner one is not hidden.
    ...binds.toSorted((a, b) => a.target.length - b.target.length).map(bindFolder),
    ...(readOnlyRoot ? ['mount -o remount,bind,ro "$R"'] : []),
    `exec chroot "$R" /usr/bin/env -u PWD -u OLDPWD --chdir=${quote(workdir)} /usr/bin/setpriv --pdeathsig=KILL ${drop} -- ${command.map(quote).join(" ")}`,
  ].join("\n");
}

/** Starts the container's process; its output goes to the open file `logFd`. The child's id is the process's own. */
export function startSandbox(sandbox: Sandbox, logFd: number): ChildProcess {
  const asRoot = process.getuid?.() === 0;
  const { rootfs } = sandbox;
  if (rootfs !== undefined && !asRoot) throw new Error("A built image is run by root only: its user is not ours");
  const script = rootfs === undefined ? planScript(sandbox, asRoot) : planImageScript({ ...sandbox, rootfs });
  const child = spawn("/usr/bin/unshare", [asRoot ? "-m" : "-rm", "/bin/sh", "-c", script], {
    env: sandbox.env,
    // The pipe tells the guard of a built image's process that we are still there, and then that the process is not.
    stdio: ["ignore", logFd, logFd, rootfs === undefined ? "ignore" : "pipe"],
  });
  const pipe = child.stdio[3];
  if (pipe instanceof Writable) child.once("exit", () => pipe.end("ended\n")).once("error", () => pipe.destroy());
  return child;
}
