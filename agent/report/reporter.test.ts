import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../../shared/kube/errors.ts";
import { Scene } from "./reporter.fixture.ts";

let scene: Scene;

beforeEach(() => {
  vi.useFakeTimers();
  scene = new Scene();
});
afterEach(async () => {
  scene.stop.abort();
  await vi.advanceTimersByTimeAsync(60_000);
  await scene.done;
  vi.useRealTimers();
});

describe("Reporter", () => {
  it("sends a snapshot at once and a heartbeat within the interval", async () => {
    expect(await scene.pass(60_000)).toEqual(["0 snapshot", "27000 delta", "54000 delta"]);
  });

  it("sends nothing before anything is known", async () => {
    scene.known = false;
    expect(await scene.pass(60_000)).toEqual([]);
    scene.known = true;
    scene.reporter.wake();
    expect(await scene.pass(10)).toEqual(["60000 snapshot"]);
  });

  it("sends the first change after quiet without waiting", async () => {
    await scene.pass(1000);
    scene.reporter.wake();
    expect(await scene.pass(0)).toEqual(["1000 delta"]);
  });

  it("sends changes under churn together, one report a pace interval", async () => {
    await scene.pass(1000);
    for (let i = 0; i < 100; i++) {
      scene.reporter.wake();
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(scene.sent.map(({ atMs }) => atMs)).toEqual([0, 1000, 1050]);
    expect(await scene.pass(1000)).toEqual(["1100 delta"]);
  });

  it("keeps the pace that the manager asks for", async () => {
    scene.reply = () => ({ paceMs: 5000 });
    await scene.pass(1000);
    scene.reporter.wake();
    expect(await scene.pass(10_000)).toEqual(["5000 delta"]);
  });

  describe("with a least interval of its own", () => {
    beforeEach(() => {
      scene.stop.abort();
      scene = new Scene({ leastIntervalMs: 10_000 });
    });

    it("sends the first change after quiet at once and collects the next ones", async () => {
      await scene.pass(15_000);
      scene.reporter.wake();
      expect(await scene.pass(1000)).toEqual(["15000 delta"]);
      scene.reporter.wake();
      expect(await scene.pass(10_000)).toEqual(["25000 delta"]);
    });

    it("keeps the manager's pace where that is slower", async () => {
      scene.reply = () => ({ paceMs: 20_000 });
      await scene.pass(1000);
      scene.reporter.wake();
      expect(await scene.pass(25_000)).toEqual(["20000 delta"]);
    });

    it("is never silent for longer than a heartbeat", async () => {
      scene.reply = () => ({ heartbeatMs: 4000 });
      await scene.pass(1000);
      scene.reporter.wake();
      expect(await scene.pass(8000)).toEqual(["4000 delta", "8000 delta"]);
    });

    it("sends a snapshot that the manager asks for without waiting", async () => {
      await scene.pass(15_000);
      scene.reply = ({ form }) => ({ resync: form === "delta" });
      scene.reporter.wake();
      expect(await scene.pass(1000)).toEqual(["15000 delta", "15050 snapshot"]);
    });
  });

  it("sends a snapshot when the manager asks for one", async () => {
    await scene.pass(1000);
    scene.reply = ({ form }) => ({ resync: form === "delta" });
    scene.reporter.wake();
    expect(await scene.pass(1000)).toEqual(["1000 delta", "1050 snapshot"]);
  });

  it("sends a snapshot when a manager that began anew takes a delta", async () => {
    await scene.pass(1000);
    scene.reply = () => ({ managerEpoch: 2 });
    scene.reporter.wake();
    expect(await scene.pass(1000)).toEqual(["1000 delta", "1050 snapshot"]);
  });

  it("does not press snapshots on a manager that refuses them", async () => {
    scene.reply = () => ({ resync: true });
    const sent = await scene.pass(60_000);
    expect(sent.length).toBeLessThan(13);
  });

  it("waits longer and longer while the hub is away, then sends a snapshot", async () => {
    await scene.pass(1000);
    scene.reply = () => new ApiError("no answer", { status: 0, reason: "NoAnswer" });
    scene.reporter.wake();
    const sent = await scene.pass(300_000);
    expect(sent[0]).toBe("1000 delta");
    expect(sent.slice(1).every((one) => one.endsWith("snapshot"))).toBe(true);
    expect(sent.length).toBeLessThan(15);
    scene.reply = () => ({});
    expect(await scene.pass(60_000)).toContainEqual(expect.stringMatching(/snapshot$/));
    expect(scene.logged).toEqual(["hub does not take reports", "hub takes reports again"]);
  });

  it("does not come back before Retry-After", async () => {
    await scene.pass(1000);
    scene.reply = () => new ApiError("busy", { status: 429, reason: "TooManyRequests", retryAfterMs: 7000 });
    scene.reporter.wake();
    await scene.pass(1);
    scene.reply = () => ({});
    expect(await scene.pass(20_000)).toEqual(["8125 delta"]);
  });

  it.each([401, 403, 404])("tries again after %i with the same sequence and names it once", async (status) => {
    await scene.pass(1000);
    const sequences: number[] = [];
    scene.reply = ({ sequence }) => {
      sequences.push(sequence);
      return new ApiError("refused", { status, reason: "Refused" });
    };
    scene.reporter.wake();
    await scene.pass(10_000);
    expect(new Set(sequences)).toEqual(new Set([2]));
    expect(sequences.length).toBeGreaterThan(3);
    expect(scene.logged).toEqual(["hub does not take reports"]);
  });

  it("asks once a heartbeat, whatever changes, while another agent speaks for the cluster", async () => {
    scene.reply = () => ({ epoch: 2 });
    await scene.pass(1000);
    scene.reporter.wake();
    expect(await scene.pass(60_000)).toEqual(["30000 snapshot", "60000 snapshot"]);
    expect(scene.logged).toEqual(["another agent reports for this cluster"]);
  });

  it("sends what is left when it is stopped, without keeping the pace", async () => {
    await scene.pass(1000);
    scene.reporter.wake();
    await scene.pass(0);
    scene.reporter.wake();
    scene.stop.abort();
    expect(await scene.pass(0)).toEqual(["1000 delta"]);
    await scene.done;
  });
});
