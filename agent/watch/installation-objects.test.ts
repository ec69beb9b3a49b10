import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAddresses, readDaemon, readLease, readManager, readWebhooks } from "./installation-objects.ts";

const service = { service: { name: "kruise-webhook-service", namespace: "elsewhere", path: "/validate-pod" } };

describe("readManager()", () => {
  it("reads numbers, and image and arguments of the container that is the manager", () => {
    const containers = [
      { name: "proxy", image: "proxy:9.9", args: ["--feature-gates=X=true"] },
      { name: "manager", image: "m:v1.8.3", command: ["/manager"], args: ["--v=4", 7] },
    ];
    expect(
      readManager({
        metadata: { generation: 2 },
        spec: { replicas: 2, template: { spec: { containers } } },
        status: { availableReplicas: 1, updatedReplicas: 2, observedGeneration: 1 },
      }),
    ).toEqual({ wanted: 2, available: 1, updated: 2, observed: false, image: "m:v1.8.3", args: ["/manager", "--v=4"] });
  });

  it("knows no arguments when no container is named as the manager", () => {
    const template = { spec: { containers: [{ name: "other", image: "kruise-manager:v1.9.0", args: ["--v=4"] }] } };
    expect(readManager({ spec: { template } })).toMatchObject({
      wanted: 1,
      image: "kruise-manager:v1.9.0",
      args: undefined,
    });
  });
});

describe("readWebhooks()", () => {
  it.each<[string, unknown, ReturnType<typeof readWebhooks>]>([
    [
      "a service and CAs",
      { webhooks: [{ name: "a", clientConfig: { ...service, caBundle: "Q0E=" } }] },
      { namespace: "elsewhere", withoutCa: undefined },
    ],
    [
      "one empty CA of two",
      {
        webhooks: [
          { name: "a", clientConfig: { ...service, caBundle: "Q0E=" } },
          { name: "b", clientConfig: { ...service, caBundle: "" } },
        ],
      },
      { namespace: "elsewhere", withoutCa: "b" },
    ],
    [
      "a URL",
      { webhooks: [{ name: "a", clientConfig: { url: "https://127.0.0.1/x", caBundle: "Q0E=" } }] },
      { namespace: undefined, withoutCa: undefined },
    ],
    ["no webhook", { webhooks: [] }, { namespace: undefined, withoutCa: undefined }],
    ["a webhook of no shape", { webhooks: [{}] }, { namespace: undefined, withoutCa: "one without a name" }],
  ])("reads %s", (_name, raw, expected) => {
    expect(readWebhooks(raw)).toEqual(expected);
  });
});

describe("readAddresses()", () => {
  it.each([
    [{ subsets: [{ addresses: [{ ip: "10.0.0.1" }] }, { addresses: [{ ip: "10.0.0.2" }, { ip: "10.0.0.3" }] }] }, 3],
    [{ subsets: [{ notReadyAddresses: [{ ip: "10.0.0.1" }] }] }, 0],
    [{}, 0],
  ])("of %j is %i", (raw, expected) => {
    expect(readAddresses(raw)).toBe(expected);
  });
});

describe("every reader", () => {
  it("answers any JSON", () => {
    const reads = [readManager, readLease, readDaemon, readWebhooks, readAddresses];
    const shaped = fc.record(
      {
        metadata: fc.jsonValue(),
        spec: fc.jsonValue(),
        status: fc.jsonValue(),
        webhooks: fc.jsonValue(),
        subsets: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), shaped), (raw) => {
        for (const read of reads) expect(read(raw)).toBeDefined();
      }),
    );
  });
});
