import { beforeAll, describe, expect, test } from "vitest";
import { makeAuthority } from "../../test/support/certificates.ts";
import type { Authority, KeyPair } from "../../test/support/certificates.ts";
import { checkServing } from "./serving-check.ts";
import type { ServingSecret } from "./serving-certificate.ts";

const NAME = "corporate-tls";
const DNS = "kruise-health.ns.svc";
const CALLED = { dnsName: DNS };
let authority: Authority;
let pair: KeyPair;
let others: KeyPair;

const secret = (texts: Record<string, string>): ServingSecret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: NAME },
  data: Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")])),
});

beforeAll(async () => {
  authority = await makeAuthority("corporate");
  pair = await authority.issue({ cn: "corporate", dns: [DNS, "kruise-health.example.com"], server: true });
  others = await authority.issue({ cn: "corporate", dns: ["kruise-health.example.com"] });
});

const whole = () => ({ "tls.crt": pair.cert, "tls.key": pair.key, "ca.crt": authority.cert });

describe("checkServing()", () => {
  test("takes what cert-manager writes: with more names than ours, and without the authority's key", () => {
    expect(checkServing(secret(whole()), NAME, CALLED)).toEqual({
      serving: { cert: pair.cert, key: pair.key, ca: authority.cert },
    });
  });

  test("takes a chain", () => {
    const chain = `${pair.cert}${authority.cert}`;
    expect(checkServing(secret({ ...whole(), "tls.crt": chain }), NAME, CALLED).fault).toBeUndefined();
  });

  test.each<[string, () => Record<string, string>, string]>([
    [
      "lacks the authority",
      () => ({ "ca.crt": "" }),
      'Secret "corporate-tls" lacks ca.crt: wanted is a Secret of type',
    ],
    ["is empty", () => ({ "tls.crt": "", "tls.key": "", "ca.crt": "" }), "lacks tls.crt, tls.key, ca.crt: wanted"],
    ["has something else for a certificate", () => ({ "tls.crt": "x" }), "tls.crt is no certificate in PEM"],
    ["has something else for an authority", () => ({ "ca.crt": "x" }), "ca.crt is no certificate in PEM"],
    ["has something else for a key", () => ({ "tls.key": "x" }), "tls.key is no private key in PEM"],
    ["has another's key", () => ({ "tls.key": others.key }), "tls.key is not the key of tls.crt"],
    [
      "is for other names",
      () => ({ "tls.crt": others.cert, "tls.key": others.key }),
      "tls.crt is not for the DNS name kruise-health.ns.svc, which it must have",
    ],
  ])("refuses one that %s, in a sentence", (_case, change, sentence) => {
    const { serving, fault } = checkServing(secret({ ...whole(), ...change() }), NAME, CALLED);
    expect(serving).toBeUndefined();
    expect(fault).toContain(sentence);
  });

  test("names the Secret that is not there", () => {
    expect(checkServing(undefined, NAME, CALLED).fault).toMatch(/^Secret "corporate-tls" is not there: wanted is/);
  });

  test.each([
    ["kruise-health.example.com", []],
    [
      "health.example.com",
      [expect.stringContaining("tls.crt is not for health.example.com, the host of FEEDBACK_URL")],
    ],
    ["192.0.2.7", [expect.stringContaining("tls.crt is not for 192.0.2.7, the host of FEEDBACK_URL")]],
  ])("serves whoever calls by another name, and says whether %s could", (externalHost, flaws) => {
    const checked = checkServing(secret(whole()), NAME, { dnsName: DNS, externalHost });
    expect(checked.serving?.cert).toBe(pair.cert);
    expect([checked.flaw].filter((flaw) => flaw !== undefined)).toEqual(flaws);
  });
});
