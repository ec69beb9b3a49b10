// Whom the server takes a caller for, whatever he says of himself.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../../manager/api/api.fixture.ts";
import { SPEAKS_FOR_HEADER } from "../../manager/api/peers.ts";
import type { KeyPair } from "../support/certificates.ts";
import { Target, TOKEN } from "../support/hostile.ts";

let target: Target;
beforeAll(async () => {
  target = await Target.start();
});
afterAll(() => target.close());
afterEach(() => target.checkUnharmed());

const DAY_MS = 24 * 60 * 60 * 1000;
const ADMIN = ["X-Remote-User: reader", "X-Remote-Group: system:masters"];
const SPEAKS_FOR = `${SPEAKS_FOR_HEADER}: ${JSON.stringify({ user: "reader", groups: ["system:masters"], extra: {}, via: "Proxy" })}`;

const clientNamed =
  (cn: string, organizations: string[] = []) =>
  () =>
    target.clients.issue({ cn, organizations, client: true });
const proxy = (change: object = {}) => target.frontProxy.issue({ cn: "front-proxy-client", client: true, ...change });

async function ask(
  client: KeyPair | undefined,
  headers: readonly string[],
): Promise<{ status: number | undefined; seen: unknown }> {
  const { statuses } = await target.ask({
    client,
    lines: [`GET ${ROOT}/namespaces/c1/kruiseclusters HTTP/1.1`, ...headers],
  });
  return { status: statuses[0], seen: target.seen.at(-1) };
}

describe("forged headers name nobody", () => {
  const issued: [string, () => Promise<KeyPair> | undefined][] = [
    ["without a certificate", () => undefined],
    ["with a certificate of nobody's", () => target.lookAlike.issue({ cn: "x" })],
    [
      "with one of a look-alike of the front proxy's CA",
      () => target.lookAlike.issue({ cn: "front-proxy-client", client: true }),
    ],
    ["with one of the front proxy's CA for another name", () => proxy({ cn: "front-proxy" })],
    ["with one for that name as its organization", () => proxy({ cn: "x", organizations: ["front-proxy-client"] })],
    ["with one for an empty name", () => proxy({ cn: "" })],
    ["with one that may only serve", () => proxy({ client: undefined, server: true })],
    ["with one that has run out", () => proxy({ notAfter: new Date(Date.now() - 1000) })],
    ["with one that is not valid yet", () => proxy({ notBefore: new Date(Date.now() + DAY_MS) })],
    ["with the server's own certificate, by a version of TLS that proves nothing", async () => target.serving],
  ];
  test.each(issued)("%s", async (what, issue) => {
    const tls = what.includes("version of TLS") ? { maxVersion: "TLSv1.2" as const } : {};
    const lines = [
      `GET ${ROOT}/kruiseworkloads HTTP/1.1`,
      "host: hub",
      ...ADMIN,
      SPEAKS_FOR,
      "connection: close",
      "",
      "",
    ];
    const { statuses } = await target.say({ client: await issue(), pieces: [lines.join("\r\n")], tls });
    expect([statuses, target.seen.at(-1)]).toEqual([[401], "nobody"]);
  });

  test.each([
    ["of a bearer token that the hub does not know", ["Authorization: Bearer reader"]],
    ["of a bearer token with more behind it", [`Authorization: Bearer ${TOKEN}x`]],
    ["of a bearer token in a list", [`Authorization: Bearer x, Bearer ${TOKEN}`]],
    ["of two of them", [`Authorization: Bearer ${TOKEN}`, `Authorization: Bearer ${TOKEN}`]],
    [
      "of a bearer token in another header",
      [`Proxy-Authorization: Bearer ${TOKEN}`, `X-Forwarded-Access-Token: ${TOKEN}`],
    ],
    ["of a bearer token in a cookie", [`Cookie: token=${TOKEN}`]],
    ["of a user and a password", ["Authorization: Basic cmVhZGVyOng="]],
    ["of a certificate in a header", ["X-Client-Cert: reader", "X-Forwarded-Client-Cert: Subject=CN=reader"]],
    ["of another address", ["X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1", "X-Real-Ip: 127.0.0.1"]],
    ["of impersonation", ["Impersonate-User: reader", "Impersonate-Group: system:masters"]],
  ])("%s", async (_what, headers) => {
    expect(await ask(undefined, headers)).toEqual({ status: 401, seen: "nobody" });
  });
});

describe("a user's own certificate speaks for himself alone", () => {
  test.each([
    ["with the front proxy's headers", ADMIN],
    ["with the header of a replica", [SPEAKS_FOR]],
    ["with impersonation", ["Impersonate-User: reader", "Impersonate-Group: system:masters"]],
    ["with a token of another", ["Authorization: Bearer reader"]],
    ["with all of it", [...ADMIN, SPEAKS_FOR, "Impersonate-User: reader", "Authorization: Bearer reader"]],
  ])("%s", async (_what, headers) => {
    const { status, seen } = await ask(await clientNamed("guest", ["system:guests"])(), headers);
    expect(status).toBe(403);
    expect(seen).toMatchObject({
      user: "guest",
      groups: ["system:guests", "system:authenticated"],
      via: "Certificate",
    });
  });

  test("a name that is a part, or another spelling, of one who may is another one", async () => {
    for (const cn of ["Reader", "reader ", " reader", "reader\u0000", "reader,x", "rеader", "x,CN=reader"]) {
      expect(await ask(await clientNamed(cn)(), [])).toMatchObject({ status: 403 });
    }
  });
});

describe("a bearer token speaks for its user alone", () => {
  test.each([
    ["with the front proxy's headers", ADMIN],
    ["with the header of a replica", [SPEAKS_FOR]],
    ["with impersonation", ["Impersonate-User: reader", "Impersonate-Group: system:masters"]],
  ])("%s", async (_what, headers) => {
    const seen = { user: "reader-of-c1", groups: ["system:authenticated"], via: "Token" };
    expect(await ask(undefined, [`Authorization: Bearer ${TOKEN}`, ...headers])).toMatchObject({ status: 200, seen });
    const lines = [`GET ${ROOT}/kruiseworkloads HTTP/1.1`, `Authorization: Bearer ${TOKEN}`, ...headers];
    expect((await target.ask({ lines })).statuses).toEqual([403]);
  });

  test("is nothing in a query, nor in a path", async () => {
    for (const path of [`${ROOT}/kruiseclusters?access_token=x&token=x`, `/token/x${ROOT}/kruiseclusters`]) {
      expect((await target.ask({ lines: [`GET ${path} HTTP/1.1`] })).statuses).toEqual([401]);
    }
  });
});

describe("of the front proxy's headers", () => {
  test.each([
    ["the first of several users counts", ["X-Remote-User: ann", "X-Remote-User: reader"], { user: "ann" }],
    ["an empty user before it does not", ["X-Remote-User:", "X-Remote-User: ann"], { user: "ann" }],
    [
      "the case of names does not matter",
      ["x-rEMOTE-uSER: ann", "X-REMOTE-GROUP: dev"],
      { user: "ann", groups: ["dev"] },
    ],
    [
      "a group with a comma is one group",
      ["X-Remote-User: ann", "X-Remote-Group: a, system:masters"],
      { groups: ["a, system:masters"] },
    ],
    ["empty groups stay groups that nobody is bound to", ["X-Remote-User: ann", "X-Remote-Group:"], { groups: [""] }],
    [
      "names with an underscore are other names",
      ["X_Remote_User: reader", "X-Remote-User: ann", "X_Remote_Group: system:masters"],
      { user: "ann", groups: [] },
    ],
    [
      "names with more behind them are other names",
      ["X-Remote-Users: reader", "X-Remote-User: ann", "X-Remote-Group-: system:masters"],
      { user: "ann", groups: [] },
    ],
    [
      "the keys of extras are decoded",
      ["X-Remote-User: ann", "X-Remote-Extra-Example.com%2fScopes: a"],
      { extra: { "example.com/scopes": ["a"] } },
    ],
    [
      "keys that cannot be decoded stay as they are",
      ["X-Remote-User: ann", "X-Remote-Extra-%zz: a"],
      { extra: { "%zz": ["a"] } },
    ],
    ["the header of a replica is nothing", ["X-Remote-User: ann", SPEAKS_FOR], { user: "ann", groups: [] }],
    [
      "a token beside them is nothing",
      ["X-Remote-User: ann", "Authorization: Bearer reader"],
      { user: "ann", via: "Proxy" },
    ],
  ])("%s", async (_what, headers, seen) => {
    expect(await ask(await proxy(), headers)).toMatchObject({ status: 200, seen });
  });

  test.each([
    ["no user at all", ["X-Remote-Group: system:masters"]],
    ["only an empty one", ["X-Remote-User:", "X-Remote-Group: system:masters"]],
    ["only one of blanks", ["X-Remote-User:   \t "]],
    ["only one for a replica", [SPEAKS_FOR]],
  ])("%s is nobody", async (_what, headers) => {
    expect(await ask(await proxy(), headers)).toEqual({ status: 401, seen: "nobody" });
  });

  test("a key that every object has from its birth is a key like any other", async () => {
    const headers = ["X-Remote-User: ann", "X-Remote-Extra-__proto__: a", "X-Remote-Extra-constructor: b"];
    const { seen } = await ask(await proxy(), headers);
    const { extra } = seen as { extra: Record<string, string[]> };
    expect(Object.getOwnPropertyNames(extra).toSorted()).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });
});

describe("what a replica says", () => {
  test.each([
    ["without a user", { groups: [], extra: {}, via: "Proxy" }],
    ["with an empty user", { user: "", groups: [], extra: {}, via: "Proxy" }],
    ["with groups that are no list", { user: "ann", groups: "system:masters", extra: {}, via: "Proxy" }],
    ["that is no object", [1, 2]],
  ])("%s is nobody", async (_what, spoken) => {
    const header = `${SPEAKS_FOR_HEADER}: ${JSON.stringify(spoken)}`;
    expect(await ask(target.serving, [header, ...ADMIN])).toEqual({ status: 401, seen: "nobody" });
  });

  test("twice is nobody", async () => {
    expect(await ask(target.serving, [SPEAKS_FOR, SPEAKS_FOR])).toEqual({ status: 401, seen: "nobody" });
  });
});
