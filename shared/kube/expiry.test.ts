import { beforeAll, describe, expect, test } from "vitest";
import { makeAuthority } from "../../test/support/certificates.ts";
import { makeToken } from "../../test/support/tokens.ts";
import { expiryOf } from "./expiry.ts";

const SOON = Date.parse("2030-01-01T00:00:00Z");
const LATER = Date.parse("2031-01-01T00:00:00Z");
let cert: string;

beforeAll(async () => {
  const authority = await makeAuthority("ca");
  ({ cert } = await authority.issue({ cn: "agent-of-c1", organizations: ["a", "b"], notAfter: new Date(LATER) }));
});

describe("expiryOf()", () => {
  test("reads a certificate's end and common name", () => {
    expect(expiryOf({ cert })).toEqual({ what: "client certificate", identity: "agent-of-c1", endsMs: LATER });
  });

  test("reads a token's end and subject", () => {
    const token = makeToken({ subject: "system:serviceaccount:ns:agent", endsMs: SOON });
    expect(expiryOf({ token })).toEqual({ what: "token", identity: "system:serviceaccount:ns:agent", endsMs: SOON });
  });

  test("reads which ServiceAccount a token of a pod is of, and passes over what is no name", () => {
    const account = { name: "agent", uid: "f00d" };
    const token = (serviceaccount: unknown): string =>
      silent({
        sub: "system:serviceaccount:ns:agent",
        exp: SOON / 1000,
        "kubernetes.io": { namespace: "ns", serviceaccount },
      });
    expect(expiryOf({ token: token(account) })).toMatchObject({ what: "token", serviceAccount: account });
    for (const other of [undefined, null, "agent", { name: "agent" }, { ...account, uid: 1 }]) {
      expect(expiryOf({ token: token(other) }), JSON.stringify(other)).toEqual({
        what: "token",
        identity: "system:serviceaccount:ns:agent",
        endsMs: SOON,
      });
    }
  });

  test("gives what ends first", () => {
    expect(expiryOf({ cert, token: makeToken({ subject: "s", endsMs: SOON }) })?.what).toBe("token");
    expect(expiryOf({ cert, token: makeToken({ subject: "s", endsMs: LATER + 1000 }) })?.what).toBe(
      "client certificate",
    );
  });

  test("keeps a strange subject out of the log's lines", () => {
    const token = makeToken({ subject: `a\n\u0007${"x".repeat(500)}`, endsMs: SOON });
    expect(expiryOf({ token })?.identity).toMatch(/^a\?\?x{197}$/);
  });

  const silent = (claims: unknown): string => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;
  test.each([
    undefined,
    "",
    "opaque",
    "a.b.c",
    "a.b.c.d",
    silent(null),
    silent({ exp: "1" }),
    silent({ sub: "x" }),
    "e30.bm9uZQ.s",
  ])("knows nothing of the token %j", (token) => {
    expect(expiryOf(token === undefined ? {} : { token })).toBeUndefined();
  });
});
