// The page's files as they are sent: read once at the start, with their tags and their compressed forms. The page itself is
// made of manager/dashboard by the build.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

/** All of the page. Flat: RBAC takes the third part of a path for a subresource. */
const TYPES = {
  "index.html": "text/html; charset=utf-8",
  "app.js": "text/javascript; charset=utf-8",
  "style.css": "text/css; charset=utf-8",
} as const;
type DashboardFile = keyof typeof TYPES;
const DASHBOARD_FILES = Object.keys(TYPES) as DashboardFile[];

export interface ServedBody {
  bytes: Buffer;
  etag: string;
}

export interface ServedFile {
  contentType: string;
  plain: ServedBody;
  /** Absent of HTML: kube-apiserver opens it to mend its links, and cannot open brotli. */
  br?: ServedBody;
  gzip?: ServedBody;
}

export type Dashboard =
  | {
      files: ReadonlyMap<string, ServedFile>;
      /** index.html as it reads at the path without a last slash, where relative links begin one folder higher. */
      bare: ServedFile;
    }
  /** Why there is no page, as a sentence. */
  | { missing: string };

/** Reads the files of a folder. A folder that is not there, or lacks one of them, is no reason not to start. */
export async function readDashboard(folder: string): Promise<Dashboard> {
  try {
    const texts = await Promise.all(
      DASHBOARD_FILES.map(async (name) => [name, await readFile(join(folder, name))] as const),
    );
    return buildDashboard(Object.fromEntries(texts) as Record<DashboardFile, Buffer>);
  } catch (error) {
    const why =
      error instanceof Error && "code" in error && error.code === "ENOENT" ? "they are not there" : String(error);
    return { missing: `the page's files cannot be read in ${folder}: ${why}; npm run build makes them` };
  }
}

/** Prepares the files for their readers. */
export function buildDashboard(texts: Record<DashboardFile, Buffer>): Dashboard {
  const files = new Map(DASHBOARD_FILES.map((name) => [name as string, served(name, texts[name])]));
  const bare = texts["index.html"].toString().replaceAll(/\b(href|src)="(?=[a-z]+\.(?:css|js)")/g, '$1="dashboard/');
  return { files, bare: served("index.html", Buffer.from(bare)) };
}

function served(name: DashboardFile, bytes: Buffer): ServedFile {
  const contentType = TYPES[name];
  const plain = bodyOf(bytes);
  if (name === "index.html") return { contentType, plain };
  return { contentType, plain, br: bodyOf(brotliCompressSync(bytes)), gzip: bodyOf(gzipSync(bytes, { level: 9 })) };
}

/** Each form has a tag of its own, as a strong one must. */
function bodyOf(bytes: Buffer): ServedBody {
  return { bytes, etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"` };
}
