// What the embedded server does beside the contract that it shares with the real one: background work, faults, tables,
// and the limits of handing on rights.
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildKube } from "../../../shared/kube/connection.ts";
import { staticSource } from "../../../shared/kube/credentials.ts";
import { collectionPath, objectPath } from "../../../shared/kube/paths.ts";
import { withRetry } from "../../../shared/kube/retry.ts";
import type { Kube, Resource } from "../../../shared/kube/types.ts";
import { serviceAccountUser } from "./authentication.ts";
import type { ApiObject } from "./json.ts";
import type { ApiServer } from "./server.ts";
import { startApiServer } from "./server.ts";

const CONFIG_MAPS: Resource = { group: "", version: "v1", plural: "configmaps" };
const ROLES: Resource = { group: "rbac.authorization.k8s.io", version: "v1", plural: "roles" };
const CRDS: Resource = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" };
const SOON = { timeout: 5000, interval: 10 };
const TEST = { manager: "test" };
const log = pino({ level: "silent" });

let server: ApiServer;
let admin: Kube;

async function connect(token: string): Promise<Kube> {
  const source = staticSource({ server: server.url, ca: server.ca, token });
  return buildKube({ source, log, userAgent: "test" });
}

beforeAll(async () => {
  server = await startApiServer({ name: "test" });
  admin = await connect(server.authentication.issueToken({ name: "admin", groups: ["system:masters"] }));
});
afterAll(async () => {
  admin.close();
  await server.close();
});

function configMap(name: string, more: Partial<ApiObject["metadata"]> = {}): ApiObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default", ...more } };
}

function namesIn(namespace: string): string[] {
  return server.registry.storage.list("configmaps", namespace).map(({ metadata }) => metadata.name);
}

describe("background work", () => {
  test("removes what is owned with its owner, through finalizers and over several levels", async () => {
    const ownedBy = ({ apiVersion, kind, metadata }: ApiObject) => {
      return { ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? "" }] };
    };
    const owner = server.registry.create(configMap("owner"), TEST);
    const child = server.registry.create(configMap("child", { ...ownedBy(owner), finalizers: ["test/hold"] }), TEST);
    server.registry.create(configMap("grandchild", ownedBy(child)), TEST);
    await admin.request({ method: "DELETE", path: objectPath(CONFIG_MAPS, { namespace: "default", name: "owner" }) });
    const held = () => server.registry.storage.get("configmaps", "default", "child")?.metadata.deletionTimestamp;
    await expect.poll(held, SOON).toBeDefined();
    expect(namesIn("default")).toEqual(["child", "grandchild"]);
    const key = { namespace: "default", name: "child" };
    const release = (current: ApiObject): ApiObject => ({
      ...current,
      metadata: { ...current.metadata, finalizers: [] },
    });
    server.registry.update(server.registry.typeOf(child), key, release, TEST);
    await expect.poll(() => namesIn("default"), SOON).toEqual([]);
  });

  test("removes an object whose owner was never there", async () => {
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "nobody", uid: "00000000-0000-0000-0000-000000000000" };
    server.registry.create(configMap("orphan", { ownerReferences: [owner] }), TEST);
    await expect.poll(() => namesIn("default"), SOON).toEqual([]);
  });

  test("empties a namespace that is deleted, then removes it", async () => {
    server.registry.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "brief" } }, TEST);
    server.registry.create(configMap("inside", { namespace: "brief" }), TEST);
    await admin.request({ method: "DELETE", path: "/api/v1/namespaces/brief" });
    const body = configMap("late", { namespace: "brief" });
    const late = admin.request({ method: "POST", path: collectionPath(CONFIG_MAPS, "brief"), body });
    await expect(late).rejects.toMatchObject({ status: expect.toSatisfy((code) => code === 403 || code === 404) });
    await expect.poll(() => server.registry.storage.get("namespaces", "", "brief"), SOON).toBeUndefined();
    expect(namesIn("brief")).toEqual([]);
  });
});

describe("faults", () => {
  const list = () => admin.request({ method: "GET", path: collectionPath(CONFIG_MAPS, "default") });

  test("answer with a code so often as was said, and tell when to come back", async () => {
    server.faults.add({ status: 429, retryAfterSeconds: 0, times: 2 });
    await expect(list()).rejects.toMatchObject({ status: 429, reason: "TooManyRequests", retryAfterMs: 0 });
    await expect(list()).rejects.toMatchObject({ status: 429 });
    await expect(list()).resolves.toMatchObject({ kind: "ConfigMapList" });
  });

  test("drop connections without an answer", async () => {
    const remove = server.faults.add({ drop: true });
    await expect(list()).rejects.toMatchObject({ status: 0 });
    remove();
    await expect(list()).resolves.toMatchObject({ kind: "ConfigMapList" });
  });

  test("hit only the requests that they match, until they are removed", async () => {
    const remove = server.faults.add({ status: 503, matches: ({ verb }) => verb === "list" });
    const get = { method: "GET" as const, path: "/api/v1/namespaces/default" };
    await expect(admin.request(get)).resolves.toMatchObject({ kind: "Namespace" });
    await expect(list()).rejects.toMatchObject({ status: 503 });
    remove();
    await expect(withRetry(list, { attempts: 2, signal: AbortSignal.timeout(5000) })).resolves.toBeDefined();
  });
});

describe("tables", () => {
  test("have the columns of the definition, by JSON path", async () => {
    const columns = [
      { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: "Size", type: "integer", jsonPath: ".spec.size" },
    ];
    const version = { name: "v1", served: true, storage: true, additionalPrinterColumns: columns };
    const names = { kind: "Lamp", plural: "lamps" };
    const spec = { group: "test.example", scope: "Cluster", names, versions: [version] };
    const crd = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "lamps.test.example" },
      spec,
    };
    await admin.request({ method: "POST", path: collectionPath(CRDS), body: crd });
    const lamps: Resource = { group: "test.example", version: "v1", plural: "lamps" };
    const status = {
      conditions: [
        { type: "Other", status: "False" },
        { type: "Ready", status: "True" },
      ],
    };
    const lamp = { apiVersion: "test.example/v1", kind: "Lamp", metadata: { name: "one" }, spec: { size: 3 }, status };
    await admin.request({ method: "POST", path: collectionPath(lamps), body: lamp });
    const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" };
    const table = await admin.request({ method: "GET", path: collectionPath(lamps), headers });
    expect(table).toMatchObject({
      kind: "Table",
      columnDefinitions: [{ name: "Name" }, { name: "Ready" }, { name: "Size" }],
      rows: [{ cells: ["one", "True", 3], object: { kind: "PartialObjectMetadata", metadata: { name: "one" } } }],
    });
  });
});

describe("access", () => {
  test("a token that was not issued here answers 401, none at all 403", async () => {
    const stranger = await connect("made-up");
    await expect(stranger.request({ method: "GET", path: "/api/v1/namespaces" })).rejects.toMatchObject({
      status: 401,
    });
    stranger.close();
    const nobody = await buildKube({
      source: staticSource({ server: server.url, ca: server.ca }),
      log,
      userAgent: "test",
    });
    await expect(nobody.request({ method: "GET", path: "/api/v1/namespaces" })).rejects.toMatchObject({ status: 403 });
    nobody.close();
  });

  test("nobody hands on more rights than he has", async () => {
    const metadata = { name: "role-maker", namespace: "default" };
    const manage = { apiGroups: [ROLES.group], resources: ["roles"], verbs: ["create"] };
    const read = { apiGroups: [""], resources: ["configmaps"], verbs: ["get"] };
    const rbac = `${ROLES.group}/v1`;
    server.registry.create({ apiVersion: rbac, kind: "Role", metadata, rules: [manage, read] }, TEST);
    const subjects = [{ kind: "ServiceAccount", name: "maker", namespace: "default" }];
    const roleRef = { apiGroup: ROLES.group, kind: "Role", name: metadata.name };
    server.registry.create({ apiVersion: rbac, kind: "RoleBinding", metadata, roleRef, subjects }, TEST);
    const maker = await connect(server.authentication.issueToken(serviceAccountUser("default", "maker")));
    const create = (name: string, rules: object[]) => {
      const body = { apiVersion: rbac, kind: "Role", metadata: { name, namespace: "default" }, rules };
      return maker.request({ method: "POST", path: collectionPath(ROLES, "default"), body });
    };
    await expect(create("same", [read])).resolves.toMatchObject({ kind: "Role" });
    await expect(create("more", [{ ...read, verbs: ["get", "delete"] }])).rejects.toMatchObject({ status: 403 });
    maker.close();
  });
});
