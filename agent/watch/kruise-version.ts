// Which version of OpenKruise runs, as far as it can be read. Pure. The manager prints no version and no label holds one:
// there is the tag of its image and, where that says nothing, the tool that its CRDs were made with.

/** The oldest minor version whose objects this project is tested against. */
export const SUPPORTED_FROM = "1.5";

/** Releases by the version of controller-gen that made their CRDs. */
const RELEASES: Readonly<Record<string, string>> = {
  "v0.7.0": "1.4",
  "v0.9.0": "1.5",
  "v0.14.0": "1.6-1.8",
  "v0.17.3": "1.9+",
};

/** Names OpenKruise's version without "v": exact from the image, else a range from the CRDs; undefined when neither tells. */
export function kruiseVersion(image: string | undefined, generator: string | undefined): string | undefined {
  return versionOfImage(image) ?? (generator === undefined ? undefined : releasesOf(generator));
}

/** A digest or a tag of another form says nothing. */
function versionOfImage(image: string | undefined): string | undefined {
  const tag = image?.split("@")[0]?.match(/:v?(\d+\.\d+[\w.+-]*)$/)?.[1];
  return tag?.slice(0, 63);
}

function releasesOf(generator: string): string | undefined {
  return Object.hasOwn(RELEASES, generator) ? RELEASES[generator] : undefined;
}

/** Whether a version, or all of a range, is older than what is supported. */
export function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = numbersOf(version);
  const [floorMajor = 0, floorMinor = 0] = numbersOf(SUPPORTED_FROM);
  return major < floorMajor || (major === floorMajor && minor < floorMinor);
}

function numbersOf(version: string): number[] {
  return (/^(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
}
