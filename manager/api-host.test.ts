import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { fromStatus } from "../shared/kube/errors.ts";
import { systemClock } from "../shared/runtime/clock.ts";
import { buildLog } from "../shared/runtime/log.ts";
import { makeAuthority } from "../test/support/certificates.ts";
import type { Authority } from "../test/support/certificates.ts";
import { ScriptedKube } from "../test/support/scripted-kube.ts";
import { parseTrust } from "./api/authentication.ts";
import { buildApi } from "./api/server.ts";
import { ApiHost } from "./api-host.ts";
import { readServing, servingCertificate } from "./controllers/serving-certificate.ts";
import type { ServingCertificate, ServingSecret } from "./controllers/serving-certificate.ts";
import { Fleet } from "./fleet/fleet.ts";

const log = buildLog("test", "silent");
const NAME = "kruise-health.ns.svc";
let authority: Authority;

beforeAll(async () => {
  authority = await makeAuthority("test-ca");
});

const newFleet = () => new Fleet({ clock: systemClock, epochMs: 1, staleAfterMs: 90_000, heartbeatMs: 30_000 });
const trust = () => parseTrust({ "requestheader-client-ca-file": authority.cert });
const serving = async () => ({ ...(await authority.issue({ cn: NAME, dns: [NAME] })), ca: authority.cert });

interface Started {
  host: ApiHost;
  built: (() => Fleet)[];
  ports: number[];
  listening: Promise<void>;
  stop: () => Promise<void>;
}
const started: Started[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map(({ stop }) => stop()));
});

function start(fleet: Fleet, { port = 0 } = {}): Started & { ended: Promise<void> } {
  const built: (() => Fleet)[] = [];
  const ports: number[] = [];
  const listening = Promise.withResolvers<void>();
  const stop = new AbortController();
  const host = new ApiHost(
    {
      log,
      host: "127.0.0.1",
      port,
      onListening: (actual) => {
        ports.push(actual);
        listening.resolve();
      },
      build: (given, tls) => {
        built.push(given);
        return buildApi({
          fleet: given,
          log,
          clock: systemClock,
          tls,
          isLeading: () => true,
          version: "test",
          identify: () => undefined,
          reviewAccess: () => Promise.resolve(false),
        });
      },
    },
    fleet,
  );
  const ended = host.run(stop.signal);
  const all = { host, built, ports, listening: listening.promise, ended, stop: async () => (stop.abort(), ended) };
  started.push({ ...all, stop: async () => void (await Promise.allSettled([all.stop()])) });
  return all;
}

/** Serial number of the certificate that the port serves. */
async function servedSerial(port: number, rejectUnauthorized = true): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, servername: NAME, ca: authority.cert, rejectUnauthorized });
  const secured = Promise.withResolvers<void>();
  socket.once("secureConnect", () => secured.resolve()).once("error", (error) => secured.reject(error));
  await secured.promise;
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

describe("ApiHost", () => {
  test("listens when it has a certificate and the hub's trust, and says until then what is missing", async () => {
    const { host, listening, ports } = start(newFleet());
    expect(host.missing()).toEqual(["the serving certificate", "the hub's authentication configuration"]);
    host.change({ trust: trust() });
    expect(host.missing()).toEqual(["the serving certificate"]);
    host.change({ servingFault: "Secret x lacks ca.crt" });
    expect(host.missing()).toEqual(["the serving certificate (Secret x lacks ca.crt)"]);
    host.change({ serving: await serving() });
    await listening;
    expect(host.missing()).toEqual([]);
    expect(ports).toHaveLength(1);
  });

  test("serves a renewed certificate without listening again", async () => {
    const { host, listening, ports, built } = start(newFleet());
    host.change({ trust: trust(), serving: await serving() });
    await listening;
    const before = await servedSerial(ports[0] ?? 0);
    const renewed = await serving();
    host.change({ serving: renewed });
    await expect.poll(() => servedSerial(ports[0] ?? 0)).not.toBe(before);
    expect(built).toHaveLength(1);
  });

  test("goes on with each certificate that the leader makes when the life of the one before ends", async () => {
    const { host, listening, ports } = start(newFleet());
    const day = 24 * 60 * 60 * 1000;
    let [nowMs, stored] = [Date.now() - 3700 * day, undefined as ServingSecret | undefined];
    const reconcile = servingCertificate({
      kube: new ScriptedKube(({ method, body }) => {
        if (method === "PATCH") return (stored = body as ServingSecret);
        if (stored === undefined) throw fromStatus("GET", 404, { message: "not found", reason: "NotFound" });
        return stored;
      }),
      clock: { wallMs: () => nowMs, monotonicMs: () => 0 },
      log,
      namespace: "ns",
      secretName: "serving",
      names: [NAME],
      findOwner: () => Promise.resolve(undefined),
    });
    const served: (ServingCertificate | undefined)[] = [];
    host.change({ trust: trust() });
    // At first; at two thirds of its life; and when the authority would not outlive another one.
    for (const days of [0, 61, 3520]) {
      nowMs += days * day;
      await reconcile("serving", new AbortController().signal);
      const next = readServing(stored);
      host.change({ serving: next });
      await listening;
      const { serialNumber } = new X509Certificate(next?.cert ?? "");
      await expect.poll(() => servedSerial(ports[0] ?? 0, false)).toBe(serialNumber);
      served.push(next);
    }
    expect(served[1]?.ca).toBe(served[0]?.ca);
    expect(served[2]?.ca).not.toBe(served[0]?.ca);
    expect(ports).toHaveLength(1);
  });

  test("serves a new fleet from the running server, so that the hub never finds it away", async () => {
    const [first, second] = [newFleet(), newFleet()];
    const { host, listening, ports, built } = start(first);
    host.change({ trust: trust(), serving: await serving() });
    await listening;
    expect(built.map((fleet) => fleet())).toEqual([first]);
    host.change({ fleet: second });
    expect(built.map((fleet) => fleet())).toEqual([second]);
    expect(ports).toHaveLength(1);
  });

  test("ends with the error when it cannot listen", async () => {
    const first = start(newFleet());
    first.host.change({ trust: trust(), serving: await serving() });
    await first.listening;
    const second = start(newFleet(), { port: first.ports[0] ?? 0 });
    second.host.change({ trust: trust(), serving: await serving() });
    await expect(second.ended).rejects.toThrow("EADDRINUSE");
  });

  test("stops listening when it is stopped", async () => {
    const { host, listening, ports, stop } = start(newFleet());
    host.change({ trust: trust(), serving: await serving() });
    await listening;
    await stop();
    await expect(servedSerial(ports[0] ?? 0)).rejects.toThrow("ECONNREFUSED");
  });
});
