// How images are built and released, as far as files say it: workflows that give nobody more than the job needs, actions by
// commit, bases by digest. What a workflow may say at all is actionlint's to check (test/e2e/images.e2e.ts).
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { RELEASE_VERSION } from "../../shared/version.ts";
import { parseDockerfile } from "../e2e/kubelet/image.ts";

const ROOT = join(import.meta.dirname, "../..");
const WORKFLOWS = join(ROOT, ".github/workflows");
const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), "utf8");

interface Step {
  name?: string;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}

interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, { permissions?: Record<string, string>; "timeout-minutes"?: number; steps: Step[] }>;
}

describe.each(readdirSync(WORKFLOWS))("%s", (file) => {
  const text = read(".github/workflows", file);
  const workflow = parse(text) as Workflow;
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap((job) => job.steps);

  test("starts with no right, and each job names its own and an end", () => {
    expect(workflow.permissions).toEqual({});
    expect(jobs.filter((job) => job.permissions === undefined || job["timeout-minutes"] === undefined)).toEqual([]);
  });

  test("runs no code of strangers with rights of ours", () => {
    expect(Object.keys(workflow.on).filter((event) => !["push", "pull_request"].includes(event))).toEqual([]);
  });

  test("takes actions by commit, with the version beside it, one commit for each action", () => {
    const used = [...text.matchAll(/uses: (.+)/g)].map(([, value = ""]) => value);
    expect(used.filter((value) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(value))).toEqual([]);
    const actions = new Set(used.map((value) => value.split("@")[0]));
    expect(new Set(used).size).toBe(actions.size);
  });

  test("puts nothing that somebody may choose into a shell but by the environment", () => {
    expect(steps.filter(({ run }) => run?.includes("${{") === true).map(({ name }) => name)).toEqual([]);
  });

  test("leaves no token in the checkout", () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@") === true);
    expect(checkouts.length).toBeGreaterThan(0);
    expect(checkouts.filter((step) => step.with?.["persist-credentials"] !== false)).toEqual([]);
  });
});

describe("release.yml", () => {
  const { jobs } = parse(read(".github/workflows/release.yml")) as Workflow;
  const script = (job: string): string => (jobs[job]?.steps ?? []).map(({ run = "" }) => run).join("\n");

  test("gives the right to write to those jobs that need it, and to packages only in two", () => {
    const rights = Object.entries(jobs).map(([job, { permissions = {} }]) => {
      return [job, Object.keys(permissions).filter((right) => permissions[right] === "write")];
    });
    expect(Object.fromEntries(rights)).toEqual({
      bases: [],
      images: ["packages", "id-token", "attestations"],
      chart: ["packages", "id-token"],
      publish: ["contents"],
    });
  });

  test("builds on bases that it has resolved to digests, and says so in the labels", () => {
    expect(script("bases")).toMatch(/imagetools inspect "\$tag".*\.digest/);
    for (const arg of ["BASE", "BUILD_BASE"]) {
      expect(script("bases")).toContain(`resolve ${arg})`);
      expect(script("images")).toContain(`--build-arg "${arg}=$${arg}"`);
    }
    expect(script("images")).toContain('--label "org.opencontainers.image.base.digest=${BASE##*@}"');
    expect(script("bases")).toContain("v24.22.1");
  });

  test("signs images and chart by digest, and drafts nothing before all of it is verified", () => {
    expect(script("images")).toContain('cosign sign --yes --recursive "$IMAGE@$DIGEST"');
    expect(script("images")).toContain("cosign attest --yes --type spdxjson");
    expect(jobs["images"]?.steps.some(({ uses }) => uses?.startsWith("actions/attest-build-provenance@"))).toBe(true);
    expect(script("chart")).toContain("cosign sign --yes");
    const publish = script("publish");
    for (const check of ["cosign verify ", "cosign verify-attestation ", "gh attestation verify "]) {
      expect(publish.indexOf(check)).toBeGreaterThan(-1);
      expect(publish.indexOf(check)).toBeLessThan(publish.indexOf("gh release create"));
    }
  });
});

describe("the Dockerfiles", () => {
  const stages = (name: string) => parseDockerfile(read(`Dockerfile.${name}`));

  test("have one and the same build stage, so that it is run once", () => {
    expect(stages("agent")[0]).toEqual(stages("manager")[0]);
  });

  test.each(["agent", "manager"])(
    "of the %s takes both bases as arguments, and says version and base in labels",
    (name) => {
      const text = read(`Dockerfile.${name}`);
      expect(text).toMatch(/^ARG BASE=gcr\.io\/distroless\/nodejs24-debian13:nonroot$/m);
      expect(text).toMatch(/^ARG BUILD_BASE=node:24-bookworm-slim$/m);
      expect(text).toContain(`\nARG VERSION=${RELEASE_VERSION}\n`);
      const label = stages(name)
        .at(-1)
        ?.instructions.find((instruction) => instruction.name === "LABEL")?.text;
      for (const [key, value] of [
        ["title", `kruise-health-${name}`],
        ["licenses", "Apache-2.0"],
        ["version", "${VERSION}"],
        ["revision", "${REVISION}"],
        ["base.name", "${BASE}"],
      ] as const) {
        expect(label).toContain(`org.opencontainers.image.${key}="${value}"`);
      }
    },
  );
});
