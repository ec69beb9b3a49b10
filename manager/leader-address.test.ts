import { describe, expect, test } from "vitest";
import { leaderAnnotations, readLeaderAddress } from "./leader-address.ts";

const KEY = "kruise-health.open-cluster-management.io/leader-address";

describe("the leader's address in its Lease", () => {
  test.each([
    { host: "10.1.2.3", port: 8443, text: "10.1.2.3:8443" },
    { host: "fd00::12", port: 8443, text: "[fd00::12]:8443" },
  ])("is $text for $host and comes back", ({ host, port, text }) => {
    expect(leaderAnnotations(host, port)).toEqual({ [KEY]: text });
    expect(readLeaderAddress(leaderAnnotations(host, port))).toEqual({ host, port });
  });

  test.each([
    { name: "the server does not listen yet", host: "10.1.2.3", port: undefined },
    { name: "it listens on every address", host: "0.0.0.0", port: 8443 },
    { name: "it listens on every address of both families", host: "::", port: 8443 },
  ])("is empty while $name, so that an earlier leader's does not stay", ({ host, port }) => {
    expect(leaderAnnotations(host, port)).toEqual({ [KEY]: "" });
    expect(readLeaderAddress(leaderAnnotations(host, port))).toBeUndefined();
  });

  test.each([[{}], [{ [KEY]: "" }], [{ [KEY]: "evil.example.com:443" }], [{ [KEY]: "10.1.2.3:8443/path" }]])(
    "is unknown in %j",
    (annotations) => {
      expect(readLeaderAddress(annotations)).toBeUndefined();
    },
  );
});
