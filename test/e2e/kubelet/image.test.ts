// Our Dockerfiles: what every reader of them relies on, and that the bundles are what they start.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bundleOptions } from "../../build.ts";
import { findPublished, parseDockerfile, publishImage, readImageConfig } from "./image.ts";
import { planImageScript } from "./image-root.ts";
import { NODE_IN_IMAGE } from "./sandbox.ts";

const read = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), "utf8");

describe.each(["manager", "agent"] as const)("Dockerfile.%s", (name) => {
  const text = read(`Dockerfile.${name}`);
  const config = readImageConfig(text);
  const final = parseDockerfile(text).at(-1);

  test("starts the bundle that the build makes", () => {
    expect(Object.keys(bundleOptions.entryPoints)).toContain(name);
    expect([config.entrypoint.at(0), config.entrypoint.at(-1)]).toEqual([NODE_IN_IMAGE, `/app/${name}.js`]);
    expect(config.bundleFolders).toEqual(["/app/"]);
    const copies = final?.instructions.filter((instruction) => instruction.name === "COPY").map((copy) => copy.text);
    const bundles = copies?.filter((copy) => copy.startsWith("--from=build ") && copy.endsWith(" /app/"));
    expect(bundles?.flatMap((copy) => copy.split(" "))).toContain(`/src/${bundleOptions.outdir}/${name}.js*`);
  });

  test("runs as a user with a number that is not 0", () => {
    expect(config.user.uid).toBeGreaterThan(0);
  });

  test("brings neither npm nor sources into the final stage, and runs nothing there", () => {
    const lines = final?.instructions.map((instruction) => `${instruction.name} ${instruction.text}`) ?? [];
    expect(lines.filter((line) => /^RUN|npm|node_modules|\.ts\b/.test(line))).toEqual([]);
  });

  test("builds without install scripts and lets the base be replaced by a digest", () => {
    expect(text).toContain("npm ci --ignore-scripts");
    expect(text).toMatch(/^ARG BASE=\S+:nonroot$/m);
    expect(final?.from).toBe("${BASE}");
  });

  test("copies everything that the build reads", () => {
    const build = parseDockerfile(text)[0]?.instructions.map((instruction) => instruction.text) ?? [];
    for (const path of ["package-lock.json", "shared", "agent", "manager", "test/build.ts"]) {
      expect(build.filter((line) => line.includes(path))).not.toEqual([]);
    }
  });
});

test("the agent's heap is bounded, whatever the machine", () => {
  const options = readImageConfig(read("Dockerfile.agent")).env["NODE_OPTIONS"] ?? "";
  expect(options).toMatch(/--max-old-space-size=\d+ --max-semi-space-size=\d+/);
});

test.each([
  ["USER nonroot", "runAsNonRoot needs a number"],
  ["RUN apt-get update", 'Cannot follow "RUN apt-get update"'],
  ["ENTRYPOINT node x.js", "wanted is the form"],
  ['CMD ["x"]', "no ENTRYPOINT"],
])("%s is refused", (line, message) => {
  expect(() => readImageConfig(`FROM scratch\n${line}\n`)).toThrow(message);
});

test("continuation lines, comments, earlier stages and several variables in one ENV are understood", () => {
  const text = [
    "FROM a AS build",
    'ENTRYPOINT ["wrong"]',
    "FROM b",
    "# a comment",
    'ENV A=1 \\\n  B="two words"',
    'ENTRYPOINT ["x"]',
    'CMD ["y"]',
    "USER 7",
  ].join("\n");
  expect(readImageConfig(text)).toMatchObject({
    env: { A: "1", B: "two words" },
    entrypoint: ["x"],
    cmd: ["y"],
    user: { uid: 7, gid: 7 },
  });
});

describe("a built image", () => {
  const config = { User: "7:8", Env: ["A=1=2"], Entrypoint: ["/nodejs/bin/node"], Cmd: ["x.js"], WorkingDir: "/app" };

  test("is found by its name once it is published, and runs as it is configured", async () => {
    const folder = mkdtempSync(join(tmpdir(), "images-"));
    try {
      await publishImage(folder, "registry:5000/shop:1", config, "/files");
      const user = { uid: 7, gid: 8 };
      const runs = { entrypoint: ["/nodejs/bin/node"], cmd: ["x.js"], env: { A: "1=2" }, user, workdir: "/app" };
      expect(findPublished(folder, "registry:5000/shop:1")).toMatchObject({
        ...runs,
        rootfs: "/files",
        bundleFolders: [],
      });
      expect(findPublished(folder, "registry:5000/shop:2")).toBeUndefined();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("brings its own root: of the machine only /proc, /dev and the pod's volumes are shown", () => {
    const sandbox = {
      root: "/root-of-it",
      rootfs: "/files",
      nodeBinary: "/usr/bin/node",
      binds: [{ source: "/volumes/tmp", target: "/tmp", readOnly: false }],
      readOnlyRoot: true,
      user: { uid: 7, gid: 8 },
      workdir: "/app",
      command: ["/nodejs/bin/node", "it's.js"],
      env: {},
    };
    const script = planImageScript(sandbox);
    const shown = [...script.matchAll(/mount --r?bind '?([^' ]+)/g)].map(([, source]) => source);
    expect(shown).toEqual(["/proc", "/dev", "/volumes/tmp"]);
    expect(script).toContain('mount -o remount,ro "$R"');
    expect(script).toMatch(/--setgid=8 --setuid=7 -- '\/nodejs\/bin\/node' 'it'\\''s\.js'$/);
    expect(planImageScript({ ...sandbox, readOnlyRoot: false })).not.toContain("remount");
  });
});
