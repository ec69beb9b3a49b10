// The notices that travel with an image: each bundled package with its licence text. What may not be shipped is refused
// here, so that neither a build nor a test passes with it.
import type { BundledPackage, ImageName } from "./packages.ts";

/** Licences that ask for no more than to be named, as SPDX writes them. */
const ALLOWED = ["0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "Unlicense"];

/** Packages that state their licence but bring no text of it: where they state it, and for whom. */
const STATED: Record<string, { where: string; holder: string }> = {
  "abstract-logging": { where: "package.json", holder: "James Sumners <james.sumners@gmail.com>" },
};

/**
 * Writes the notices of one image. Pure.
 * @throws Error that names every package with a licence that is not allowed, or without a text of it.
 */
export function writeNotices(image: ImageName, packages: BundledPackage[]): string {
  const troubles = packages.flatMap(troubleOf);
  if (troubles.length > 0) throw new Error(`Cannot ship kruise-health-${image}: ${troubles.join("; ")}`);
  const head = [
    `Third-party software in kruise-health-${image}`,
    "",
    `The bundles of this image contain the ${packages.length} npm packages below. Node.js and the libraries that it needs come`,
    "from the base image, which brings their notices with it. kruise-health itself: see LICENSE.",
    "",
    ...packages.map(({ name, version, licence }) => `  ${name} ${version}: ${licence}`),
  ].join("\n");
  return [head, ...packages.map(section)].join("\n\n") + "\n";
}

function troubleOf(entry: BundledPackage): string[] {
  const id = `${entry.name} ${entry.version}`;
  if (!ALLOWED.includes(entry.licence)) {
    return [`${id} is under "${entry.licence || "no licence"}", and allowed are ${ALLOWED.join(", ")}`];
  }
  if (Object.keys(entry.texts).length > 0) return [];
  // The text is written here for MIT only.
  if (STATED[entry.name] !== undefined && entry.licence === "MIT") return [];
  return [`${id} brings no licence text`];
}

function section({ name, version, licence, texts }: BundledPackage): string {
  const stated = STATED[name];
  const bodies = Object.values(texts);
  if (bodies.length === 0 && stated !== undefined) bodies.push(mitText(stated));
  return [`${"-".repeat(80)}\n${name} ${version} (${licence})`, ...bodies].join("\n\n");
}

function mitText({ where, holder }: { where: string; holder: string }): string {
  return `Stated as MIT in its ${where}, without a text. The text of that licence:

Copyright (c) ${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;
}
