// Faults between agent and hub: restarts, outages, slow and small hubs, odd managers, storms, clocks.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../../shared/kube/errors.ts";
import type { ReceivedRecord } from "../../shared/kruise/received-record.ts";
import type { AnswerStatus, Report } from "../../shared/wire/report.ts";
import { Scene } from "./reporter.fixture.ts";
import type { SessionOptions } from "./session.ts";

let scene: Scene;

/** Stops the scene that a test began with and begins another one. */
function begin(options: Partial<SessionOptions>): void {
  scene.stop.abort();
  scene = new Scene(options);
}

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

it("notices a take-over within seconds, however long the replicas had no leader", async () => {
  scene.reply = () => new ApiError("this replica does not lead", { status: 503, reason: "X", retryAfterMs: 1000 });
  await scene.pass(120_000);
  // The second that it was asked for, and at most five times that.
  expect((await scene.pass(36_000)).length).toBeGreaterThanOrEqual(6);
  scene.reply = () => ({});
  expect((await scene.pass(6_000)).at(-1)).toContain("snapshot");
  expect(scene.attempts.at(-1)).toBe("Acknowledged");
});

describe("fault 2: a restarted agent", () => {
  const held = [{ k: "CloneSet", ns: "shop", n: "web" }] as ReceivedRecord[];
  const away = new ApiError("no answer", { status: 0, reason: "NoAnswer" });
  const toRecall =
    (answer: Partial<AnswerStatus> | Error) =>
    ({ form }: Report): Partial<AnswerStatus> | Error =>
      form === "recall" ? answer : {};
  beforeEach(() => begin({ recall: true }));

  it("asks what the hub holds before its first report, and goes on from there", async () => {
    scene.reply = toRecall({ records: held });
    expect(await scene.pass(1000)).toEqual(["0 recall", "0 snapshot"]);
    expect(scene.adopted).toEqual([{ keys: ["cloneset.shop.web"], behindMs: 0 }]);
    expect(scene.attempts).toEqual(["Recalled", "Acknowledged"]);
  });

  it("does not ask again", async () => {
    scene.reply = () => ({ resync: true });
    await scene.pass(600_000);
    expect(scene.sent.filter(({ form }) => form === "recall")).toHaveLength(1);
  });

  it("reports at once when the hub knows nothing of the cluster", async () => {
    scene.reply = toRecall({ epoch: 0, sequence: 0 });
    expect(await scene.pass(1000)).toEqual(["0 recall", "0 snapshot"]);
    expect(scene.adopted).toEqual([{ keys: [], behindMs: 0 }]);
  });

  it("asks when the hub is back, before the first report", async () => {
    scene.reply = () => away;
    const sent = await scene.pass(3_600_000);
    expect(new Set(sent.map((one) => one.split(" ")[1]))).toEqual(new Set(["recall"]));
    scene.reply = toRecall({ records: held });
    expect((await scene.pass(120_000)).slice(0, 2).map((one) => one.split(" ")[1])).toEqual(["recall", "snapshot"]);
    expect(scene.adopted).toHaveLength(1);
    expect(scene.logged[0]).toBe("hub does not take reports");
  });

  it.each([400, 413, 415, 422, 500, 504])(
    "fault 27: reports all the same when a recall is answered %i",
    async (status) => {
      scene.reply = toRecall(new ApiError("what?", { status, reason: "Odd" }));
      expect(await scene.pass(1000)).toEqual(["0 recall", "125 snapshot"]);
      expect(scene.adopted).toEqual([]);
      expect(scene.logged).toEqual([expect.stringContaining("dated anew")]);
    },
  );

  it("reports all the same when what answers is no manager", async () => {
    scene.reply = toRecall(new Error("not a report answer"));
    expect(await scene.pass(1000)).toEqual(["0 recall", "125 snapshot"]);
  });

  it("does not wait for long for a hub that is slow to tell", async () => {
    scene.delayMs = 35_000;
    scene.reply = toRecall({ records: held });
    const sent = await scene.pass(100_000);
    expect(sent.map((one) => one.split(" ")[1])).toEqual(["recall", "recall", "snapshot", "delta"]);
    expect(scene.adopted).toEqual([]);
  });

  it("fault 4: tells by how much the clock of the earlier agent was behind", async () => {
    scene.reply = toRecall({ records: held, recordsSentMs: Date.now() - 7_200_000, recordsAgeMs: 3_600_000 });
    await scene.pass(10);
    expect(scene.adopted.map(({ behindMs }) => Math.round(behindMs / 1000))).toEqual([3600]);
  });

  it("fault 4: speaks for the cluster although its clock was set back", async () => {
    scene.reply = ({ epoch }) => ({ epoch: Math.max(epoch, 5000) });
    await scene.pass(1000);
    expect(scene.attempts).toEqual(["Recalled", "Acknowledged"]);
  });

  it("says nothing when it is stopped before it could ask", async () => {
    scene.known = false;
    await scene.pass(10);
    scene.known = true;
    scene.stop.abort();
    expect(await scene.pass(1000)).toEqual([]);
  });
});

describe("fault 20: a report that is too large on the way", () => {
  it.each([413, 507])("is half as large after %i, until it fits, and grows back slowly", async (status) => {
    begin({ limitBytes: 100_000 });
    scene.reply = () => (scene.session.limitBytes > 30_000 ? new ApiError("large", { status, reason: "Large" }) : {});
    await scene.pass(10_000);
    expect(scene.session.limitBytes).toBe(25_000);
    expect(scene.attempts.slice(0, 3)).toEqual(["Failed", "Failed", "Acknowledged"]);
    scene.reply = () => ({});
    await scene.pass(590_000);
    expect(scene.session.limitBytes).toBe(25_000);
    await scene.pass(40_000);
    expect(scene.session.limitBytes).toBe(31_250);
    await scene.pass(6_600_000);
    expect(scene.session.limitBytes).toBe(100_000);
  });

  it("tells numbers alone where nothing else goes through", async () => {
    begin({ limitBytes: 100_000 });
    scene.reply = () => (scene.session.limitBytes > 0 ? new ApiError("large", { status: 413, reason: "Large" }) : {});
    await scene.pass(10_000);
    expect([scene.session.limitBytes, scene.attempts.at(-1)]).toEqual([0, "Acknowledged"]);
    scene.reply = () => ({});
    await scene.pass(700_000);
    expect(scene.session.limitBytes).toBe(1024);
  });
});

describe("fault 18: a hub that needs 30 seconds for an answer", () => {
  it("gets one report at a time, and is waited for before it calls the cluster silent", async () => {
    await scene.pass(1000);
    scene.delayMs = 30_000;
    scene.attempts.length = 0;
    const sent: number[] = [];
    for (let second = 0; second < 600; second++) {
      scene.reporter.wake();
      await vi.advanceTimersByTimeAsync(1000);
      sent.push(...scene.sent.splice(0).map(({ atMs }) => atMs));
    }
    expect(scene.mostUnderWay).toBe(1);
    expect(scene.attempts.filter((result) => result === "Failed")).toHaveLength(2);
    const gaps = sent.slice(1).map((atMs, index) => atMs - (sent[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(45_000);
    expect(scene.attempts.filter((result) => result === "Acknowledged").length).toBeGreaterThan(15);
  });
});

describe("fault 1: a hub that is away for hours", () => {
  const away = new ApiError("no answer", { status: 0, reason: "NoAnswer" });

  it("is asked every two minutes at most, and gets one snapshot when it is back", async () => {
    await scene.pass(1000);
    scene.reply = () => away;
    scene.reporter.wake();
    await scene.pass(600_000);
    expect((await scene.pass(36_000_000)).length).toBeLessThan(36_000 / 60 + 10);
    scene.reply = () => ({});
    expect((await scene.pass(120_000)).map((one) => one.split(" ")[1]?.charAt(0)).join("")).toMatch(/^sd*$/);
  });

  it("gets the snapshot at a random moment within the window that it named", async () => {
    scene.reply = () => ({ windowMs: 60_000 });
    await scene.pass(1000);
    scene.reply = () => away;
    scene.reporter.wake();
    expect(await scene.pass(45_000)).toEqual(["1000 delta", "31000 snapshot"]);
  });

  it("fault 25: spreads the snapshots that a manager without memory asks for", async () => {
    await scene.pass(1000);
    scene.reply = ({ form }) => ({ managerEpoch: 0, resync: form === "delta", windowMs: 20_000 });
    scene.reporter.wake();
    expect(await scene.pass(15_000)).toEqual(["1000 delta", "11000 snapshot"]);
  });
});

describe("a manager that wishes for the impossible", () => {
  it.each<[wish: string, status: Partial<AnswerStatus>]>([
    ["a pace of a day", { paceMs: 86_400_000 }],
    ["a heartbeat of a day", { heartbeatMs: 86_400_000 }],
    ["a window of a day for the snapshot that it asks for", { resync: true, windowMs: 86_400_000 }],
  ])("slows the agent down by %s and does not silence it", async (_, status) => {
    scene.reply = () => status;
    await scene.pass(1000);
    scene.reporter.wake();
    expect((await scene.pass(1_200_000)).length).toBeGreaterThan(3);
  });

  it("does not silence it with Retry-After either", async () => {
    scene.reply = () => new ApiError("busy", { status: 429, reason: "TooManyRequests", retryAfterMs: 86_400_000 });
    await scene.pass(1000);
    expect((await scene.pass(1_200_000)).length).toBeGreaterThan(1);
  });
});

describe("fault 30: everything changes at once", () => {
  it("is one report", async () => {
    await scene.pass(1000);
    for (let index = 0; index < 10_000; index++) {
      scene.session.note(`cloneset.shop.web-${index}`);
      scene.reporter.wake();
    }
    expect(await scene.pass(20_000)).toEqual(["1000 delta"]);
  });
});

describe("fault 4: a wall clock that jumps", () => {
  it.each([
    ["ahead", 86_400_000],
    ["back", -86_400_000],
  ])("%s by a day moves no report", async (_, jumpMs) => {
    await scene.pass(1000);
    scene.wallJumpMs = jumpMs;
    expect(await scene.pass(55_000)).toEqual(["27000 delta", "54000 delta"]);
  });
});
