// The programs that are not built from Go modules, but come with Debian.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A program of each package. */
const PROGRAMS: Record<string, string> = {
  chromium: "chromium",
  prometheus: "promtool",
  "prometheus-alertmanager": "amtool",
  buildah: "buildah",
};

/** The names of the packages whose program is on no folder of `path`. */
export function missingPackages(path: string): string[] {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  const isThere = (program: string): boolean => folders.some((folder) => existsSync(join(folder, program)));
  return Object.keys(PROGRAMS).filter((name) => !isThere(PROGRAMS[name] ?? ""));
}

/** One sentence that names what is missing on this machine, with the command that brings it; undefined when nothing is. */
export function whatIsMissing(path: string = process.env["PATH"] ?? ""): string | undefined {
  const names = missingPackages(path);
  if (names.length === 0) return undefined;
  const what = names.length === 1 ? "the Debian package" : "the Debian packages";
  return `The suites need ${what} ${names.join(", ")}: apt-get install --no-install-recommends ${names.join(" ")}`;
}
