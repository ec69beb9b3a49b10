import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../shared/runtime/clock.ts";
import { buildLog } from "../../shared/runtime/log.ts";
import { linkedController } from "../../shared/runtime/supervise.ts";
import { makeAuthority } from "../../test/support/certificates.ts";
import type { Authority } from "../../test/support/certificates.ts";
import { ScriptedKube } from "../../test/support/scripted-kube.ts";
import { followServing, runServingTerm, servingNames } from "./serving-term.ts";
import type { ServingTermDeps } from "./serving-term.ts";
import type { CheckedServing } from "./serving-check.ts";

const SECRETS = "/api/v1/namespaces/ns/secrets";
const API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";
const NAME = "corporate-tls";
let authority: Authority;
let other: Authority;
const stop = new Set<AbortController>();

beforeAll(async () => {
  [authority, other] = await Promise.all([makeAuthority("corporate"), makeAuthority("corporate-2")]);
});
afterEach(() => {
  for (const controller of stop) controller.abort();
  stop.clear();
});

const base64 = (text: string) => Buffer.from(text).toString("base64");

let version = 1;
async function secretOf(by: Authority, change: Record<string, string> = {}): Promise<object> {
  const { cert, key } = await by.issue({ cn: "x", dns: servingNames("kruise-health", "ns"), server: true });
  const texts = { "tls.crt": cert, "tls.key": key, "ca.crt": by.cert, ...change };
  const data = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, base64(text)]));
  const metadata = { name: NAME, namespace: "ns", uid: "u", resourceVersion: String((version += 1)) };
  return { apiVersion: "v1", kind: "Secret", metadata, data };
}

/** A hub with this Secret and no APIService yet. */
function hubWith(secret: object): ScriptedKube {
  return new ScriptedKube(({ method, path }) => {
    if (method !== "GET") return {};
    return { metadata: { resourceVersion: "1" }, items: path === SECRETS ? [secret] : [] };
  });
}

function depsOf(kube: ScriptedKube): ServingTermDeps {
  return {
    kube,
    clock: systemClock,
    log: buildLog("test", "silent"),
    namespace: "ns",
    secretName: NAME,
    service: { name: "kruise-health", port: 443 },
    deployment: undefined,
    aggregated: true,
    externalHost: undefined,
    certificateMode: "existing",
    findOwner: () => Promise.resolve(undefined),
  };
}

function stopped(): AbortController {
  const controller = linkedController(new AbortController().signal);
  stop.add(controller);
  return controller;
}

describe("a Secret that somebody else keeps", () => {
  test("is never asked for alone nor written, and kube-apiserver is told its authority and each newer one", async () => {
    const kube = hubWith(await secretOf(authority));
    void runServingTerm(depsOf(kube), stopped()).catch(() => undefined);
    const bundles = () =>
      kube.requests
        .filter(({ method, path }) => method === "PATCH" && path.startsWith(API_SERVICES))
        .map(({ body }) => (body as { spec: { caBundle: string } }).spec.caBundle);
    await expect.poll(() => bundles().at(-1)).toBe(base64(authority.cert));
    kube.push(SECRETS, "MODIFIED", await secretOf(other));
    await expect.poll(() => bundles().at(-1)).toBe(base64(other.cert));
    const writes = kube.requests.filter(({ method, path }) => method !== "GET" && path.startsWith(SECRETS));
    expect(writes).toEqual([]);
    expect(kube.requests.filter(({ path }) => path === `${SECRETS}/${NAME}`)).toEqual([]);
  });

  test("that is spoilt changes nothing at kube-apiserver", async () => {
    const kube = hubWith(await secretOf(authority, { "ca.crt": "spoilt" }));
    void runServingTerm(depsOf(kube), stopped()).catch(() => undefined);
    kube.push(SECRETS, "MODIFIED", await secretOf(authority, { "tls.key": "spoilt" }));
    kube.push(SECRETS, "MODIFIED", await secretOf(other));
    const applied = () => kube.requests.filter(({ method }) => method === "PATCH");
    await expect.poll(() => applied().length).toBe(1);
    expect(applied()[0]?.body).toMatchObject({ spec: { caBundle: base64(other.cert) } });
  });

  test("is told to every replica: what serves, and what is wrong where it does not", async () => {
    const kube = hubWith(await secretOf(authority, { "ca.crt": "" }));
    const told: CheckedServing[] = [];
    void followServing(depsOf(kube), (checked) => told.push(checked), stopped().signal).catch(() => undefined);
    await expect.poll(() => told.at(-1)?.fault).toContain('"corporate-tls" lacks ca.crt');
    kube.push(SECRETS, "MODIFIED", await secretOf(authority));
    await expect.poll(() => told.at(-1)?.serving?.ca).toBe(authority.cert);
    kube.push(SECRETS, "DELETED", await secretOf(authority));
    await expect.poll(() => told.at(-1)?.fault).toContain("is not there");
  });
});
