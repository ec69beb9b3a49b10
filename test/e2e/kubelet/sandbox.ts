// A container's file system: an own mount namespace with a small root made for it, where the image's files, the pod's
// volumes and the machine's libraries are bound to the paths that the pod names. Nothing of it is seen outside.
// As root the image's user is taken; otherwise the process is root of a user namespace of its own. Network, process
// ids and cgroups are the machine's: memory limits are not enforced.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { posix } from "node:path";

export interface Bind {
  source: string;
  /** Absolute path in the container. */
  target: string;
  readOnly: boolean;
}

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
  const script = planScript(sandbox, asRoot);
  return spawn("/usr/bin/unshare", [asRoot ? "-m" : "-rm", "/bin/sh", "-c", script], {
    env: sandbox.env,
    stdio: ["ignore", logFd, logFd],
  });
}

function bindFile(source: string, target: string): string {
  const path = inRoot(target);
  return `mkdir -p "$R"${quote(posix.dirname(target))}; : > ${path}; mount --bind ${quote(source)} ${path}`;
}

function bindFolder({ source, target, readOnly }: Bind): string {
  const path = inRoot(target);
  const bind = `mkdir -p ${path}; mount --bind ${quote(source)} ${path}`;
  return readOnly ? `${bind}; mount -o remount,bind,ro ${path}` : bind;
}

function inRoot(target: string): string {
  return `"$R"${quote(target)}`;
}

/** Quotes a word for the shell. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
