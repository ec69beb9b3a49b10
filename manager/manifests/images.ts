// Which registry the agent's image comes from: mirrors of the AddOnDeploymentConfig, else those that the ManagedCluster
// names for all of its add-ons. Pure; the rules are those of OCM's add-on framework.
import * as z from "zod";
import { IMAGE_REGISTRIES_ANNOTATION } from "../ocm/types.ts";
import type { ImageMirror, ManagedCluster } from "../ocm/types.ts";
import type { Reading } from "./reading.ts";

const Annotation = z.object({
  registries: z.array(z.object({ source: z.string().optional(), mirror: z.string() })).default([]),
});

/** Where an image comes from once the mirrors are applied: the last one that matches wins, each seeing the original. */
export function mirrorImage(image: string, registries: readonly ImageMirror[]): string {
  return registries.reduce((current, { source, mirror }) => {
    const to = mirror.replace(/\/+$/, "");
    const from = (source ?? "").replace(/\/+$/, "");
    if (to === "") return current;
    if (from === "") return `${to}/${image.slice(image.lastIndexOf("/") + 1)}`;
    return image.startsWith(from) ? `${to}${image.slice(from.length)}` : current;
  }, image);
}

/** The agent's image on one cluster. The cluster's own mirrors count when the config's change nothing. */
export function readImage(
  image: string,
  registries: readonly ImageMirror[] | undefined,
  cluster: Pick<ManagedCluster, "metadata"> | undefined,
): Reading<string> {
  const mirrored = mirrorImage(image, registries ?? []);
  const annotation = cluster?.metadata.annotations?.[IMAGE_REGISTRIES_ANNOTATION];
  if (mirrored !== image || annotation === undefined || annotation === "") return { value: mirrored };
  const read = readAnnotation(annotation);
  if (read) return { value: mirrorImage(image, read.registries) };
  const wanted = 'wanted is {"registries":[{"source":"REGISTRY","mirror":"REGISTRY"}]}';
  return {
    mistakes: [`annotation ${IMAGE_REGISTRIES_ANNOTATION} of ManagedCluster "${cluster?.metadata.name}": ${wanted}`],
  };
}

function readAnnotation(text: string): z.infer<typeof Annotation> | undefined {
  try {
    return Annotation.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
