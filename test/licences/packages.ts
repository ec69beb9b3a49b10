// Which npm packages are really inside a bundle, and under which licence: read from what esbuild says it has put there.
// A dependency that is installed but not bundled is not named; one that comes in through another is.
import type { Metafile } from "esbuild";
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** One npm package of a bundle. */
export interface BundledPackage {
  name: string;
  version: string;
  /** SPDX licence expression of its package.json. */
  licence: string;
  /** Its folder below the root of the repository, as the lock file names it. */
  folder: string;
  /** The licence and notice texts that it brings, by file name. */
  texts: Record<string, string>;
}

/** What each image takes from dist/: a name is a file, or a folder with all that is in it. */
const IMAGE_CONTENTS = {
  agent: ["agent.js"],
  manager: ["manager.js", "doctor.js", "dashboard"],
} as const;

export type ImageName = keyof typeof IMAGE_CONTENTS;

export const IMAGE_NAMES = Object.keys(IMAGE_CONTENTS) as ImageName[];

/** Names the folders of the packages that have bytes in an image's bundles. Pure. */
export function packageFolders(outputs: Metafile["outputs"], image: ImageName): string[] {
  const contents: readonly string[] = IMAGE_CONTENTS[image];
  const isInside = (path: string): boolean =>
    contents.some((name) => path.split("/").includes(name) || basename(path) === name);
  const inputs = Object.entries(outputs)
    .filter(([path]) => isInside(path))
    .flatMap(([, output]) => Object.entries(output.inputs));
  const folders = inputs.flatMap(([path, { bytesInOutput }]) => {
    // Of nested packages the innermost: node_modules/a/node_modules/b/... is b.
    const [, folder] = /^(?:.*?\/)??(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
    return folder === undefined || bytesInOutput === 0 ? [] : [folder];
  });
  return [...new Set(folders)].toSorted();
}

const LEGAL_FILE = /^(licen[cs]e|copying|notice|copyright)([.-]|$)/i;

/** Reads the packages of those folders, sorted by name and version. */
export function readPackages(root: string, folders: string[]): BundledPackage[] {
  const packages = folders.map((folder): BundledPackage => {
    const dir = join(root, folder);
    const { name, version, license } = JSON.parse(readFileSync(join(dir, "package.json"), "utf8")) as {
      name: string;
      version: string;
      license?: string;
    };
    const files = readdirSync(dir).filter((file) => LEGAL_FILE.test(file));
    const texts = Object.fromEntries(files.map((file) => [file, readFileSync(join(dir, file), "utf8").trim()]));
    return { name, version, licence: license ?? "", folder, texts };
  });
  return packages.toSorted((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
