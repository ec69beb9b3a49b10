// Contract: Leases - made when they are not there, renewed when they are, dates with six decimals.
import { beforeAll, describe, expect, test } from "vitest";
import { LEASES, createLease, renewLease } from "../../../shared/kube/lease.ts";
import type { Lease } from "../../../shared/kube/lease.ts";
import { objectPath } from "../../../shared/kube/paths.ts";
import type { Kube, KubeObject } from "../../../shared/kube/types.ts";
import { makeNamespace } from "../fixtures.ts";
import type { ContractServer } from "../server.ts";

export function leaseCases(server: ContractServer): void {
  describe("leases", () => {
    let kube: Kube;
    let namespace: string;
    beforeAll(async () => {
      kube = await server.kube();
      namespace = await makeNamespace(kube);
      return () => kube.close();
    });
    const clockAt = (date: string) => ({ monotonicMs: () => 0, wallMs: () => Date.parse(date) });
    const read = () =>
      kube.request<Lease>({ method: "GET", path: objectPath(LEASES, { namespace, name: "sign-of-life" }) });

    test("renewLease() creates a Lease, then renews the same one", async () => {
      const options = { namespace, name: "sign-of-life", holder: "agent-1", durationSeconds: 60 };
      await renewLease(kube, { ...options, clock: clockAt("2026-01-02T03:04:05.678Z") });
      const created = await read();
      expect(created.spec).toMatchObject({
        holderIdentity: "agent-1",
        leaseDurationSeconds: 60,
        renewTime: "2026-01-02T03:04:05.678000Z",
      });
      await renewLease(kube, { ...options, holder: "agent-2", clock: clockAt("2026-01-02T03:05:05Z") });
      const renewed = await read();
      expect(renewed.metadata.uid).toBe(created.metadata.uid);
      expect(renewed.spec).toMatchObject({ holderIdentity: "agent-2", renewTime: "2026-01-02T03:05:05.000000Z" });
    });

    test("renewLease() names the owner of a Lease that it makes, and leaves that of another as it is", async () => {
      const options = { namespace, name: "owned", holder: "agent-1", durationSeconds: 60 };
      const { metadata } = await kube.request<KubeObject>({
        method: "POST",
        path: `/api/v1/namespaces/${namespace}/serviceaccounts`,
        body: { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "agent" } },
      });
      const owner = { apiVersion: "v1", kind: "ServiceAccount", name: "agent", uid: metadata.uid ?? "" };
      const clock = clockAt("2026-01-02T03:04:05Z");
      const ownersOf = async (name: string): Promise<unknown> =>
        (await kube.request<Lease>({ method: "GET", path: objectPath(LEASES, { namespace, name }) })).metadata
          .ownerReferences;
      await renewLease(kube, { ...options, clock, owner });
      await renewLease(kube, { ...options, clock });
      expect(await ownersOf("owned")).toEqual([owner]);
      await renewLease(kube, { ...options, name: "free", clock });
      await renewLease(kube, { ...options, name: "free", clock, owner });
      expect(await ownersOf("free")).toBeUndefined();
    });

    test("microseconds survive", async () => {
      const metadata = { namespace, name: "micro" };
      const renewTime = "2026-01-02T03:04:05.123456Z";
      const lease = await createLease(kube, {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata,
        spec: { renewTime },
      });
      expect(lease.spec?.renewTime).toBe(renewTime);
    });
  });
}
