// The two base images where no registry can be reached: stand-ins made of this machine's own files. Like distroless the
// run-time base has Node, the libraries that it is linked with, certificates and the user nonroot, and no shell. The build
// base has the same Node beside npm and the few commands that npm starts.
import { chmodSync, cpSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runOrThrow } from "../e2e/harness/commands.ts";

const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";
const ROOT_USER = "root:x:0:0:root:/root:/sbin/nologin";
const NONROOT_USER = "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin";

/** What the run-time base configures, as distroless does. */
export const RUNTIME_BASE = `FROM scratch
COPY . /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SSL_CERT_FILE=${CERTIFICATES}
USER 65532
WORKDIR /home/nonroot
`;

/** npm's own trust is the machine's, so that a mirror with a certificate of the site is reached. */
export const BUILD_BASE = `FROM scratch
COPY . /
ENV PATH=/usr/local/bin:/usr/bin:/bin HOME=/root NODE_EXTRA_CA_CERTS=${CERTIFICATES} npm_config_prefer_offline=true npm_config_update_notifier=false
`;

/** Writes the files of the run-time base into an empty folder. */
export async function writeRuntimeBase(folder: string): Promise<void> {
  await placeProgram(folder, process.execPath, "/nodejs/bin/node");
  placeEtc(folder, [ROOT_USER, NONROOT_USER]);
  for (const dir of ["tmp", "home/nonroot"]) mkdirSync(join(folder, dir), { recursive: true });
  chmodSync(join(folder, "tmp"), 0o1777);
}

/** Writes the files of the build base into an empty folder. */
export async function writeBuildBase(folder: string): Promise<void> {
  await placeProgram(folder, process.execPath, "/usr/local/bin/node");
  await placeProgram(folder, "/bin/sh", "/bin/sh");
  await placeProgram(folder, "/usr/bin/env", "/usr/bin/env");
  const npm = await npmFolder();
  cpSync(npm, join(folder, "usr/local/lib/node_modules/npm"), { recursive: true });
  for (const name of ["npm", "npx"]) {
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(folder, "usr/local/bin", name));
  }
  placeEtc(folder, [ROOT_USER]);
  for (const dir of ["tmp", "root"]) mkdirSync(join(folder, dir), { recursive: true });
  chmodSync(join(folder, "tmp"), 0o1777);
}

/** Copies a program and every library that it is linked with, to the paths where the loader looks for them. */
async function placeProgram(folder: string, program: string, target: string): Promise<void> {
  place(folder, program, target);
  const linked = await runOrThrow("ldd", [program]);
  // "libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x...)", and the loader itself by its path alone.
  for (const [, library] of linked.matchAll(/(?:=>|^)\s+(\/\S+) \(/gm))
    if (library !== undefined) place(folder, library);
}

function place(folder: string, source: string, target: string = source): void {
  const path = join(folder, target);
  mkdirSync(dirname(path), { recursive: true });
  cpSync(realpathSync(source), path, { dereference: true });
}

function placeEtc(folder: string, users: string[]): void {
  place(folder, CERTIFICATES);
  writeFileSync(join(folder, "etc/passwd"), users.map((line) => `${line}\n`).join(""));
}

/** The npm that has started us, or the one on the PATH. */
async function npmFolder(): Promise<string> {
  const started = process.env["npm_execpath"];
  const file = started ?? (await runOrThrow("/bin/sh", ["-c", "command -v npm"])).trim();
  return dirname(dirname(realpathSync(file)));
}
