// Contract: leader election over a Lease of this server - one leader, takeover after it fell silent, release on stop.
import { pino } from "pino";
import { beforeAll, describe, expect, test } from "vitest";
import { electLeader } from "../../../shared/kube/election.ts";
import { LEASES } from "../../../shared/kube/lease.ts";
import type { Lease } from "../../../shared/kube/lease.ts";
import { objectPath } from "../../../shared/kube/paths.ts";
import { systemClock } from "../../../shared/runtime/clock.ts";
import type { Kube } from "../../../shared/kube/types.ts";
import { makeNamespace } from "../fixtures.ts";
import type { ContractServer } from "../server.ts";

export function electionCases(server: ContractServer): void {
  describe("the election", () => {
    let kube: Kube;
    let namespace: string;
    beforeAll(async () => {
      kube = await server.kube();
      namespace = await makeNamespace(kube);
      return () => kube.close();
    });

    /** Starts a candidate over its own connection, which may be cut to play a silent one. */
    function candidate(name: string, identity: string, connection: Kube) {
      const stop = new AbortController();
      const leading = Promise.withResolvers<void>();
      const state = { leads: false };
      const ended = electLeader({
        kube: connection,
        namespace,
        name,
        identity,
        clock: systemClock,
        log: pino({ level: "silent" }),
        leaseDurationMs: 1000,
        renewDeadlineMs: 700,
        retryMs: 100,
        signal: stop.signal,
        lead: async (signal) => {
          state.leads = true;
          leading.resolve();
          await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
          state.leads = false;
        },
      }).then(
        () => "stopped",
        (error: Error) => error.name,
      );
      return { state, leading: leading.promise, ended, stop: () => stop.abort() };
    }
    const read = (name: string) =>
      kube.request<Lease>({ method: "GET", path: objectPath(LEASES, { namespace, name }) });

    test("makes one of two candidates leader; the other follows when it stops and gives the Lease back", async () => {
      const both = [candidate("two", "a", kube), candidate("two", "b", kube)];
      await Promise.race(both.map(({ leading }) => leading));
      const [leader, follower] = both[0]?.state.leads === true ? both : both.toReversed();
      expect(follower?.state.leads).toBe(false);
      leader?.stop();
      expect(await leader?.ended).toBe("stopped");
      await follower?.leading;
      expect((await read("two")).spec).toMatchObject({
        holderIdentity: both[0] === follower ? "a" : "b",
        leaseTransitions: 1,
      });
      follower?.stop();
      expect(await follower?.ended).toBe("stopped");
      expect((await read("two")).spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
    });

    test("lets another take over when the leader falls silent, and the silent one knows that it has lost", async () => {
      const cut = await server.kube();
      const silent = candidate("silent", "a", cut);
      await silent.leading;
      const heir = candidate("silent", "b", kube);
      cut.close();
      await heir.leading;
      expect(silent.state.leads).toBe(false);
      expect(await silent.ended).toBe("LeadershipLost");
      expect((await read("silent")).spec).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });
      heir.stop();
      await heir.ended;
    });
  });
}
