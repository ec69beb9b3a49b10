// Two replicas of the manager: the one that does not lead answers with the leader's data, takes over when it is killed,
// and both go on while their certificate changes hands. The requests of everybody go through the one that does not lead.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { API_VERSION } from "../../shared/wire/group.ts";
import { makeAuthority } from "../support/certificates.ts";
import type { Authority } from "../support/certificates.ts";
import { ADDON_MANAGER_NAMESPACE } from "./harness/addon.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { ADDON, deployAddon, follow, untilVerdict, workloadsPath } from "./support/addon.ts";
import { followGaps } from "./support/gaps.ts";
import {
  holdPod,
  leaders,
  leaseHolder,
  managerPods,
  managerWrites,
  scaleManager,
  untilManagersReady,
} from "./support/manager.ts";
import type { ManagerPod } from "./support/manager.ts";
import { CHART, upgradeRelease } from "./support/release.ts";
import { askReplica, caOf, forwardedBy, pointServiceAt, servedSerial, watchByKubectl } from "./support/replica.ts";
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";

const NAMESPACE = "takeover-e2e";
const ROW = `cloneset.${NAMESPACE}.shop`;
const CLUSTERS = ["c1", "c2"];
const TAKEOVER_MS = 30_000;
const SECRETS = `/api/v1/namespaces/${ADDON_MANAGER_NAMESPACE}/secrets`;
const API_SERVICE = "/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.kruise-health.open-cluster-management.io";
const SERVICE = `kruise-health.${ADDON_MANAGER_NAMESPACE}.svc`;
const SOON = { limitMs: 30_000 };
const CORPORATE = "takeover-e2e-tls";

const stack = suiteStack();
let hub: Kube;
let c1: Kube;

beforeAll(async () => {
  hub = await stack.hub.admin();
  c1 = await stack.cluster("c1").admin();
  await Promise.all([deployAddon(stack, hub, CLUSTERS), createNamespace(c1, NAMESPACE), scaleManager(hub, 2)]);
  await applyCloneSet(c1, { namespace: NAMESPACE, name: "shop", replicas: 2 });
  await untilVerdict(hub, "c1", ROW, "Healthy/AllAvailable");
});

afterAll(async () => {
  await scaleManager(hub, 1);
  await deleteNamespace(c1, NAMESPACE);
  for (const kube of [hub, c1]) kube.close();
});

/** Who leads and who does not, once it is clear. */
async function replicas(): Promise<{ leader: ManagerPod; standby: ManagerPod }> {
  return until(
    "one replica to lead, and one not to",
    async () => {
      const [pods, now, holder] = await Promise.all([managerPods(hub), leaders(hub), leaseHolder(hub)]);
      const leader = pods.find(({ metadata }) => metadata.name === holder);
      const standby = pods.find(({ metadata }) => metadata.name !== holder);
      const clear = pods.length === 2 && now.length === 1 && now[0] === holder;
      return clear && leader && standby ? met({ leader, standby }) : unmet({ now, holder, pods: pods.length });
    },
    SOON,
  );
}

async function restarts(): Promise<(number | undefined)[]> {
  return (await managerPods(hub)).map(({ status }) => status.containerStatuses?.[0]?.restartCount);
}

async function untilAnswered(pod: ManagerPod, secret?: string): Promise<void> {
  await until(
    `${pod.metadata.name} to answer with data`,
    async () => {
      const ca = await caOf(hub, secret);
      const { code, text } = await askReplica(stack.hub, { pod, ca }, `${workloadsPath("c1")}/${ROW}`);
      return lookAt(code === 200 && text.includes(ROW), text);
    },
    SOON,
  );
}

describe("two replicas", () => {
  test("the one that does not lead answers with the leader's data, streams watches and takes reports", async () => {
    const { leader, standby } = await replicas();
    const ca = await caOf(hub);
    await untilAnswered(standby);
    const path = `/apis/${API_VERSION}/kruiseworkloads`;
    const [mine, yours] = await Promise.all([standby, leader].map((pod) => askReplica(stack.hub, { pod, ca }, path)));
    const namesIn = (text = "{}") =>
      (JSON.parse(text) as { items: KubeObject[] }).items.map(({ metadata }) => metadata.name);
    expect(namesIn(mine?.text)).toEqual(namesIn(yours?.text));

    // From here on agents, kubectl and kube-apiserver reach the one that does not lead, and nobody else.
    await pointServiceAt(hub, standby);
    const before = await forwardedBy(standby);
    const transcript = await follow(hub, "c1", ROW);
    await applyCloneSet(c1, { namespace: NAMESPACE, name: "shop", replicas: 3 });
    await until(
      "the change, by a report and a watch that were forwarded",
      async () => {
        const row = await hub.request<KubeObject & { status: { message: string } }>({
          method: "GET",
          path: `${workloadsPath("c1")}/${ROW}`,
        });
        return lookAt(row.status.message.startsWith("3 of 3"), {
          message: row.status.message,
          told: transcript.verdicts(),
        });
      },
      SOON,
    );
    expect(transcript.verdicts().at(-1)).toBe("Healthy/AllAvailable");
    transcript.stop();
    expect(await forwardedBy(standby)).toBeGreaterThan(before + 3);
    expect(await forwardedBy(leader)).toBe(0);
  });

  test("the leader is killed: the data is back within 30 s, reported anew, and watches work again", async () => {
    const { leader, standby } = await replicas();
    const watching = watchByKubectl(stack, "c1");
    // kubectl lists before it watches: a change that it prints shows that it does.
    await until("kubectl to list", () => lookAt(watching.text().includes("3/3"), watching.text()), SOON);
    await applyCloneSet(c1, { namespace: NAMESPACE, name: "shop", replicas: 4 });
    await until("kubectl to watch", () => lookAt(watching.text().includes("4/4"), watching.text()), SOON);
    const killedMs = performance.now();
    await holdPod(hub, leader, true);
    // The watch ends as a watch does, and not with a row that says "Failure".
    const { code, text } = await watching.ended;
    expect({ code, failed: /failure|error/i.test(text) }, text).toEqual({ code: 0, failed: false });

    await until(
      "the rows to be back",
      async () => {
        const row = await hub.request<KubeObject & { status: { stale?: boolean } }>({
          method: "GET",
          path: `${workloadsPath("c1")}/${ROW}`,
        });
        return lookAt(row.status.stale !== true, row);
      },
      { limitMs: 60_000 },
    );
    const dataMs = performance.now() - killedMs;
    await untilAllFresh();
    const allMs = performance.now() - killedMs;
    console.log(`takeover: data after ${Math.round(dataMs)} ms, all clusters after ${Math.round(allMs)} ms`);
    expect(allMs).toBeLessThan(TAKEOVER_MS);
    expect(await leaseHolder(hub)).toBe(standby.metadata.name);

    const transcript = await follow(hub, "c1", ROW);
    await output(
      stack.kubectl(
        "hub",
        "wait",
        `kruiseworkloads/${ROW}`,
        "-n",
        "c1",
        "--for=jsonpath={.status.health}=Healthy",
        "--timeout=20s",
      ),
    );
    await until(
      "the watch to tell",
      () => lookAt(transcript.verdicts().includes("Healthy/AllAvailable"), transcript.verdicts()),
      SOON,
    );
    transcript.stop();
    await holdPod(hub, leader, false);
    await untilManagersReady(hub, 2);
    await untilAnswered(leader);
  });

  async function untilAllFresh(): Promise<void> {
    const path = `/apis/${API_VERSION}/kruiseclusters`;
    await until(
      "every cluster to have reported",
      async () => {
        const { items } = await hub.request<{ items: (KubeObject & { status: { state: string } })[] }>({
          method: "GET",
          path,
        });
        const fresh = items.filter(({ status }) => status.state === "Fresh");
        return lookAt(fresh.length >= CLUSTERS.length, items);
      },
      { limitMs: 60_000 },
    );
  }
});

describe("certificates", () => {
  const bundle = async () => {
    const { spec } = await hub.request<KubeObject & { spec: { caBundle?: string } }>({
      method: "GET",
      path: API_SERVICE,
    });
    return Buffer.from(spec.caBundle ?? "", "base64").toString("utf8");
  };
  const base64 = (texts: Record<string, string>) =>
    Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")]));
  const patchSecret = async (name: string, texts: Record<string, string>) => {
    const contentType = "application/merge-patch+json";
    await hub.request({ method: "PATCH", path: `${SECRETS}/${name}`, contentType, body: { data: base64(texts) } });
  };

  test("an own authority that is spoilt is made anew, and taken up by all without a restart", async () => {
    const { leader, standby } = await replicas();
    const [before, ca, restarted] = [await servedSerial(standby), await caOf(hub), await restarts()];
    const gaps = followGaps(hub, `/apis/${API_VERSION}/kruiseclusters`);
    await patchSecret(`${ADDON}-serving`, { "ca.crt": "spoilt" });
    for (const pod of [leader, standby]) {
      await until(
        "the new certificate to be served",
        async () => lookAt((await servedSerial(pod)) !== before, before),
        SOON,
      );
    }
    await until("kube-apiserver to be told", async () => lookAt((await bundle()) === (await caOf(hub)), ca), SOON);
    expect(await caOf(hub)).not.toBe(ca);
    await untilAnswered(standby);
    await gaps.untilAnswered();
    gaps.stop();
    console.log(`new authority: no answer for ${Math.round(gaps.longestMs())} ms`);
    expect(await restarts()).toEqual(restarted);
  });

  test("a Secret that somebody else keeps is only read, its changes are taken up, and a wrong one is not", async () => {
    const authority = await makeAuthority("corporate");
    const issuedBy = async (by: Authority) => {
      const { cert, key } = await by.issue({ cn: SERVICE, dns: [SERVICE], server: true });
      return { "tls.crt": cert, "tls.key": key, "ca.crt": by.cert };
    };
    const metadata = { name: CORPORATE };
    const data = base64(await issuedBy(authority));
    const secret = { apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/tls", data };
    await hub.request({ method: "POST", path: SECRETS, body: secret });
    const sinceMs = Date.now();
    await upgradeRelease(stack, hub, [
      "replicas=2",
      "certificates.mode=existingSecret",
      `certificates.existingSecret=${CORPORATE}`,
    ]);
    const { standby } = await replicas();
    await untilAnswered(standby, CORPORATE);
    expect(await bundle()).toBe(authority.cert);

    const [restarted, before] = [await restarts(), await servedSerial(standby)];
    const other = await makeAuthority("corporate-2");
    await patchSecret(CORPORATE, await issuedBy(other));
    await until("kube-apiserver to be told", async () => lookAt((await bundle()) === other.cert, await bundle()), SOON);
    await untilAnswered(standby, CORPORATE);
    const renewed = await servedSerial(standby);
    expect(renewed).not.toBe(before);

    // One that was taken would have ended the process. The next right one shows that it has been looked at.
    const stranger = await authority.issue({ cn: SERVICE, dns: [SERVICE] });
    await patchSecret(CORPORATE, { "tls.key": stranger.key });
    await patchSecret(CORPORATE, await issuedBy(other));
    await until("the next to be served", async () => lookAt((await servedSerial(standby)) !== renewed, renewed), SOON);
    await untilAnswered(standby, CORPORATE);
    expect(await restarts()).toEqual(restarted);
    const writes = await managerWrites(stack.hub, sinceMs);
    expect(writes.filter((write) => write.includes("secrets"))).toEqual([]);
    await upgradeRelease(stack, hub);
    await hub.request({ method: "DELETE", path: `${SECRETS}/${CORPORATE}` });
  });

  test("the chart asks cert-manager for one, by an issuer that is named or by one of its own", async () => {
    const ask = async (...sets: string[]) => {
      const more = ["certificates.mode=certManager", ...sets].flatMap((set) => ["--set", set]);
      const text = await output(stack.helm("template", ADDON, CHART, "--namespace", ADDON_MANAGER_NAMESPACE, ...more));
      const all = parseAllDocuments(text).map((document) => document.toJS() as KubeObject & { spec?: object });
      return all.filter(({ apiVersion }) => apiVersion.startsWith("cert-manager.io/"));
    };
    const own = await ask();
    expect(own.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted()).toEqual([
      "Certificate kruise-health",
      "Certificate kruise-health-ca",
      "Issuer kruise-health",
      "Issuer kruise-health-self-signed",
    ]);
    const given = await ask("certificates.issuerRef.name=corporate", "certificates.issuerRef.kind=ClusterIssuer");
    expect(given.map(({ spec }) => spec)).toEqual([
      expect.objectContaining({
        secretName: "kruise-health-cert-manager",
        dnsNames: [SERVICE, `${SERVICE}.cluster.local`],
        issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: "corporate" },
      }),
    ]);
  });
});
