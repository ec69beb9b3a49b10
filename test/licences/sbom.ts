// The software bill of materials of one image, as SPDX 2.3 in JSON: the npm packages that are really in its bundles, Node.js,
// and the base image below them. Pure.
import type { BundledPackage, ImageName } from "./packages.ts";

export interface SbomInput {
  image: ImageName;
  version: string;
  /** Where the image is, with its digest; without it the document describes what a build would make. */
  reference?: string | undefined;
  /** The base image as it was given to the build, with its digest when it has one. */
  base: string;
  /** The version of Node.js in the base, "24.22.1"; not known before somebody has asked it. */
  node?: string | undefined;
  /** RFC 3339. */
  created: string;
  packages: readonly BundledPackage[];
  /** By the folder of a package: what the lock file says its archive hashes to, "sha512-BASE64". */
  integrity: Record<string, string>;
}

const SOURCE = "https://github.com/open-cluster-management-io/kruise-health";
const UNKNOWN = "NOASSERTION";

interface SpdxPackage {
  SPDXID: string;
  name: string;
  versionInfo: string;
  downloadLocation: string;
  licenseConcluded: string;
  licenseDeclared: string;
  filesAnalyzed: false;
  primaryPackagePurpose: "CONTAINER" | "LIBRARY" | "APPLICATION";
  checksums?: { algorithm: "SHA256" | "SHA512"; checksumValue: string }[];
  externalRefs?: { referenceCategory: "PACKAGE-MANAGER"; referenceType: "purl"; referenceLocator: string }[];
}

interface Relationship {
  spdxElementId: string;
  relationshipType: "DESCRIBES" | "CONTAINS" | "DESCENDANT_OF";
  relatedSpdxElement: string;
}

export interface SpdxDocument {
  spdxVersion: "SPDX-2.3";
  dataLicense: "CC0-1.0";
  SPDXID: "SPDXRef-DOCUMENT";
  name: string;
  documentNamespace: string;
  creationInfo: { created: string; creators: string[] };
  packages: SpdxPackage[];
  relationships: Relationship[];
}

/** Lists an image's contents. */
export function writeSbom(input: SbomInput): SpdxDocument {
  const { image, version, created, packages } = input;
  const own = imagePackage(input);
  const base = basePackage(input.base);
  const node = nodePackage(input.node);
  const bundled = packages.map((entry) => npmPackage(entry, input.integrity[entry.folder]));
  return {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: `kruise-health-${image}-${version}`,
    // Has to differ between any two documents.
    documentNamespace: `${SOURCE}/sbom/${image}/${version}/${digestOf(input.reference) ?? created}`,
    creationInfo: { created, creators: [`Tool: kruise-health-sbom-${version}`] },
    packages: [own, base, node, ...bundled],
    relationships: [
      relate("SPDXRef-DOCUMENT", "DESCRIBES", own),
      relate(own.SPDXID, "DESCENDANT_OF", base),
      relate(base.SPDXID, "CONTAINS", node),
      ...bundled.map((entry) => relate(own.SPDXID, "CONTAINS", entry)),
    ],
  };
}

function relate(from: string, relationshipType: Relationship["relationshipType"], to: SpdxPackage): Relationship {
  return { spdxElementId: from, relationshipType, relatedSpdxElement: to.SPDXID };
}

function imagePackage({ image, version, reference }: SbomInput): SpdxPackage {
  const name = `kruise-health-${image}`;
  const digest = digestOf(reference);
  return {
    ...emptyPackage(name, version, "CONTAINER"),
    licenseConcluded: "Apache-2.0",
    licenseDeclared: "Apache-2.0",
    ...(digest !== undefined && { checksums: [{ algorithm: "SHA256", checksumValue: digest }] }),
    ...(reference !== undefined && { externalRefs: [purl(ociPurl(reference, name))] }),
  };
}

/** What is in the base is not listed here: who wants to know looks it up by the digest. */
function basePackage(base: string): SpdxPackage {
  const digest = digestOf(base);
  const [name = base] = base.split("@");
  return {
    ...emptyPackage(name, digest === undefined ? UNKNOWN : `sha256:${digest}`, "CONTAINER"),
    ...(digest !== undefined && {
      checksums: [{ algorithm: "SHA256", checksumValue: digest }],
      externalRefs: [purl(ociPurl(base, name.split("/").at(-1)?.split(":")[0] ?? name))],
    }),
  };
}

function nodePackage(version: string | undefined): SpdxPackage {
  return {
    ...emptyPackage("node", version ?? UNKNOWN, "APPLICATION"),
    licenseDeclared: "MIT",
    ...(version !== undefined && { externalRefs: [purl(`pkg:generic/node@${version}`)] }),
  };
}

function npmPackage({ name, version, licence }: BundledPackage, integrity: string | undefined): SpdxPackage {
  const [algorithm, hash = ""] = integrity?.split("-") ?? [];
  return {
    ...emptyPackage(name, version, "LIBRARY"),
    licenseConcluded: licence,
    licenseDeclared: licence,
    ...(algorithm === "sha512" && {
      checksums: [{ algorithm: "SHA512", checksumValue: Buffer.from(hash, "base64").toString("hex") }],
    }),
    // The @ of a scope is written in percent, the slash behind it is not.
    externalRefs: [purl(`pkg:npm/${name.replace(/^@/, "%40")}@${version}`)],
  };
}

function emptyPackage(name: string, versionInfo: string, purpose: SpdxPackage["primaryPackagePurpose"]): SpdxPackage {
  return {
    SPDXID: `SPDXRef-${purpose}-${`${name}-${versionInfo}`.replaceAll(/[^A-Za-z0-9.-]/g, "-")}`,
    name,
    versionInfo,
    downloadLocation: UNKNOWN,
    licenseConcluded: UNKNOWN,
    licenseDeclared: UNKNOWN,
    filesAnalyzed: false,
    primaryPackagePurpose: purpose,
  };
}

function purl(referenceLocator: string): {
  referenceCategory: "PACKAGE-MANAGER";
  referenceType: "purl";
  referenceLocator: string;
} {
  return { referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator };
}

function ociPurl(reference: string, name: string): string {
  const [repository = ""] = reference.split("@");
  const digest = digestOf(reference);
  const version = digest === undefined ? "" : `@sha256%3A${digest}`;
  return `pkg:oci/${name}${version}?repository_url=${encodeURIComponent(repository.replace(/:[^:/]+$/, ""))}`;
}

function digestOf(reference: string | undefined): string | undefined {
  return /@sha256:([0-9a-f]{64})$/.exec(reference ?? "")?.[1];
}
