// The root of a container from a built image: its files below an upper layer that is only there for mount points, as
// container runtimes make it. There is no shell and no tool in it, so that everything is prepared from outside.
import { bindFolder, quote } from "./binds.ts";
import type { Sandbox } from "./sandbox.ts";

/** What container runtimes bring into every root. */
const KERNEL = ["/proc", "/dev"];
/** To enter the root and to become its user; of what is left nothing can be used after that, nor be got back. */
const ENTERING = "-all,+sys_chroot,+setuid,+setgid";

/** Writes the shell script that makes the root, enters it and becomes the container's process. Pure. For root. */
export function planImageScript(sandbox: Sandbox & { rootfs: string }): string {
  const { root, rootfs, binds, readOnlyRoot, user, workdir, command } = sandbox;
  const kernel = KERNEL.map((path) => `mkdir -p "$R${path}"; mount --rbind ${path} "$R${path}"`);
  return [
    "set -eu",
    `S=${quote(root)}; R="$S/merged"`,
    'mount -t tmpfs -o mode=0755 tmpfs "$S"; mkdir "$S/upper" "$S/work" "$R"',
    `mount -t overlay -o lowerdir=${quote(rootfs)},upperdir="$S/upper",workdir="$S/work" overlay "$R"`,
    ...kernel,
    `mkdir -p "$R/etc"; printf '127.0.0.1 localhost\\n' > "$R/etc/hosts"`,
    ...binds.toSorted((a, b) => a.target.length - b.target.length).map(bindFolder),
    ...(readOnlyRoot ? ['mount -o remount,ro "$R"'] : []),
    // Who starts us holds the other end of 3. When it is closed without a word, nobody is left to end this process.
    "(read -r _ <&3 || kill -s KILL $$) & exec 3<&-",
    `exec /usr/bin/env -u PWD -u OLDPWD /usr/bin/setpriv --no-new-privs --inh-caps=-all --bounding-set=${ENTERING} \\`,
    `  /usr/bin/unshare --root="$R" --wd=${quote(workdir)} --setgid=${user.gid} --setuid=${user.uid} -- ${command.map(quote).join(" ")}`,
  ].join("\n");
}
