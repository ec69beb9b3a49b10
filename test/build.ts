// Bundles the manager, the doctor in its image, and the agent, each into one file: what the images hold and what the process kubelet runs.
// A bundle needs about half the memory of the same code loaded from node_modules.
import { build } from "esbuild";
import type { BuildOptions } from "esbuild";
import { fileURLToPath } from "node:url";

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
  legalComments: "linked",
  logLevel: "warning",
} as const satisfies BuildOptions;

/** Writes manager.js, doctor.js and agent.js with their source maps and licence texts; into dist/ when no folder is given. */
export async function buildBundles(outdir: string = bundleOptions.outdir): Promise<void> {
  await build({ ...bundleOptions, outdir });
}

if (import.meta.main) await buildBundles();
