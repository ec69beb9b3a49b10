// The sign of life on the managed cluster: whose it is and whom it goes with.
import { expect, it } from "vitest";
import { ApiError } from "../../shared/kube/errors.ts";
import type { CredentialExpiry } from "../../shared/kube/types.ts";
import { buildLog } from "../../shared/runtime/log.ts";
import { ScriptedKube } from "../../test/support/scripted-kube.ts";
import { keepLease } from "./lease.ts";

/** What the agent writes where there is no Lease yet, with credentials that say this of themselves. */
async function firstLease(expiry: CredentialExpiry | undefined): Promise<unknown> {
  const end = new AbortController();
  const kube = Object.assign(
    new ScriptedKube(({ method }) => {
      if (method === "PATCH") throw new ApiError("no such Lease", { status: 404, reason: "NotFound" });
      end.abort();
      return {};
    }),
    { expiry: () => expiry },
  );
  const clock = { monotonicMs: () => 0, wallMs: () => Date.parse("2026-01-02T03:04:05Z") };
  const log = buildLog("test", "silent");
  await keepLease({ kube, namespace: "addons", holder: "agent-1", clock, log }, end.signal);
  return kube.requests.map(({ method, path, body }) => ({ method, path, body }));
}

const path = "/apis/coordination.k8s.io/v1/namespaces/addons/leases";
const spec = { holderIdentity: "agent-1", leaseDurationSeconds: 60, renewTime: "2026-01-02T03:04:05.000000Z" };
const lease = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { namespace: "addons", name: "kruise-health" },
  spec,
};

it("belongs to the agent's ServiceAccount, so that it goes when OCM takes that away", async () => {
  const account = { name: "kruise-health-agent", uid: "f00d" };
  const ownerReferences = [{ apiVersion: "v1", kind: "ServiceAccount", ...account }];
  expect(await firstLease({ what: "token", identity: "", endsMs: 1, serviceAccount: account })).toEqual([
    { method: "PATCH", path: `${path}/kruise-health`, body: { spec } },
    { method: "POST", path, body: { ...lease, metadata: { ...lease.metadata, ownerReferences } } },
  ]);
});

it("belongs to nobody outside of a pod", async () => {
  const written = [
    { method: "PATCH", path: `${path}/kruise-health`, body: { spec } },
    { method: "POST", path, body: lease },
  ];
  expect(await firstLease(undefined)).toEqual(written);
  expect(await firstLease({ what: "client certificate", identity: "admin", endsMs: 1 })).toEqual(written);
});
