// A klusterlet that gives add-ons a ServiceAccount's token instead of a certificate (--addon-kubeclient-registration-auth):
// the agent of c3 changes to it and back, without a restart.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { API_VERSION } from "../../shared/wire/group.ts";
import { lookAt, met, until } from "./harness/polling.ts";
import { suiteStack } from "./harness/suite.ts";
import type { Addon } from "./support/addon-events.ts";
import { ADDON, addonPath, enableAddon, INSTALL_NAMESPACE, untilConditions } from "./support/addon.ts";
import { agentPod } from "./support/faults.ts";

const GROUP_OF_C3 = `system:open-cluster-management:cluster:c3:addon:${ADDON}`;
const CSR = {
  driver: "csr",
  user: `${GROUP_OF_C3}:agent:${ADDON}`,
  groups: [GROUP_OF_C3, `system:open-cluster-management:addon:${ADDON}`],
};
const TOKEN = { driver: "token", user: `system:serviceaccount:c3:${ADDON}-agent`, groups: [] };
const BINDING = `/apis/rbac.authorization.k8s.io/v1/namespaces/c3/rolebindings/kruise-health-agent`;
const SECRET = `/api/v1/namespaces/${INSTALL_NAMESPACE}/secrets/${ADDON}-hub-kubeconfig`;
const KLUSTERLET = "c3/registration-agent";
const SOON = { limitMs: 60_000 };
const stack = suiteStack();
let hub: Kube;
let c3: Kube;

beforeAll(async () => {
  hub = await stack.hub.admin();
  c3 = await stack.cluster("c3").admin();
  await enableAddon(stack, hub, ["c3"]);
});

afterAll(() => {
  hub.close();
  c3.close();
});

describe("a klusterlet with the token driver", () => {
  test("31: names a ServiceAccount, to which the rights go, and the agent works with its token; and all of it back", async () => {
    const podBefore = await agentPod(c3);
    await restartKlusterlet("--addon-kubeclient-registration-auth=token");
    try {
      await untilIdentity(TOKEN);
      await untilConditions(hub, "c3", { TokenInfrastructureReady: "True/", TokenRefreshed: "True/" });
      expect(await keysOf(SECRET)).toContain("token");
      // Who reports now has the token: to the name in the certificate nothing is bound any more.
      expect(await mayReport(CSR)).toBe(false);
      expect(await mayReport(TOKEN)).toBe(true);
      await untilReportAfter(Date.now());
      await untilConditions(hub, "c3", {
        RegistrationApplied: "True/SetPermissionApplied",
        Reporting: "True/",
        Available: "True/",
      });
    } finally {
      await restartKlusterlet();
    }
    await untilIdentity(CSR);
    await until(
      "the token to be gone",
      async () => {
        const keys = await keysOf(SECRET);
        return lookAt(keys.includes("tls.crt") && !keys.includes("token"), keys);
      },
      SOON,
    );
    expect(await mayReport(TOKEN)).toBe(false);
    await untilReportAfter(Date.now());
    await untilConditions(hub, "c3", {
      RegistrationApplied: "True/SetPermissionApplied",
      Progressing: "False/Completed",
      Reporting: "True/",
      Available: "True/",
    });
    const podAfter = await agentPod(c3);
    expect(podAfter.metadata.uid).toBe(podBefore.metadata.uid);
    expect(podAfter.status?.containerStatuses?.[0]?.restartCount).toBe(
      podBefore.status?.containerStatuses?.[0]?.restartCount,
    );
  });
});

async function restartKlusterlet(...flags: string[]): Promise<void> {
  const klusterlet = stack.component(KLUSTERLET);
  await klusterlet.stop();
  await klusterlet.start(...flags);
}

type Binding = KubeObject & { subjects?: { kind: string; name: string }[] };

/** Waits until OCM and the manager name this user: in the registration, and as the one who has the rights. */
async function untilIdentity({ driver, user, groups }: typeof CSR): Promise<void> {
  await until(
    `${user} to be the agent of c3`,
    async () => {
      const { status } = await hub.request<Addon>({ method: "GET", path: addonPath("c3") });
      const { subjects } = await hub.request<Binding>({ method: "GET", path: BINDING });
      expect(status).toMatchObject({ kubeClientDriver: driver, registrations: [{ subject: { user } }] });
      expect(status?.registrations?.[0]?.subject?.groups ?? []).toEqual(groups);
      // Never the group that the agents of all clusters share.
      const named = [user, ...groups.filter((group) => group === GROUP_OF_C3)];
      expect(subjects?.map(({ name }) => name)).toEqual(named);
      return met(undefined);
    },
    SOON,
  );
}

async function keysOf(path: string): Promise<string[]> {
  const { data } = await c3.request<KubeObject & { data?: Record<string, string> }>({ method: "GET", path });
  return Object.keys(data ?? {});
}

async function mayReport({ user, groups }: typeof CSR): Promise<boolean> {
  const [group, version] = API_VERSION.split("/");
  const resourceAttributes = { namespace: "c3", group, version, resource: "kruisehealthreports", verb: "create" };
  const { status } = await hub.request<{ status: { allowed: boolean } }>({
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    body: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: { user, groups: [...groups, "system:authenticated"], resourceAttributes },
    },
  });
  return status.allowed;
}

/** Waits until the hub has taken a report that was made after this time. */
async function untilReportAfter(sinceMs: number): Promise<void> {
  const path = `/apis/${API_VERSION}/namespaces/c3/kruiseclusters/c3`;
  await until(
    "a report of c3",
    async () => {
      const { status } = await hub.request<{ status: { lastReportTime?: string } }>({ method: "GET", path });
      // Whole seconds: a report of the same second may be one of before.
      return lookAt(Date.parse(status.lastReportTime ?? "") > sinceMs + 1_000, status.lastReportTime);
    },
    SOON,
  );
}
