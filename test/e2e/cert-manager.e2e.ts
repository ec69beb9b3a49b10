// The serving certificate by the real cert-manager: issued for the chart's Certificate, taken up by the manager and told to
// kube-apiserver, and renewed without a restart. At the end the hub is as it was.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { API_VERSION, GROUP, VERSION } from "../../shared/wire/group.ts";
import { ADDON_MANAGER_NAMESPACE } from "./harness/addon.ts";
import { binary } from "./harness/context.ts";
import { lookAt, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { moduleFolder } from "./harness/tools.ts";
import { ADDON } from "./support/addon.ts";
import { followGaps } from "./support/gaps.ts";
import { managerPods } from "./support/manager.ts";
import { CHART, upgradeRelease } from "./support/release.ts";
import { caOf, servedSerial } from "./support/replica.ts";

const MODULE = "github.com/cert-manager/cert-manager";
const SECRET = "kruise-health-cert-manager";
const SECRETS = `/api/v1/namespaces/${ADDON_MANAGER_NAMESPACE}/secrets`;
const CERTIFICATE = `/apis/cert-manager.io/v1/namespaces/${ADDON_MANAGER_NAMESPACE}/certificates/${ADDON}`;
const SERVICE = `${ADDON}.${ADDON_MANAGER_NAMESPACE}.svc`;
const SOON = { limitMs: 45_000 };

const stack = suiteStack();
let hub: Kube;
let crds: string;
let certManager: ChildProcess;
let said = "";

beforeAll(async () => {
  hub = await stack.hub.admin();
  crds = join(await moduleFolder("cert-manager", MODULE), "deploy/crds");
  await output(stack.kubectl("hub", "apply", "--server-side", "-f", crds));
  await output(stack.kubectl("hub", "wait", "--for=condition=Established", "-f", crds, "--timeout=30s"));
  certManager = spawn(binary(stack.binaries, "cert-manager"), ["--kubeconfig", stack.hub.kubeconfig], {
    env: stack.data.env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  certManager.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
});

afterAll(async () => {
  // Also when there is no release to go back to.
  await upgradeRelease(stack, hub).finally(() => certManager.kill());
  await output(stack.kubectl("hub", "delete", "-f", crds, "--wait=false"));
  for (const name of [SECRET, `${ADDON}-ca`]) await hub.request({ method: "DELETE", path: `${SECRETS}/${name}` });
  hub.close();
});

test("the chart's Certificates are what cert-manager's CRDs allow, word for word", async () => {
  const files = (await readdir(crds)).filter((file) => file.endsWith(".yaml"));
  expect(files).toContain("cert-manager.io_certificates.yaml");
  const more = [
    [],
    ["--set", "certificates.issuerRef.name=corporate", "--set", "certificates.issuerRef.kind=ClusterIssuer"],
    ["--set", "feedback.mode=direct", "--set", "feedback.direct.url=https://192.0.2.7:443"],
    ["--set", "feedback.mode=both", "--set", "feedback.direct.url=https://health.example.com"],
  ];
  for (const sets of more) {
    const where = ["--namespace", ADDON_MANAGER_NAMESPACE, "--show-only", "templates/certificates.yaml"];
    const text = await output(
      stack.helm("template", ADDON, CHART, ...where, "--set", "certificates.mode=certManager", ...sets),
    );
    const strict = ["apply", "--dry-run=server", "--validate=strict", "-f", "-"];
    await output(stack.kubectlWithInput("hub", text, ...strict));
  }
});

test("cert-manager issues it, the manager serves with it, and kube-apiserver believes it", async () => {
  await upgradeRelease(stack, hub, ["certificates.mode=certManager"]);
  await until("cert-manager's certificate to be served", async () => lookAt(await serves(), said.slice(-2000)), SOON);
  await until(
    "kube-apiserver to be told",
    async () => lookAt((await bundle()) === (await caOf(hub, SECRET)), ""),
    SOON,
  );
  const served = await certificateIn(SECRET);
  expect(served.subjectAltName).toBe(`DNS:${SERVICE}, DNS:${SERVICE}.cluster.local`);
  await hub.request({ method: "GET", path: `/apis/${API_VERSION}/kruiseclusters` });
});

test("a renewal is taken up without a restart, and nobody is refused meanwhile", async () => {
  const [pod] = await managerPods(hub);
  const restarts = pod?.status.containerStatuses?.[0]?.restartCount;
  const [before, ca] = [await certificateIn(SECRET), await caOf(hub, SECRET)];
  const gaps = followGaps(hub, `/apis/${API_VERSION}/kruiseclusters`);
  await renew();
  await until(
    "another certificate",
    async () => lookAt((await certificateIn(SECRET)).serialNumber !== before.serialNumber, said.slice(-2000)),
    SOON,
  );
  await until("it to be served", async () => lookAt(await serves(), before.serialNumber), SOON);
  await gaps.untilAnswered();
  gaps.stop();
  console.log(`renewal by cert-manager: no answer for ${Math.round(gaps.longestMs())} ms`);
  // The authority stays, so that nobody has to be told anything.
  expect(await caOf(hub, SECRET)).toBe(ca);
  const [after] = await managerPods(hub);
  expect(after?.metadata.name).toBe(pod?.metadata.name);
  expect(after?.status.containerStatuses?.[0]?.restartCount).toBe(restarts);
});

async function serves(): Promise<boolean> {
  const [pod] = await managerPods(hub);
  if (pod === undefined) return false;
  const [served, issued] = await Promise.all([servedSerial(pod), certificateIn(SECRET)]);
  return served === issued.serialNumber;
}

async function certificateIn(secret: string): Promise<X509Certificate> {
  const { data } = await hub.request<KubeObject & { data?: Record<string, string> }>({
    method: "GET",
    path: `${SECRETS}/${secret}`,
  });
  return new X509Certificate(Buffer.from(data?.["tls.crt"] ?? "", "base64"));
}

/** What kube-apiserver trusts, PEM. */
async function bundle(): Promise<string> {
  const path = `/apis/apiregistration.k8s.io/v1/apiservices/${VERSION}.${GROUP}`;
  const { spec } = await hub.request<KubeObject & { spec: { caBundle?: string } }>({ method: "GET", path });
  return Buffer.from(spec.caBundle ?? "", "base64").toString("utf8");
}

/** As cert-manager's own command asks for it. */
async function renew(): Promise<void> {
  const live = await hub.request<KubeObject & { status: { conditions?: object[] } }>({
    method: "GET",
    path: CERTIFICATE,
  });
  const issuing = {
    type: "Issuing",
    status: "True",
    reason: "ManuallyTriggered",
    message: "Certificate re-issuance manually triggered",
    lastTransitionTime: new Date().toISOString(),
  };
  const conditions = [...(live.status.conditions ?? []), issuing];
  await hub.request({
    method: "PATCH",
    path: `${CERTIFICATE}/status`,
    contentType: "application/merge-patch+json",
    body: { status: { conditions } },
  });
}
