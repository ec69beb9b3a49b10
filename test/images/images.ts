// Builds both images from the Dockerfiles of this checkout and unpacks them, once for each state of what they are made of.
import { createHash } from "node:crypto";
import { existsSync, globSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { withLock } from "../e2e/harness/lock.ts";
import type { OciConfig } from "../e2e/kubelet/image.ts";
import { IMAGE_NAMES } from "../licences/packages.ts";
import type { ImageName } from "../licences/packages.ts";
import { BUILD_BASE, RUNTIME_BASE, writeBuildBase, writeRuntimeBase } from "./bases.ts";
import { readImage, unpack } from "./layout.ts";
import { openStore, removeMounted } from "./store.ts";
import type { Store } from "./store.ts";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, ".cache/images");
/** What the images are made of, and how. */
const INPUTS = [
  "Dockerfile.*",
  ".dockerignore",
  ".npmrc",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "LICENSE",
  "{agent,manager,shared,test/licences}/**/*",
  "test/build.ts",
  "test/images/{bases,images,layout,store}.ts",
];

export interface BuiltImage {
  config: OciConfig;
  size: Size;
  /** The part of it that the base image brings. */
  base: Size;
  /** The image's files; nobody writes there. */
  rootfs: string;
}

interface Size {
  /** As a registry sends it. */
  compressedBytes: number;
  /** The bytes of all files. */
  bytes: number;
}

export type BuiltImages = Record<ImageName, BuiltImage>;

/** Builds the images unless the same were built before, and says where they are. */
export async function ensureImages(say: (line: string) => void = console.log): Promise<BuiltImages> {
  await mkdir(FOLDER, { recursive: true });
  const folder = join(FOLDER, await inputsHash());
  const file = join(folder, "images.json");
  await withLock(join(FOLDER, "lock"), say, async () => {
    if (existsSync(file)) return;
    for (const former of await readdir(FOLDER)) {
      if (former !== "lock") await removeMounted(join(FOLDER, former));
    }
    const building = `${folder}.building`;
    await mkdir(building);
    try {
      await buildInto(building, say);
      await rename(building, folder);
    } finally {
      await removeMounted(building);
    }
  });
  const entries = Object.entries(
    JSON.parse(await readFile(file, "utf8")) as Record<string, Omit<BuiltImage, "rootfs">>,
  );
  return Object.fromEntries(
    entries.map(([name, image]) => [name, { ...image, rootfs: join(folder, name) }]),
  ) as BuiltImages;
}

async function inputsHash(): Promise<string> {
  const hash = createHash("sha256");
  const files = INPUTS.flatMap((pattern) => globSync(pattern, { cwd: ROOT, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
    .map(({ parentPath, name }) => join(parentPath, name));
  for (const file of files.toSorted())
    hash
      .update(`${file}\0`)
      .update(await readFile(file))
      .update("\0");
  return hash.digest("hex").slice(0, 16);
}

async function buildInto(folder: string, say: (line: string) => void): Promise<void> {
  const beganMs = performance.now();
  const tell = (what: string): void => say(`${((performance.now() - beganMs) / 1000).toFixed(0)} s: ${what}`);
  const store = await openStore(folder);
  const layout = join(folder, "layout");
  try {
    await buildBase(store, join(folder, "runtime-files"), {
      name: "base",
      dockerfile: RUNTIME_BASE,
      write: writeRuntimeBase,
    });
    await buildBase(store, join(folder, "build-files"), {
      name: "build-base",
      dockerfile: BUILD_BASE,
      write: writeBuildBase,
    });
    tell("the base images are made of this machine's files");
    for (const name of IMAGE_NAMES) {
      await buildImage(store, name);
      tell(`Dockerfile.${name} is built`);
    }
    for (const name of IMAGE_NAMES) {
      await store.buildah("push", "--quiet", "--format", "oci", `localhost/${name}`, `oci:${layout}:${name}`);
    }
    await writeFile(join(folder, "images.json"), JSON.stringify(await unpackAll(layout, folder), null, 2));
    tell("both are unpacked");
  } finally {
    await store.close();
  }
  for (const spent of ["layout", "runtime-files", "build-files"]) await rm(join(folder, spent), { recursive: true });
}

async function unpackAll(layout: string, folder: string): Promise<Record<string, Omit<BuiltImage, "rootfs">>> {
  const images = await Promise.all(IMAGE_NAMES.map(async (name) => ({ name, image: await readImage(layout, name) })));
  const shared = images.map(({ image }) => new Set(image.layers.map(({ file }) => file)));
  const built = images.map(async ({ name, image: { config, layers } }) => {
    const [size, base] = [emptySize(), emptySize()];
    for (const layer of layers) {
      const bytes = await unpack(layer, join(folder, name));
      // What both have is the base's.
      const isBase = shared.every((files) => files.has(layer.file));
      for (const part of isBase ? [size, base] : [size]) {
        part.bytes += bytes;
        part.compressedBytes += layer.compressedBytes;
      }
    }
    return [name, { config, size, base }] as const;
  });
  return Object.fromEntries(await Promise.all(built));
}

function emptySize(): Size {
  return { bytes: 0, compressedBytes: 0 };
}

interface Base {
  name: string;
  dockerfile: string;
  write: (folder: string) => Promise<void>;
}

async function buildBase(store: Store, files: string, { name, dockerfile, write }: Base): Promise<void> {
  await mkdir(files);
  await write(files);
  const file = join(files, "Dockerfile");
  await writeFile(file, dockerfile);
  await writeFile(join(files, ".dockerignore"), "Dockerfile\n.dockerignore\n");
  await store.buildah("bud", "--quiet", "--isolation", "chroot", "--tag", `localhost/${name}`, "--file", file, files);
}

async function buildImage(store: Store, name: ImageName): Promise<void> {
  const npmrc = join(homedir(), ".npmrc");
  const packages = join(homedir(), ".npm/_cacache");
  const how = ["--layers", "--isolation", "chroot", "--pull=never", "--tag", `localhost/${name}`];
  const bases = ["--build-arg", "BASE=localhost/base", "--build-arg", "BUILD_BASE=localhost/build-base"];
  const secret = existsSync(npmrc) ? ["--secret", `id=npmrc,src=${npmrc}`] : [];
  // What npm has fetched for this checkout is not fetched again.
  const fetched = existsSync(packages) ? ["--volume", `${packages}:/root/.npm/_cacache`] : [];
  const dockerfile = join(ROOT, `Dockerfile.${name}`);
  await store.buildah("bud", ...how, ...bases, ...secret, ...fetched, "--file", dockerfile, ROOT);
}
