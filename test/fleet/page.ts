// The page of a local fleet: built beside its files, and opened by a proxy with a reader's rights, as `kubectl proxy` would.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { API_VERSION, GROUP } from "../../shared/wire/group.ts";
import { buildDashboard } from "../build.ts";
import { startLoopbackProxy } from "../support/loopback-proxy.ts";
import type { Json } from "./apiserver/json.ts";
import type { ApiServer } from "./apiserver/server.ts";

export interface BuiltPage {
  /** For the manager's setting DASHBOARD_DIR. */
  folder: string;
  remove(): Promise<void>;
}

export async function buildPage(): Promise<BuiltPage> {
  const folder = await mkdtemp(join(tmpdir(), "kruise-health-page-"));
  await buildDashboard(folder);
  return { folder, remove: async () => rm(folder, { recursive: true, force: true }) };
}

export interface OpenedPage {
  /** To type into a browser. */
  address: string;
  /** http://127.0.0.1:PORT */
  url: string;
  close: () => Promise<void>;
}

const READER = "page-reader";
const RBAC = "rbac.authorization.k8s.io";
const READ = ["get", "list", "watch"];

/** Opens the page of a hub to whoever is on this machine, to read and no more. */
export async function openPage(hub: ApiServer): Promise<OpenedPage> {
  const rules: Json = [
    { apiGroups: [GROUP], resources: ["kruiseworkloads", "kruiseclusters", "kruisefleetworkloads"], verbs: READ },
    { apiGroups: [GROUP], resources: ["dashboard"], verbs: ["get", "list"] },
    { apiGroups: ["addon.open-cluster-management.io"], resources: ["managedclusteraddons"], verbs: READ },
  ];
  const metadata = { name: READER };
  const of = (kind: string) => ({ apiVersion: `${RBAC}/v1`, kind, metadata });
  hub.registry.create({ ...of("ClusterRole"), rules }, { manager: "user" });
  hub.registry.create(
    {
      ...of("ClusterRoleBinding"),
      roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: READER },
      subjects: [{ kind: "User", name: READER }],
    },
    { manager: "user" },
  );
  const token = hub.authentication.issueToken({ name: READER, groups: ["system:authenticated"] });
  const headers = { authorization: `Bearer ${token}` };
  const { url, close } = await startLoopbackProxy({ url: hub.url, ca: hub.ca, headers });
  return { address: `${url}/apis/${API_VERSION}/dashboard/`, url, close };
}
