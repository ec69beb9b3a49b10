// What the readers of the job kinds give besides a verdict: counts, images, pauses, and the schedule of stage two.
import { describe, expect, test } from "vitest";
import { observe } from "../observe.ts";

function read(kind: string, spec: object, status: object) {
  const metadata = { name: "x", namespace: "shop", uid: "0f1e2d3c", generation: 1 };
  return observe({ apiVersion: "apps.kruise.io/v1beta1", kind, metadata, spec, status });
}

const pods = { spec: { containers: [{ name: "app", image: "registry.example/shop:1" }] } };
const podImages = [["app", "registry.example/shop:1"]];

describe("observe() counts", () => {
  const numbers = { desired: 9, active: 1, succeeded: 5, failed: 2, completed: 7 };
  test.each([
    ["BroadcastJob", numbers, { des: 9, act: 1, ok: 5, fail: 2 }],
    ["ImagePullJob", numbers, { des: 9, act: 1, ok: 5, fail: 2 }],
    ["ImageListPullJob", { ...numbers, failedImageStatuses: [{}, {}, {}] }, { des: 9, act: 1, don: 7, ok: 5, fail: 3 }],
    ["EphemeralJob", { match: 9, running: 1, succeeded: 5, waiting: 1, failed: 2 }, { m: 9, act: 1, ok: 5, fail: 2 }],
    ["AdvancedCronJob", { active: [{ name: "a" }, { name: "b" }] }, { act: 2 }],
    [
      "ContainerRecreateRequest",
      { containerRecreateStates: [{ phase: "Succeeded" }, { phase: "Failed" }, { phase: "Recreating" }] },
      { des: 3, ok: 1, fail: 1 },
    ],
  ])("of a %s", (kind, status, counts) => {
    expect(read(kind, {}, status).condensed.c).toEqual(counts);
  });

  test("the containers that a ContainerRecreateRequest names before any has a state", () => {
    const { condensed } = read("ContainerRecreateRequest", { containers: [{ name: "a" }, { name: "b" }] }, {});
    expect(condensed.c).toEqual({ des: 2, ok: 0, fail: 0 });
  });
});

describe("observe() shows the images", () => {
  test.each([
    ["BroadcastJob", { template: pods }, podImages],
    ["AdvancedCronJob", { template: { jobTemplate: { spec: { template: pods } } } }, podImages],
    ["AdvancedCronJob", { template: { broadcastJobTemplate: { spec: { template: pods } } } }, podImages],
    [
      "AdvancedCronJob",
      { template: { imageListPullJobTemplate: { spec: { images: ["a:1"] } } } },
      [["image-1", "a:1"]],
    ],
    ["AdvancedCronJob", { template: { imageListPullJobTemplate: {} } }, undefined],
    ["ImagePullJob", { image: "a:1" }, [["image", "a:1"]]],
    ["ImagePullJob", { image: 7 }, undefined],
    [
      "ImageListPullJob",
      { images: ["a:1", 7, "b:1"] },
      [
        ["image-1", "a:1"],
        ["image-2", "b:1"],
      ],
    ],
    ["ImageListPullJob", { images: "a:1" }, undefined],
  ])("of a %s with %j", (kind, spec, images) => {
    expect(read(kind, spec, { desired: 1 }).condensed.img).toEqual(images);
  });

  test("of a long list up to the bound, and says so", () => {
    const images = Array.from({ length: 9 }, (_, index) => `a:${index}`);
    const { condensed } = read("ImageListPullJob", { images }, { desired: 9 });
    expect(condensed.img).toHaveLength(8);
    expect(condensed.lim).toBe("img");
  });
});

describe("observe() shows a pause", () => {
  test.each([
    ["BroadcastJob", { paused: true }, { desired: 1 }],
    ["BroadcastJob", {}, { phase: "paused" }],
    ["AdvancedCronJob", { paused: true }, { type: "Job" }],
    ["EphemeralJob", { paused: true }, { phase: "Running" }],
    ["EphemeralJob", {}, { phase: "Paused" }],
  ])("of a %s with %j and %j", (kind, spec, status) => {
    expect(read(kind, spec, status).condensed.ro).toEqual({ pa: true });
  });

  test.each(["BroadcastJob", "AdvancedCronJob", "EphemeralJob"])("of a %s only when there is one", (kind) => {
    expect(read(kind, { paused: false }, { phase: "running" }).condensed.ro).toBeUndefined();
  });
});

describe("observe() of an AdvancedCronJob", () => {
  test.each([
    [{ schedule: "0 * * * *" }, { cron: "0 * * * *", timeZone: undefined }],
    [
      { schedule: "@hourly", timeZone: "Asia/Tokyo" },
      { cron: "@hourly", timeZone: "Asia/Tokyo" },
    ],
    [{ schedule: "TZ=UTC 0 1 * * *" }, { cron: "TZ=UTC 0 1 * * *", timeZone: undefined }],
    [{ schedule: `0 * * * ${"1,".repeat(200)}1` }, undefined],
    [
      { schedule: "0 * * * *", timeZone: 9 },
      { cron: "0 * * * *", timeZone: undefined },
    ],
    [{ schedule: 5 }, undefined],
    [{}, undefined],
  ])("reads the schedule of %j", (spec, schedule) => {
    expect(read("AdvancedCronJob", spec, { type: "Job" }).schedule).toEqual(schedule);
  });

  test("keeps a bounded part of a time zone", () => {
    const { schedule } = read("AdvancedCronJob", { schedule: "* * * * *", timeZone: "é".repeat(999) }, {});
    expect(Buffer.byteLength(schedule?.timeZone ?? "")).toBeLessThanOrEqual(253);
  });

  test("gives the last start as a mark and a date", () => {
    const status = { type: "Job", lastScheduleTime: "2026-01-01T02:00:00+01:00" };
    const { marks, condensed } = read("AdvancedCronJob", {}, status);
    const startedMs = Date.UTC(2026, 0, 1, 1);
    expect(marks).toEqual({ updated: 0, updatedAvailable: 0, available: 0, gap: 0, startedMs });
    expect(condensed.last).toBe("2026-01-01T01:00:00Z");
  });

  test.each([undefined, null, {}, "yesterday", "9999-12-31T23:59:59-01:00"])(
    "gives neither for a last start of %j",
    (lastScheduleTime) => {
      const { marks, condensed } = read("AdvancedCronJob", {}, { type: "Job", lastScheduleTime });
      expect(marks).toEqual({ updated: 0, updatedAvailable: 0, available: 0, gap: 0 });
      expect(condensed.last).toBeUndefined();
    },
  );
});
