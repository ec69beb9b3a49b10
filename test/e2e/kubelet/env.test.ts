// The environment of a container.
import { describe, expect, test } from "vitest";
import { expand, resolveEnv } from "./env.ts";
import { materialOf, podOf } from "./fixtures.ts";

const material = materialOf({ secrets: { s: { key: "secret!" } }, configMaps: { m: { key: "config" } } });

function envOf(env: unknown[], image: Record<string, string> = {}): Record<string, string> {
  const pod = podOf({ env });
  const [container] = pod.spec.containers;
  if (container === undefined) throw new Error("The pod has no container");
  const apiServer = { host: "127.0.0.1", port: 6443 };
  return resolveEnv(container, { pod, podIP: "127.1.2.3", image: { env: image }, apiServer, material });
}

const from = (valueFrom: unknown): unknown[] => [{ name: "X", valueFrom }];

test.each([
  ["metadata.name", "p"],
  ["metadata.namespace", "ns"],
  ["metadata.uid", "u-1"],
  ["metadata.labels['app']", "shop"],
  ["metadata.annotations['absent']", ""],
  ["spec.nodeName", "n1"],
  ["spec.serviceAccountName", "sa"],
  ["status.podIP", "127.1.2.3"],
])("gives the field %s", (fieldPath, wanted) => {
  expect(envOf(from({ fieldRef: { fieldPath } }))["X"]).toBe(wanted);
});

test.each([
  ["secretKeyRef", { secretKeyRef: { name: "s", key: "key" } }, "secret!"],
  ["configMapKeyRef", { configMapKeyRef: { name: "m", key: "key" } }, "config"],
  ["an optional key that is missing", { secretKeyRef: { name: "s", key: "no", optional: true } }, undefined],
  ["an optional Secret that is missing", { secretKeyRef: { name: "no", key: "k", optional: true } }, undefined],
])("resolves %s", (_name, valueFrom, wanted) => {
  expect(envOf(from(valueFrom))["X"]).toBe(wanted);
});

test.each([
  ["a Secret", { secretKeyRef: { name: "no", key: "k" } }, 'secret "no" not found'],
  ["a key", { configMapKeyRef: { name: "m", key: "no" } }, 'no key no in configmap "m"'],
  ["a field", { fieldRef: { fieldPath: "spec.hostname" } }, "variable X: the field spec.hostname is not known"],
  ["a source", { resourceFieldRef: { resource: "limits.cpu" } }, "only fieldRef, secretKeyRef and configMapKeyRef"],
])("holds the container back when %s is missing", (_name, valueFrom, message) => {
  expect(() => envOf(from(valueFrom))).toThrow(message);
});

test("starts from the image's variables; the pod's own win over them; nothing of this process is inherited", () => {
  const env = envOf([{ name: "A", value: "pod" }], { A: "image", B: "image" });
  expect(env).toEqual({
    A: "pod",
    B: "image",
    HOSTNAME: "p",
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    KUBERNETES_SERVICE_HOST: "127.0.0.1",
    KUBERNETES_SERVICE_PORT: "6443",
    KUBERNETES_SERVICE_PORT_HTTPS: "6443",
  });
});

describe("expand", () => {
  test.each([
    ["$(A)-$(A)", "1-1"],
    ["$(UNKNOWN)", "$(UNKNOWN)"],
    ["$$(A)", "$(A)"],
    ["$A ${A}", "$A ${A}"],
  ])("makes of %s %s", (text, wanted) => {
    expect(expand(text, { A: "1" })).toBe(wanted);
  });
});
