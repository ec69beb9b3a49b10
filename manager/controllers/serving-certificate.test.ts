import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { fromStatus } from "../../shared/kube/errors.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import { buildLog } from "../../shared/runtime/log.ts";
import { ScriptedKube } from "../../test/support/scripted-kube.ts";
import { issueAuthority, issueServing, SERVING_MS } from "./certificate-issue.ts";
import type { Issued } from "./certificate-issue.ts";
import type { FindOwner } from "./owner.ts";
import { planServing, readServing, renewalMs, servingCertificate } from "./serving-certificate.ts";
import type { ServingSecret } from "./serving-certificate.ts";
import { servingNames } from "./serving-term.ts";

const NAMES = servingNames("kruise-health", "ns");
const DAY_MS = 24 * 60 * 60 * 1000;
const START_MS = Date.parse("2026-01-01T00:00:00Z");
const OWNER = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", name: "r", uid: "u" };
let data: Record<string, string>;
let otherCa: Issued;

const secret = (texts: Record<string, string>): ServingSecret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "kruise-health-serving" },
  data: Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")])),
});

beforeAll(async () => {
  const authority = await issueAuthority(START_MS);
  otherCa = await issueAuthority(START_MS);
  const serving = await issueServing(authority, NAMES, START_MS);
  data = { "ca.crt": authority.cert, "ca.key": authority.key, "tls.crt": serving.cert, "tls.key": serving.key };
});

describe("issueServing()", () => {
  test("makes a certificate that kube-apiserver accepts for the Service", () => {
    const leaf = new X509Certificate(data["tls.crt"] ?? "");
    const ca = new X509Certificate(data["ca.crt"] ?? "");
    expect(leaf.checkHost("kruise-health.ns.svc")).toBe("kruise-health.ns.svc");
    expect(leaf.checkIssued(ca) && leaf.verify(ca.publicKey)).toBe(true);
    expect([leaf.ca, ca.ca]).toEqual([false, true]);
    expect(leaf.validToDate.getTime()).toBe(START_MS + SERVING_MS);
  });
});

describe("planServing()", () => {
  test.each([
    { name: "all is well", days: 0, plan: "keep" },
    { name: "less than two thirds of its life are over", days: 59, plan: "keep" },
    { name: "two thirds of its life are over", days: 60.1, plan: "serving" },
    { name: "the authority would not outlive a new certificate", days: 3650 - 89, plan: "authority" },
  ])("$plan when $name", ({ days, plan }) => {
    expect(planServing(secret(data), { names: NAMES, nowMs: START_MS + days * DAY_MS })).toBe(plan);
  });

  test.each([
    { name: "there is no Secret", change: undefined, plan: "authority" },
    { name: "the authority is broken", change: { "ca.crt": "x" }, plan: "authority" },
    { name: "the certificate is gone", change: { "tls.crt": "" }, plan: "serving" },
    { name: "the certificate is broken", change: { "tls.crt": "x" }, plan: "serving" },
    { name: "somebody else provides it", change: { "ca.key": "" }, plan: "keep" },
  ])("$plan when $name", ({ change, plan }) => {
    const owner = OWNER; // What somebody else provides gets no owner either.
    expect(planServing(change && secret({ ...data, ...change }), { names: NAMES, nowMs: START_MS, owner })).toBe(plan);
  });

  test("makes a new one for another Service, and for another authority", () => {
    const nowMs = START_MS;
    expect(planServing(secret(data), { names: servingNames("other", "ns"), nowMs })).toBe("serving");
    const other = secret({ ...data, "ca.crt": otherCa.cert, "ca.key": otherCa.key });
    expect(planServing(other, { names: NAMES, nowMs })).toBe("serving");
  });

  test.each([
    ["a DNS name", ["health.example.com"]],
    ["an address", ["192.0.2.7"]],
    ["an IPv6 address", ["2001:db8::7"]],
  ])("makes a new one when %s is called for too, and when it is no more", async (_what, further) => {
    const nowMs = START_MS;
    const names = [...NAMES, ...further];
    expect(planServing(secret(data), { names, nowMs })).toBe("serving");
    const { cert, key } = await issueServing({ cert: data["ca.crt"] ?? "", key: data["ca.key"] ?? "" }, names, nowMs);
    const issued = secret({ ...data, "tls.crt": cert, "tls.key": key });
    expect(planServing(issued, { names, nowMs })).toBe("keep");
    expect(planServing(issued, { names: NAMES, nowMs })).toBe("serving");
  });

  test.each([
    { name: "is owned by nobody", owners: undefined, plan: "owner" },
    { name: "is owned by another ClusterRole of that name", owners: [{ ...OWNER, uid: "before" }], plan: "owner" },
    { name: "has its owner", owners: [OWNER], plan: "keep" },
  ])("$plan when the Secret $name", ({ owners, plan }) => {
    const live = secret(data);
    const owned = { ...live, metadata: { ...live.metadata, ...(owners && { ownerReferences: owners }) } };
    expect(planServing(owned, { names: NAMES, nowMs: START_MS, owner: OWNER })).toBe(plan);
  });
});

test("renewalMs() is two thirds into the certificate's life", () => {
  expect(Math.round((renewalMs(data["tls.crt"] ?? "") - START_MS) / DAY_MS)).toBe(60);
});

describe("servingCertificate()", () => {
  const target = { namespace: "ns", secretName: "serving", names: ["kruise-health.ns.svc"] };
  const { signal } = new AbortController();

  function scene(findOwner: FindOwner, clock: Clock = systemClock) {
    const state: { stored: ServingSecret | undefined } = { stored: undefined };
    const kube = new ScriptedKube(({ method, body }) => {
      if (method === "PATCH") state.stored = body as ServingSecret;
      else if (state.stored === undefined) throw fromStatus("get the Secret", 404, undefined);
      return state.stored;
    });
    const log = buildLog("test", "silent");
    const reconcile = servingCertificate({ kube, clock, log, findOwner, ...target });
    return { kube, state, reconcile };
  }

  test("makes a certificate once, however often it looks before any watch has told of the Secret", async () => {
    const { kube, state, reconcile } = scene(() => Promise.resolve(OWNER));
    await reconcile("serving", signal);
    await reconcile("serving", signal);
    expect(kube.requests.map(({ method }) => method)).toEqual(["GET", "PATCH", "GET"]);
    expect(state.stored?.metadata.ownerReferences).toEqual([OWNER]);
  });

  test("names the owner of a Secret that an earlier release has made, and keeps the certificate", async () => {
    const { state, reconcile } = scene(() => Promise.resolve(OWNER));
    await reconcile("serving", signal);
    const made = state.stored;
    if (made === undefined) throw new Error("No Secret was made");
    state.stored = { ...made, metadata: { name: "serving", namespace: "ns" } };
    await reconcile("serving", signal);
    expect(state.stored).toEqual(made);
  });

  test("makes the next authority 90 days before it signs, so that whoever trusts both never trusts neither", async () => {
    let days = 0;
    const clock = { wallMs: () => START_MS + days * DAY_MS, monotonicMs: () => 0 };
    const { kube, state, reconcile } = scene(() => Promise.resolve(undefined), clock);
    const known: Set<string | undefined>[] = [];
    const issuers: (string | undefined)[] = [];
    // The whole life of an authority, and the beginning of the next one's.
    for (; days < 3700; days += 5) {
      const writes = kube.requests.length;
      await reconcile("serving", signal);
      if (kube.requests.length === writes + 1) continue;
      const serving = readServing(state.stored);
      const leaf = new X509Certificate(serving?.cert ?? "");
      const authorities = [serving?.ca, serving?.nextCa].filter((pem) => pem !== undefined);
      known.push(new Set(authorities));
      issuers.push(authorities.find((pem) => leaf.verify(new X509Certificate(pem).publicKey)));
    }
    const changes = issuers.flatMap((issuer, index) => (index > 0 && issuer !== issuers[index - 1] ? [index] : []));
    expect(changes.length).toBe(1);
    for (const index of changes) expect(known[index - 1]?.has(issuers[index])).toBe(true);
    expect(issuers).not.toContain(undefined);
    expect(known.at(-1)?.size).toBe(1);
  });
});
