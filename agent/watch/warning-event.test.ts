import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readWarningEvent } from "./warning-event.ts";

const AT = "2026-01-01T00:00:00Z";
const AT_MS = Date.parse(AT);
const involvedObject = {
  apiVersion: "apps.kruise.io/v1beta1",
  kind: "DaemonSet",
  namespace: "shop",
  name: "Logs",
  uid: "6f3d1c2e-1111-2222-3333-444455556666",
};
const event = {
  metadata: { name: "logs.17", namespace: "shop" },
  involvedObject,
  type: "Warning",
  reason: "FailedCreate",
  message: 'Error creating: pods "logs-x" is forbidden: exceeded quota: pods',
  lastTimestamp: AT,
};

describe("readWarningEvent()", () => {
  it("reads whom it is about, why and when", () => {
    expect(readWarningEvent(event)).toEqual({
      key: "daemonset.shop.logs",
      uid: "6f3d1c2e",
      warning: { reason: "FailedCreate", message: event.message, atMs: AT_MS },
    });
  });

  it.each([["FailedUpdateSubset"], ["FailedCreateSubset"]])("reads %s of a UnitedDeployment", (reason) => {
    const about = { ...involvedObject, apiVersion: "apps.kruise.io/v1alpha1", kind: "UnitedDeployment" };
    expect(readWarningEvent({ ...event, involvedObject: about, reason })).toMatchObject({
      key: "uniteddeployment.shop.logs",
      warning: { reason },
    });
  });

  it.each<[string, object]>([
    ["a DaemonSet of Kubernetes", { involvedObject: { ...involvedObject, apiVersion: "apps/v1" } }],
    ["a group that only begins so", { involvedObject: { ...involvedObject, apiVersion: "apps.kruise.iox/v1" } }],
    ["another kind", { involvedObject: { ...involvedObject, kind: "CloneSet" } }],
    ["another reason", { reason: "FailedDelete" }],
    ["a reason of the other kind", { reason: "FailedCreateSubset" }],
    ["a Normal event", { type: "Normal" }],
    ["nobody", { involvedObject: { ...involvedObject, name: "" } }],
    ["no time at all", { lastTimestamp: null }],
    ["a name that every object inherits", { involvedObject: { ...involvedObject, kind: "constructor" } }],
  ])("leaves out %s", (_name, differing) => {
    expect(readWarningEvent({ ...event, ...differing })).toBeUndefined();
  });

  it.each<[string, object]>([
    ["lastTimestamp", { series: { lastObservedTime: "2025-01-01T00:00:00Z" }, eventTime: "2025-01-01T00:00:00Z" }],
    ["series.lastObservedTime", { lastTimestamp: null, series: { lastObservedTime: "2026-01-01T00:00:00.000000Z" } }],
    ["eventTime", { lastTimestamp: null, eventTime: "2026-01-01T00:00:00.000000Z" }],
    ["eventTime, the other one being no date", { lastTimestamp: "soon", eventTime: AT }],
    ["its creation", { lastTimestamp: null, eventTime: null, metadata: { creationTimestamp: AT } }],
  ])("takes the time from %s", (_name, differing) => {
    expect(readWarningEvent({ ...event, ...differing })?.warning.atMs).toBe(AT_MS);
  });

  it("keeps one line of a bounded length, and no message as an empty one", () => {
    const long = readWarningEvent({ ...event, message: `a\nb${"é".repeat(500)}` })?.warning.message ?? "";
    expect(long.startsWith("a bé")).toBe(true);
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(160);
    expect(readWarningEvent({ ...event, message: 7 })?.warning.message).toBe("");
  });

  it("answers any JSON", () => {
    const shaped = fc.record(
      {
        involvedObject: fc.oneof(fc.jsonValue(), fc.constant(involvedObject)),
        type: fc.constantFrom("Warning", "Normal", null),
        reason: fc.oneof(fc.constant("FailedCreate"), fc.jsonValue()),
        message: fc.oneof(fc.string({ unit: "binary" }), fc.jsonValue()),
        lastTimestamp: fc.oneof(fc.constant(AT), fc.jsonValue()),
        series: fc.jsonValue(),
        eventTime: fc.jsonValue(),
        metadata: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.jsonValue(), shaped), (raw) => {
        const about = readWarningEvent(raw);
        if (about === undefined) return;
        expect(about.key).toBe("daemonset.shop.logs");
        expect(Buffer.byteLength(about.warning.message)).toBeLessThanOrEqual(160);
        expect(Number.isFinite(about.warning.atMs)).toBe(true);
      }),
    );
  });
});
