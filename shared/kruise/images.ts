// The main containers' names and images, within the bounds of a record.
import { keepText } from "./kept-text.ts";
import { mapOrEmpty, mapsOf, textOf } from "./raw.ts";
import type { Raw } from "./raw.ts";

export type Image = [container: string, image: string];

const NAME_BYTES = 63;
const IMAGE_BYTES = 200;
const DIGEST = /@sha256:([0-9a-f]{12})[0-9a-f]{52}$/;

/** Lists the images of a pod template's main containers. */
export function readImages(podTemplate: Raw): Image[] {
  return mapsOf(mapOrEmpty(podTemplate["spec"])["containers"]).map((container) => [
    keepText(textOf(container["name"]) ?? "", NAME_BYTES),
    keepText(shorten(textOf(container["image"]) ?? ""), IMAGE_BYTES),
  ]);
}

/** Twelve digits of a digest are enough to tell images apart. */
function shorten(image: string): string {
  return image.slice(-80).includes("@sha256:") ? image.replace(DIGEST, "@sha256:$1") : image;
}
