// Volumes: what they need, what files they hold, and how these are written.
import { mkdir, mkdtemp, readFile, readdir, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { materialOf, podOf } from "./fixtures.ts";
import type { Material } from "./material.ts";
import { buildVolumeSet } from "./volume-set.ts";
import { writeVolume } from "./volume-files.ts";
import { planNeeds, renderVolume } from "./volumes.ts";

const serviceAccount = {
  name: "kube-api-access",
  projected: {
    defaultMode: 0o640,
    sources: [
      { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
    ],
  },
};

function render(volume: unknown, material: Material): Record<string, string> | undefined {
  const pod = podOf({}, [volume]);
  const [first] = pod.spec.volumes;
  if (first === undefined) throw new Error("The pod has no volume");
  const files = renderVolume(first, { pod, podIP: "127.1.0.1", material });
  return (
    files &&
    Object.fromEntries([...files].map(([path, { data, mode }]) => [path, `${data.toString()} ${mode.toString(8)}`]))
  );
}

describe("planNeeds", () => {
  test("names every Secret, ConfigMap and token of volumes and environment once", () => {
    const secretVolume = { name: "a", secret: { secretName: "s" } };
    const pod = podOf(
      {
        env: [
          { name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
          { name: "B", valueFrom: { configMapKeyRef: { name: "m", key: "k" } } },
        ],
      },
      [secretVolume, serviceAccount, { name: "e", emptyDir: {} }],
    );
    expect(planNeeds(pod)).toEqual({
      secrets: ["s"],
      configMaps: ["kube-root-ca.crt", "m"],
      tokens: [{ audience: undefined, expirationSeconds: 3607 }],
    });
  });
});

describe("renderVolume", () => {
  const material = materialOf({
    secrets: { s: { a: "1", b: "2" } },
    configMaps: { "kube-root-ca.crt": { "ca.crt": "CA" } },
    tokens: { "": "TOKEN" },
  });

  test("puts every key of a Secret into a file", () => {
    expect(render({ name: "v", secret: { secretName: "s", defaultMode: 0o400 } }, material)).toEqual({
      a: "1 400",
      b: "2 400",
    });
  });

  test("puts only the named keys where they are wanted", () => {
    const items = [{ key: "b", path: "sub/b.txt", mode: 0o600 }];
    expect(render({ name: "v", secret: { secretName: "s", items } }, material)).toEqual({ "sub/b.txt": "2 600" });
  });

  test("makes the service account's folder", () => {
    expect(render(serviceAccount, material)).toEqual({ token: "TOKEN 640", "ca.crt": "CA 640", namespace: "ns 640" });
  });

  test("leaves an emptyDir to the pod", () => {
    expect(render({ name: "v", emptyDir: {} }, material)).toBeUndefined();
  });

  test("makes an empty folder of an optional Secret that is missing", () => {
    expect(render({ name: "v", secret: { secretName: "no", optional: true } }, material)).toEqual({});
  });

  test.each([
    ["a Secret is missing", { secret: { secretName: "no" } }, 'volume "v": secret "no" not found'],
    ["a key is missing", { configMap: { name: "kube-root-ca.crt", items: [{ key: "x", path: "x" }] } }, 'no key "x"'],
    ["the kind is not known", { hostPath: { path: "/" } }, "wanted is a secret, configMap"],
    [
      "the token is not there yet",
      { projected: { sources: [{ serviceAccountToken: { path: "t", audience: "other" } }] } },
      "token was not given out yet",
    ],
  ])("holds the pod back when %s", (_name, volume, message) => {
    expect(() => render({ name: "v", ...volume }, material)).toThrow(message);
  });
});

describe("on disk", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "volumes-"));
  });
  afterEach(async () => rm(folder, { recursive: true }));

  test("new content becomes current by one swap of ..data; names that are gone disappear; the old folder too", async () => {
    const file = (text: string) => ({ data: Buffer.from(text), mode: 0o644 });
    const first = new Map([
      ["a", file("1")],
      ["sub/b", file("2")],
    ]);
    await writeVolume(folder, first, "v1");
    expect(await readlink(join(folder, "a"))).toBe("..data/a");
    expect(await readFile(join(folder, "sub/b"), "utf8")).toBe("2");
    await writeVolume(folder, new Map([["a", file("3")]]), "v2");
    expect(await readlink(join(folder, "..data"))).toBe("..v2");
    expect(await readFile(join(folder, "a"), "utf8")).toBe("3");
    expect((await readdir(folder)).toSorted()).toEqual(["..data", "..v2", "a"]);
  });

  test("a volume is rewritten when its Secret changes, and only then", async () => {
    const pod = podOf({}, [
      { name: "v", secret: { secretName: "s" } },
      { name: "e", emptyDir: {} },
    ]);
    const volumes = buildVolumeSet(pod, "127.1.0.1", folder);
    await volumes.refresh(materialOf({ secrets: { s: { a: "1" } } }));
    await volumes.refresh(materialOf({ secrets: { s: { a: "1" } } }));
    expect(await readlink(join(volumes.folderOf("v"), "..data"))).toBe("..v1");
    await volumes.refresh(materialOf({ secrets: { s: { a: "2" } } }));
    expect(await readlink(join(volumes.folderOf("v"), "..data"))).toBe("..v2");
    expect((await stat(volumes.folderOf("e"))).mode & 0o777).toBe(0o777);
  });

  test("is not written any more once it has settled, so that it can be removed", async () => {
    const pod = podOf({}, [{ name: "v", secret: { secretName: "s" } }]);
    const volumes = buildVolumeSet(pod, "127.1.0.1", folder);
    const writing = volumes.refresh(materialOf({ secrets: { s: { a: "1" } } }));
    await volumes.settled();
    await rm(folder, { recursive: true });
    await writing;
    await expect(stat(folder)).rejects.toThrow("ENOENT");
    await mkdir(folder);
  });
});
