// Bundles the manager, the doctor in its image, and the agent, each into one file, and the page into three: what the images hold and what the process kubelet runs.
// A bundle needs about half the memory of the same code loaded from node_modules.
import { build } from "esbuild";
import type { BuildOptions, Metafile } from "esbuild";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeNotices } from "./licences/notices.ts";
import { IMAGE_NAMES, packageFolders, readPackages } from "./licences/packages.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Dependencies that are CommonJS call require() for Node's own modules; an ES module has to make that function. */
const requireBanner = [
  'import { createRequire as __createRequire } from "node:module";',
  "const require = __createRequire(import.meta.url);",
].join("\n");

/** How every bundle is made. */
export const bundleOptions = {
  absWorkingDir: root,
  entryPoints: { manager: "manager/main.ts", doctor: "manager/doctor/main.ts", agent: "agent/main.ts" },
  outdir: "dist",
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node24",
  banner: { js: requireBanner },
  sourcemap: true,
  // Stack traces need names and lines; the sources themselves are no part of an image.
  sourcesContent: false,
  legalComments: "linked",
  metafile: true,
  logLevel: "warning",
} as const satisfies BuildOptions;

/** How the page is made: for browsers of the last years, and as small as it gets. */
const dashboardOptions = {
  absWorkingDir: root,
  entryPoints: {
    app: "manager/dashboard/main.tsx",
    style: "manager/dashboard/style.css",
    index: "manager/dashboard/index.html",
  },
  loader: { ".html": "copy" },
  bundle: true,
  platform: "browser",
  format: "iife",
  target: ["chrome121", "firefox121", "safari17.4"],
  minify: true,
  jsx: "automatic",
  jsxImportSource: "preact",
  // The notices of the image name what is inside.
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
} as const satisfies BuildOptions;

/**
 * Writes manager.js, doctor.js and agent.js with their source maps, and the page; into dist/ when no folder is given.
 * @returns what went into each file.
 */
export async function buildBundles(outdir: string = bundleOptions.outdir): Promise<Metafile["outputs"]> {
  const [{ metafile }, page] = await Promise.all([
    build({ ...bundleOptions, outdir }),
    buildDashboard(join(outdir, "dashboard")),
  ]);
  return { ...metafile.outputs, ...page };
}

/**
 * Writes the page: index.html, app.js and style.css.
 * @returns what went into each file.
 */
export async function buildDashboard(outdir: string): Promise<Metafile["outputs"]> {
  const { metafile } = await build({ ...dashboardOptions, outdir });
  return metafile.outputs;
}

/** Builds into dist/, and writes beside the bundles the notices of each image. */
async function buildAll(): Promise<void> {
  const outputs = await buildBundles();
  for (const image of IMAGE_NAMES) {
    const packages = readPackages(root, packageFolders(outputs, image));
    await writeFile(join(root, bundleOptions.outdir, `${image}.NOTICES.txt`), writeNotices(image, packages));
  }
}

if (import.meta.main) await buildAll();
