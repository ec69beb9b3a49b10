// `npm run sbom -- agent|manager [--reference IMAGE@DIGEST] [--base IMAGE@DIGEST] [--node VERSION]`: prints the bill of
// materials of an image. A release says where the image is, on which base, and which Node.js that holds.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { RELEASE_VERSION } from "../../shared/version.ts";
import { buildBundles } from "../build.ts";
import { IMAGE_NAMES, packageFolders, readPackages } from "./packages.ts";
import { writeSbom } from "./sbom.ts";

const ROOT = join(import.meta.dirname, "../..");

const { values, positionals } = parseArgs({
  options: { reference: { type: "string" }, base: { type: "string" }, node: { type: "string" } },
  allowPositionals: true,
});
const image = IMAGE_NAMES.find((name) => name === positionals[0]);
if (image === undefined || positionals.length > 1) {
  console.error(
    `Cannot write a bill of materials of "${positionals.join(" ")}": wanted is one of ${IMAGE_NAMES.join(", ")}`,
  );
  process.exit(2);
}
const [, ownBase = ""] = /^ARG BASE=(\S+)$/m.exec(readFileSync(join(ROOT, `Dockerfile.${image}`), "utf8")) ?? [];
const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
  packages: Record<string, { integrity?: string }>;
};
const folder = mkdtempSync(join(tmpdir(), "kruise-health-sbom-"));
const outputs = await buildBundles(folder).finally(() => rmSync(folder, { recursive: true, force: true }));
const epochSeconds = process.env["SOURCE_DATE_EPOCH"];
const created = epochSeconds === undefined ? new Date() : new Date(Number(epochSeconds) * 1000);
const document = writeSbom({
  image,
  version: RELEASE_VERSION,
  reference: values.reference,
  base: values.base ?? ownBase,
  node: values.node?.replace(/^v/, ""),
  created: created.toISOString().replace(/\.\d+Z$/, "Z"),
  packages: readPackages(ROOT, packageFolders(outputs, image)),
  integrity: Object.fromEntries(Object.entries(lock.packages).map(([path, entry]) => [path, entry.integrity ?? ""])),
});
console.log(JSON.stringify(document, null, 2));
