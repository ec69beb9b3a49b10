// What can be held against the chart without Helm: its values, their schema, its rights, its environment.
// Rendering is tested with the real Helm in test/e2e/chart.e2e.ts.
import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { ManagerConfig } from "../../manager/config.ts";
import { WORK_NAMES } from "../../manager/manifests/work.ts";
import { readValues, schemaPaths } from "../../test/docs/chart-values.ts";
import type { SchemaNode } from "../../test/docs/chart-values.ts";

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
const templates = readdirSync(new URL("templates/", import.meta.url)).map((name) => ({
  name,
  text: read(`templates/${name}`),
}));
const valuesText = read("values.yaml");
const values: unknown = parse(valuesText);
const schema = JSON.parse(read("values.schema.json")) as SchemaNode & { $schema: string; definitions: Record<string, SchemaNode> };

/** Every path of the values, as `image.tag`; a free-form object counts as one value. */
function valuePaths(node: unknown, at: SchemaNode | undefined, prefix = ""): string[] {
  const isFree = at?.properties === undefined;
  if (isFree || typeof node !== "object" || node === null || Array.isArray(node)) return [prefix];
  return Object.entries(node).flatMap(([key, value]) =>
    valuePaths(value, at.properties?.[key], prefix === "" ? key : `${prefix}.${key}`),
  );
}

describe("values.schema.json", () => {
  test("knows exactly the values that values.yaml has, and global", () => {
    expect([...valuePaths(values, schema), "global"].toSorted()).toEqual(schemaPaths(schema).toSorted());
  });

  test("is draft 7 and lets no unknown name pass wherever names are fixed", () => {
    expect(schema.$schema).toBe("http://json-schema.org/draft-07/schema#");
    const open: string[] = [];
    const visit = (node: SchemaNode, path: string): void => {
      if (node.properties !== undefined && node.additionalProperties !== false) open.push(path);
      for (const [key, child] of Object.entries(node.properties ?? {})) visit(child, `${path}.${key}`);
      if (node.items !== undefined) visit(node.items, `${path}[]`);
    };
    visit(schema, "$");
    for (const [name, child] of Object.entries(schema.definitions)) visit(child, name);
    expect(open).toEqual([]);
  });

  test("accepts the values as they stand", () => {
    const json = JSON.parse(read("values.schema.json")) as Parameters<typeof z.fromJSONSchema>[0];
    expect(z.fromJSONSchema(json).safeParse(values).error).toBeUndefined();
  });
});

test("every value has a comment above it", () => {
  const documented = readValues(valuesText).map(({ path }) => path);
  expect(documented.toSorted()).toEqual(valuePaths(values, schema).toSorted());
});

test("every value is used by a template, and templates use no other", () => {
  const all = templates.map(({ text }) => text).join("\n");
  // The checks call the values $v.
  const used = new Set([...all.matchAll(/(?:\.Values|\$v)\.([A-Za-z.]+)/g)].map(([, path]) => path ?? ""));
  const known = new Set(valuePaths(values, schema));
  const isKnown = (path: string): boolean => [...known].some((name) => name === path || name.startsWith(`${path}.`));
  const isUsed = (name: string): boolean => [...used].some((path) => path === name || name.startsWith(`${path}.`));
  expect([...used].filter((path) => !isKnown(path))).toEqual([]);
  expect([...known].filter((name) => !isUsed(name))).toEqual([]);
});

describe("the manager's Deployment", () => {
  const text = templates.find(({ name }) => name === "deployment.yaml")?.text ?? "";
  const envNames = [...text.matchAll(/^ {12}- name: ([A-Z_]+)$/gm)].map(([, name]) => name ?? "");
  const settings = Object.keys(ManagerConfig.shape);

  test("sets no variable that the manager does not read", () => {
    expect(envNames.length).toBeGreaterThan(5);
    expect(envNames.filter((name) => !settings.includes(name))).toEqual([]);
  });

  test("sets every setting but those that stand outside a pod or come from the kubelet", () => {
    const fromElsewhere = ["DASHBOARD_DIR", "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"];
    expect(settings.filter((name) => !envNames.includes(name) && !fromElsewhere.includes(name))).toEqual([]);
  });

  test.each(["runAsNonRoot: true", "allowPrivilegeEscalation: false", "readOnlyRootFilesystem: true", "drop: [ALL]"])(
    "is restricted: %s",
    (line) => {
      expect(text).toContain(line);
    },
  );
});

test("the values are checked by one template", () => {
  const checked = templates.filter(({ text }) => text.includes('include "kruise-health.checks"'));
  expect(checked.map(({ name }) => name)).toEqual(["deployment.yaml"]);
});

describe("what Prometheus and Grafana get", () => {
  const named = templates.flatMap(({ text }) => [...text.matchAll(/\.Files\.Get "([^"]+)"/g)].map(([, file]) => file ?? ""));

  test("is in the chart, and every file of it is used or told of", () => {
    expect(named.toSorted()).toEqual(["alerts/kruise-health.yaml", "dashboards/kruise-health.json"]);
    const shipped = ["alerts", "dashboards"].flatMap((dir) =>
      readdirSync(new URL(`${dir}/`, import.meta.url)).map((file) => `${dir}/${file}`),
    );
    const told = read("../../docs/using/alerting.md");
    expect(shipped.length).toBeGreaterThan(named.length);
    expect(shipped.filter((file) => !told.includes(`charts/kruise-health/${file}`))).toEqual([]);
  });

  test("is nothing unless it is asked for", () => {
    const enabled = readValues(valuesText).filter(({ path }) => /^(serviceMonitor|prometheusRule|grafanaDashboard)\.enabled$/.test(path));
    expect(enabled.map(({ default: is }) => is)).toEqual([false, false, false]);
    for (const name of ["monitoring.yaml", "grafana.yaml"]) {
      const text = templates.find((template) => template.name === name)?.text ?? "";
      const outside = text.replaceAll(/^\{\{- if \.Values\.\w+\.enabled \}\}$[\s\S]*?^\{\{- end \}\}$/gm, "");
      expect(outside.trim()).toBe("");
    }
  });
});

describe("rights", () => {
  const rbac = templates.filter(({ name }) => name.startsWith("rbac-"));

  test("hold no wildcard", () => {
    expect(rbac.length).toBe(3);
    const wildcards = rbac.flatMap(({ text }) => text.split("\n")).filter((line) => /["'[ ,]\*["'\], ]|\*$/.test(line));
    expect(wildcards).toEqual([]);
  });

  test("hold no escalation: neither escalate, bind nor impersonate, and no reading of Secrets beyond the own one", () => {
    const lines = rbac.flatMap(({ text }) => text.split("\n"));
    expect(lines.filter((line) => /verbs:.*\b(escalate|bind|impersonate)\b/.test(line))).toEqual([]);
    const secretRules = rbac.flatMap(({ text }) => text.split("\n  - ")).filter((rule) => rule.includes("[secrets]"));
    expect(secretRules.length).toBe(2);
    for (const rule of secretRules) expect(rule).toContain("resourceNames:");
  });

  test("reach to each ManifestWork that an agent may need, and to no other add-on's", () => {
    const text = rbac.map((file) => file.text).join("\n");
    expect(text).toContain(`{{- range until ${WORK_NAMES.length} }}`);
    expect(text).toContain('- addon-{{ include "kruise-health.addon" $ }}-deploy-{{ . }}');
    expect([WORK_NAMES[0], WORK_NAMES.at(-1)]).toEqual([
      "addon-kruise-health-deploy-0",
      `addon-kruise-health-deploy-${WORK_NAMES.length - 1}`,
    ]);
  });
});
