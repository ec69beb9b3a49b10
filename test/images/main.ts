// `npm run images`: builds both images with buildah, without a registry, and prints their sizes beside the base's.
import { IMAGE_NAMES } from "../licences/packages.ts";
import { printFigure } from "../bench/figure.ts";
import { ensureImages } from "./images.ts";

const MB = 1e6;

// buildah is told as well, and fails: then the store is closed, and nothing stays mounted.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
try {
  const images = await ensureImages();
  for (const name of IMAGE_NAMES) {
    const { size, base } = images[name];
    printFigure(`image-${name}-compressed`, size.compressedBytes / MB, "MB", base.compressedBytes / MB);
    printFigure(`image-${name}`, size.bytes / MB, "MB", base.bytes / MB);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
