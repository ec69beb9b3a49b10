import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "../runtime/clock.ts";
import { electLeader } from "./election.ts";
import type { ElectionOptions } from "./election.ts";
import { ApiError } from "./errors.ts";
import type { Lease } from "./lease.ts";
import type { Kube, KubeRequest, OwnerReference } from "./types.ts";

/** An API server that holds one Lease, guards it by resourceVersion, and can be made unreachable. */
function leaseServer() {
  const state: { lease: Lease | undefined; away: boolean; writes: number } = {
    lease: undefined,
    away: false,
    writes: 0,
  };
  const fail = (status: number, reason: string) => Promise.reject(new ApiError(reason, { status, reason }));
  const write = (lease: Lease): Lease => {
    const resourceVersion = String(++state.writes);
    return (state.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion } });
  };
  const answer = ({ method, body, signal }: KubeRequest): Promise<unknown> => {
    if (state.away) return hang(signal);
    const lease = body as Lease;
    if (method === "GET") return state.lease === undefined ? fail(404, "NotFound") : Promise.resolve(state.lease);
    if (method === "POST")
      return state.lease === undefined ? Promise.resolve(write(lease)) : fail(409, "AlreadyExists");
    const fresh = state.lease?.metadata.resourceVersion === lease.metadata.resourceVersion;
    return fresh ? Promise.resolve(write(lease)) : fail(409, "Conflict");
  };
  const kube: Kube = {
    request: <T>(request: KubeRequest) => answer(request) as Promise<T>,
    open: async function* () {
      yield "";
    },
    close: () => {},
  };
  return { kube, state };
}

function hang(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)));
}

function candidate(kube: Kube, identity: string, more: Partial<ElectionOptions> = {}) {
  const stop = new AbortController();
  const told: string[] = [];
  const state = { leads: false, outcome: "" };
  const ended = electLeader({
    kube,
    namespace: "ns",
    name: "lease",
    identity,
    clock: systemClock,
    log: pino({ level: "silent" }),
    random: () => 0,
    signal: stop.signal,
    lead: async (signal) => {
      state.leads = true;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      state.leads = false;
    },
    onLeader: (leader) => told.push(leader),
    ...more,
  }).then(
    () => (state.outcome = "stopped"),
    (error: Error) => (state.outcome = error.name),
  );
  return { state, told, ended, stop };
}

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-01-02T03:04:05.678Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("electLeader()", () => {
  test("takes a Lease that is not there and keeps renewing it", async () => {
    const server = leaseServer();
    const a = candidate(server.kube, "a", { annotations: () => ({ address: "10.0.0.1:8443" }) });
    await wait(0);
    const spec = { holderIdentity: "a", leaseDurationSeconds: 15, leaseTransitions: 0 };
    expect(server.state.lease).toMatchObject({
      metadata: { annotations: { address: "10.0.0.1:8443" } },
      spec: { ...spec, acquireTime: "2026-01-02T03:04:05.678000Z", renewTime: "2026-01-02T03:04:05.678000Z" },
    });
    await wait(60_000);
    expect(a.state).toEqual({ leads: true, outcome: "" });
    expect(server.state.writes).toBe(31);
    expect(server.state.lease?.spec).toMatchObject({ ...spec, acquireTime: "2026-01-02T03:04:05.678000Z" });
    expect(server.state.lease?.spec?.renewTime).toBe("2026-01-02T03:05:05.678000Z");
    expect(a.told).toEqual(["a"]);
  });

  test("renews with one request each time, and reads the Lease again when somebody has changed or removed it", async () => {
    const server = leaseServer();
    const request = vi.spyOn(server.kube, "request");
    const { state } = candidate(server.kube, "a");
    await wait(0);
    request.mockClear();
    await wait(10_000);
    expect(request.mock.calls.map(([{ method }]) => method)).toEqual(["PUT", "PUT", "PUT", "PUT", "PUT"]);
    request.mockClear();
    const lease = server.state.lease as Lease;
    server.state.lease = {
      ...lease,
      metadata: { ...lease.metadata, resourceVersion: "edited", labels: { by: "hand" } },
    };
    await wait(2000);
    expect(request.mock.calls.map(([{ method }]) => method)).toEqual(["PUT", "GET", "PUT"]);
    expect(server.state.lease?.metadata.labels).toEqual({ by: "hand" });
    request.mockClear();
    server.state.lease = undefined;
    await wait(2000);
    expect(request.mock.calls.map(([{ method }]) => method)).toEqual(["PUT", "GET", "POST"]);
    expect(state.leads).toBe(true);
  });

  test("tells the others when its annotations change while it leads", async () => {
    const server = leaseServer();
    let address = "";
    candidate(server.kube, "a", { annotations: () => ({ address }) });
    const read: unknown[] = [];
    await wait(0);
    candidate(server.kube, "b", { onLeader: (...leader) => read.push(leader) });
    await wait(6000);
    address = "10.0.0.1:8443";
    await wait(6000);
    expect(read).toEqual([
      ["a", { address: "" }],
      ["a", { address: "10.0.0.1:8443" }],
    ]);
  });

  test("names the owner of its Lease with the first renewal, also of a Lease made again", async () => {
    const server = leaseServer();
    const owner = { apiVersion: "v1", kind: "ServiceAccount", name: "manager", uid: "u" };
    const findOwner = vi.fn<() => Promise<OwnerReference>>(() => Promise.resolve(owner));
    candidate(server.kube, "a", { findOwner });
    await wait(2000);
    expect(server.state.lease?.metadata.ownerReferences).toEqual([owner]);
    await wait(60_000);
    expect(findOwner).toHaveBeenCalledOnce();
    server.state.lease = undefined;
    await wait(4000);
    expect(server.state.lease).toMatchObject({ metadata: { ownerReferences: [owner] }, spec: { holderIdentity: "a" } });
  });

  test.each<[string, NonNullable<ElectionOptions["findOwner"]>]>([
    ["refuses to tell", () => Promise.reject(new Error("refused"))],
    ["never answers", (signal) => hang(signal)],
  ])("leads without an owner when the server %s", async (_, findOwner) => {
    const server = leaseServer();
    const a = candidate(server.kube, "a", { findOwner });
    await wait(60_000);
    expect(a.state).toEqual({ leads: true, outcome: "" });
    expect(server.state.lease?.metadata).not.toHaveProperty("ownerReferences");
  });

  test("leaves a Lease alone while its holder renews it, however wrong the holder's clock is", async () => {
    const server = leaseServer();
    candidate(server.kube, "a", { clock: { ...systemClock, wallMs: () => 0 } });
    await wait(0);
    const b = candidate(server.kube, "b");
    await wait(120_000);
    expect(b.state.leads).toBe(false);
    expect(b.told).toEqual(["a"]);
  });

  test("takes the Lease over one lease duration after it last saw it change, and counts the transition", async () => {
    const server = leaseServer();
    const a = candidate(server.kube, "a");
    await wait(1000);
    const frozen = { ...server.state.lease } as Lease;
    a.stop.abort();
    await wait(0);
    server.state.lease = frozen;
    const b = candidate(server.kube, "b", { random: () => 0.9 });
    await wait(14_999);
    expect(b.state.leads).toBe(false);
    // At once then, whenever its next look would have been.
    await wait(1);
    expect(b.state.leads).toBe(true);
    expect(server.state.lease?.spec).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });
    expect(b.told).toEqual(["a", "b"]);
  });

  test("on stop waits for the work to end, then gives the Lease back, so that another leads at once", async () => {
    const server = leaseServer();
    let finish = () => {};
    const a = candidate(server.kube, "a", { lead: () => new Promise((resolve) => (finish = resolve)) });
    await wait(1000);
    const b = candidate(server.kube, "b");
    a.stop.abort();
    await wait(5000);
    expect([server.state.lease?.spec?.holderIdentity, b.state.leads]).toEqual(["a", false]);
    finish();
    await a.ended;
    expect(a.state.outcome).toBe("stopped");
    await wait(2000);
    expect(b.state.leads).toBe(true);
    expect(b.told).toEqual(["a", "", "b"]);
  });

  test("loses the lead when it cannot renew for renewDeadlineMs, before the Lease runs out for others", async () => {
    const server = leaseServer();
    const a = candidate(server.kube, "a");
    await wait(1000);
    server.state.away = true;
    await wait(8900);
    expect(a.state).toEqual({ leads: true, outcome: "" });
    await wait(200);
    expect(a.state).toEqual({ leads: false, outcome: "LeadershipLost" });
  });

  test("throws on loss even when the work does not stop", async () => {
    const server = leaseServer();
    const a = candidate(server.kube, "a", { lead: () => new Promise(() => {}) });
    await wait(1000);
    server.state.away = true;
    await wait(12_000);
    expect(a.state.outcome).toBe("LeadershipLost");
  });

  test("survives a short absence of the server", async () => {
    const server = leaseServer();
    const a = candidate(server.kube, "a");
    await wait(1000);
    server.state.away = true;
    await wait(6000);
    server.state.away = false;
    await wait(30_000);
    expect(a.state).toEqual({ leads: true, outcome: "" });
  });

  test("does not touch the Lease after it was frozen for longer than the deadline", async () => {
    const server = leaseServer();
    let frozenMs = 0;
    const clock = { ...systemClock, monotonicMs: () => performance.now() + frozenMs };
    const a = candidate(server.kube, "a", { clock });
    await wait(1000);
    const { writes } = server.state;
    frozenMs = 20_000;
    await wait(2000);
    expect(a.state).toEqual({ leads: false, outcome: "LeadershipLost" });
    expect(server.state.writes).toBe(writes);
  });

  test("loses the lead when another holds the Lease", async () => {
    const server = leaseServer();
    const a = candidate(server.kube, "a");
    await wait(1000);
    const { lease } = server.state;
    if (lease)
      server.state.lease = {
        ...lease,
        metadata: { ...lease.metadata, resourceVersion: "x" },
        spec: { holderIdentity: "b" },
      };
    await wait(2000);
    expect(a.state).toEqual({ leads: false, outcome: "LeadershipLost" });
    expect(a.told).toEqual(["a", "b"]);
  });

  test("gives the Lease back and passes on the error when the work fails", async () => {
    const server = leaseServer();
    const a = candidate(server.kube, "a", { lead: () => Promise.reject(new RangeError("broken")) });
    await wait(0);
    expect(a.state.outcome).toBe("RangeError");
    expect(server.state.lease?.spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
  });

  test("stops while it waits for its turn", async () => {
    const server = leaseServer();
    candidate(server.kube, "a");
    await wait(0);
    const b = candidate(server.kube, "b");
    await wait(3000);
    b.stop.abort();
    await b.ended;
    expect(b.state).toEqual({ leads: false, outcome: "AbortError" });
    expect(server.state.lease?.spec?.holderIdentity).toBe("a");
  });
});
