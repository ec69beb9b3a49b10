// The Lease on the managed cluster by which the klusterlet knows that the add-on lives. The hub plays no part in it.
import { renewLease } from "../../shared/kube/lease.ts";
import type { Kube, OwnerReference } from "../../shared/kube/types.ts";
import { buildBackoff } from "../../shared/runtime/backoff.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import { Alarm } from "../alarm.ts";

/** The klusterlet calls an add-on unhealthy after five missed renewals of sixty seconds. */
const RENEW_MS = 60_000;
const JITTER = 0.25;
const BACKOFF = { baseMs: 1_000, maxMs: 15_000 };

export interface LeaseDeps {
  kube: Kube;
  namespace: string;
  holder: string;
  clock: Clock;
  log: Log;
  random?: () => number;
  onTurn?: () => void;
}

/** Renews the Lease at once and then every sixty seconds until the signal aborts. */
export async function keepLease(deps: LeaseDeps, signal: AbortSignal): Promise<void> {
  const { kube, namespace, holder, clock, log, random = Math.random } = deps;
  const backoff = buildBackoff({ ...BACKOFF, random });
  const alarm = new Alarm();
  let failing = false;
  while (!signal.aborted) {
    deps.onTurn?.();
    let waitMs = RENEW_MS * (1 + JITTER * random());
    try {
      const owner = serviceAccountOf(kube);
      const lease = { namespace, name: ADDON_NAME, holder, durationSeconds: RENEW_MS / 1000, owner };
      await renewLease(kube, { ...lease, clock, signal });
      if (failing) log.info("lease is renewed again");
      failing = false;
      backoff.reset();
    } catch (error) {
      if (signal.aborted) return;
      waitMs = backoff.next();
      if (!failing) log.warn({ err: error }, "lease not renewed");
      failing = true;
    }
    await alarm.wait(waitMs, signal);
  }
}

/** The Lease is not part of what OCM applies and takes away, but the agent's ServiceAccount is: with it the Lease goes. */
function serviceAccountOf(kube: Kube): OwnerReference | undefined {
  const account = kube.expiry?.()?.serviceAccount;
  return account && { apiVersion: "v1", kind: "ServiceAccount", ...account };
}
