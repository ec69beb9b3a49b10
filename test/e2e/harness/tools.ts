// The real programs: builds each family of test/e2e/tools once from its published Go modules, into a folder that
// outlives the checkout. A fresh clone with the same versions finds them there.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { run, runOrThrow } from "./commands.ts";
import { withLock } from "./lock.ts";

const TOOLS_DIR = join(import.meta.dirname, "../tools");
const GO_WANTED = { major: 1, minor: 26 };
const BUILD_LIMIT_MS = 30 * 60_000;
const PROGRESS_MS = 20_000;

const KUBERNETES_VERSION = "v1.35.4";
const HELM_VERSION = "v3.21.4";

interface Family {
  binaries: string[];
  /** Seen on two cores with an empty build cache. */
  coldBuildSeconds: number;
  /** What is built besides the tools of go.mod. */
  packages?: string[];
  /** Variables of the sources that a release build sets: what the program says its version is. */
  variables?: Record<string, string>;
}

const FAMILIES = {
  etcd: { binaries: ["server"], coldBuildSeconds: 20 },
  kubernetes: {
    binaries: ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"],
    coldBuildSeconds: 220,
    variables: kubernetesVariables(),
  },
  ocm: {
    binaries: ["registration", "work", "placement", "addon", "conversion"],
    packages: ["./conversion"],
    coldBuildSeconds: 150,
  },
  kruise: { binaries: ["kruise"], coldBuildSeconds: 160 },
  kwok: { binaries: ["kwok"], coldBuildSeconds: 55 },
  helm: {
    binaries: ["helm"],
    coldBuildSeconds: 50,
    variables: {
      "helm.sh/helm/v3/internal/version.version": HELM_VERSION,
      "helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor": "1",
      "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor": "35",
    },
  },
  clusteradm: { binaries: ["clusteradm"], coldBuildSeconds: 70 },
  // Of the same client-go as kubernetes, which has been compiled by then.
  informer: { binaries: ["informer"], packages: ["."], coldBuildSeconds: 5 },
  // Of the same client-go and controller-runtime as ocm.
  "kube-state-metrics": { binaries: ["kube-state-metrics"], coldBuildSeconds: 60 },
  "cert-manager": { binaries: ["cert-manager"], packages: ["."], coldBuildSeconds: 90 },
  actionlint: { binaries: ["actionlint"], coldBuildSeconds: 10 },
} satisfies Record<string, Family>;

export type FamilyName = keyof typeof FAMILIES;

/** Where each program is: `etcd` is the binary that Go calls `server`. */
export type Binaries = Record<string, string>;

export interface ToolsOptions {
  families?: FamilyName[];
  say?: (line: string) => void;
}

/**
 * Builds what is missing, family by family (Go uses every core by itself), and returns the path of each program.
 * @throws an Error of one sentence when Go is missing or too old, with the compiler's last lines when a build fails.
 */
export async function ensureTools({ families, say = console.log }: ToolsOptions = {}): Promise<Binaries> {
  const go = await checkGo();
  const names = families ?? (Object.keys(FAMILIES) as FamilyName[]);
  const binaries: Binaries = {};
  for (const name of names) {
    const dir = await ensureFamily(name, go, say);
    for (const binary of FAMILIES[name].binaries) {
      binaries[binary === "server" ? "etcd" : binary] = join(dir, binary);
    }
  }
  return binaries;
}

/** The folder of a module that a family is built from: CRDs and manifests are read there. */
export async function moduleFolder(family: FamilyName, module: string): Promise<string> {
  const output = await runOrThrow("go", ["mod", "download", "-json", module], { cwd: join(TOOLS_DIR, family) });
  const answer: unknown = JSON.parse(output);
  if (typeof answer === "object" && answer !== null && "Dir" in answer && typeof answer.Dir === "string") {
    return answer.Dir;
  }
  throw new Error(`go mod download -json ${module} named no folder: ${output}`);
}

/** The user's cache folder, shared by all checkouts. */
function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  return env["KRUISE_HEALTH_CACHE"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "kruise-health");
}

async function checkGo(): Promise<string> {
  const wanted = `Go ${GO_WANTED.major}.${GO_WANTED.minor} or newer is needed to build Kubernetes, OCM and OpenKruise for these tests`;
  // GOTOOLCHAIN=local: the question is what is installed, not what Go could download.
  const answer = await run("go", ["env", "GOVERSION", "GOOS", "GOARCH"], {
    env: { ...process.env, GOTOOLCHAIN: "local" },
  }).catch((cause: unknown) => {
    throw new Error(`${wanted}, and there is no command "go" on the PATH (https://go.dev/dl).`, { cause });
  });
  const [version = ""] = answer.stdout.split("\n");
  const [, major = "0", minor = "0"] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  if (Number(major) < GO_WANTED.major || (Number(major) === GO_WANTED.major && Number(minor) < GO_WANTED.minor)) {
    throw new Error(`${wanted}; this is ${version || answer.stderr.trim()} (https://go.dev/dl).`);
  }
  return answer.stdout.trim();
}

async function ensureFamily(name: FamilyName, go: string, say: (line: string) => void): Promise<string> {
  const flags = linkerFlags(FAMILIES[name]);
  const bin = join(cacheDir(), "bin");
  const dir = join(bin, `${name}-${await familyKey(name, `${go}\n${flags}`)}`);
  if (await exists(dir)) return dir;
  await mkdir(bin, { recursive: true });
  await withLock(`${dir}.lock`, say, async () => {
    if (await exists(dir)) return;
    await buildFamily(name, { dir, flags, say });
  });
  return dir;
}

async function buildFamily(
  name: FamilyName,
  { dir, flags, say }: { dir: string; flags: string; say: (line: string) => void },
): Promise<void> {
  const { binaries, coldBuildSeconds, packages = [] }: Family = FAMILIES[name];
  const startedMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedMs) / 1000);
  say(`Building ${binaries.join(", ")} (once; ${coldBuildSeconds} s on two cores, less if Go has seen it before)`);
  const progress = setInterval(() => say(`  ${name}: ${seconds()} s`), PROGRESS_MS);
  const temporary = `${dir}.building-${process.pid}`;
  try {
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    await runOrThrow("go", ["build", "-ldflags", flags, "-o", `${temporary}/`, "tool", ...packages], {
      cwd: join(TOOLS_DIR, name),
      limitMs: BUILD_LIMIT_MS,
    });
    await rename(temporary, dir);
  } finally {
    clearInterval(progress);
    await rm(temporary, { recursive: true, force: true });
  }
  say(`  ${name}: built in ${seconds()} s`);
}

function linkerFlags(family: Family): string {
  return ["-s -w", ...Object.entries(family.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`)].join(" ");
}

/** Everything that decides what a build yields. */
async function familyKey(name: FamilyName, build: string): Promise<string> {
  const hash = createHash("sha256").update(build);
  const dir = join(TOOLS_DIR, name);
  const usesStandIn = (await readFile(join(dir, "go.mod"), "utf8")).includes("../about-api");
  for (const folder of [dir, ...(usesStandIn ? [join(TOOLS_DIR, "about-api")] : [])]) {
    for (const file of await filesBelow(folder)) hash.update(await readFile(file));
  }
  return hash.digest("hex").slice(0, 16);
}

async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : [])).toSorted();
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function kubernetesVariables(): Record<string, string> {
  const [major = "", minor = ""] = KUBERNETES_VERSION.slice(1).split(".");
  const values = { gitVersion: KUBERNETES_VERSION, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  return Object.fromEntries(
    ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((module) =>
      Object.entries(values).map(([name, value]) => [`${module}.${name}`, value]),
    ),
  );
}
