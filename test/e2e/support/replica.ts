// One replica of the manager, asked at its own address past the Service, as kube-apiserver would ask it.
import { spawn } from "node:child_process";
import { get } from "node:https";
import { connect } from "node:tls";
import type { Kube, KubeObject } from "../../../shared/kube/types.ts";
import { ADDON_MANAGER_NAMESPACE } from "../harness/addon.ts";
import { binary } from "../harness/context.ts";
import type { PlaneData, Stack } from "../harness/stack-data.ts";
import type { ManagerPod } from "./manager.ts";

const API_PORT = 8443;
const HEALTH_PORT = 8081;
const SERVER_NAME = `kruise-health.${ADDON_MANAGER_NAMESPACE}.svc`;
/** What kube-apiserver says of a member of system:masters whose rights it has checked. */
const USER = { "x-remote-user": "takeover-e2e", "x-remote-group": "system:masters" };

export interface Replica {
  pod: ManagerPod;
  /** The authority that its certificate is checked with, PEM. */
  ca: string;
}

/** The CA of a Secret with a serving certificate, PEM. */
export async function caOf(hub: Kube, secret = "kruise-health-serving"): Promise<string> {
  const path = `/api/v1/namespaces/${ADDON_MANAGER_NAMESPACE}/secrets/${secret}`;
  const { data } = await hub.request<KubeObject & { data?: Record<string, string> }>({ method: "GET", path });
  return Buffer.from(data?.["ca.crt"] ?? "", "base64").toString("utf8");
}

/** Sends a GET with the front proxy's certificate and reads the answer to its end. */
export async function askReplica(
  plane: Pick<PlaneData, "frontProxy">,
  { pod, ca }: Replica,
  path: string,
): Promise<{ code: number; text: string }> {
  const target = { host: addressOf(pod), port: API_PORT, servername: SERVER_NAME, agent: false as const };
  return new Promise((resolve, reject) => {
    get({ ...target, ...plane.frontProxy, ca, path, headers: USER, timeout: 5000 }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      answer.once("end", () => resolve({ code: answer.statusCode ?? 0, text })).once("error", reject);
    })
      .once("timeout", () => reject(new Error(`No answer from ${pod.metadata.name} for 5 s`)))
      .once("error", reject);
  });
}

/** The serial number of the certificate that a replica serves with. */
export async function servedSerial(pod: ManagerPod): Promise<string> {
  const target = { host: addressOf(pod), port: API_PORT, servername: SERVER_NAME };
  const socket = connect({ ...target, rejectUnauthorized: false });
  const secured = Promise.withResolvers<void>();
  socket.once("secureConnect", () => secured.resolve()).once("error", (error) => secured.reject(error));
  await secured.promise;
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

/** How many requests a replica has sent on to the leader and seen answered. */
export async function forwardedBy(pod: ManagerPod): Promise<number> {
  const text = await (await fetch(`http://${addressOf(pod)}:${HEALTH_PORT}/metrics`)).text();
  const [, count = "0"] = /^ocm_kruise_forwarded_requests_total\{outcome="answered"\} (\d+)$/m.exec(text) ?? [];
  return Number(count);
}

/** Has the hub's kube-apiserver reach the feedback API at this replica. */
export async function pointServiceAt(hub: Kube, pod: ManagerPod): Promise<void> {
  await hub.request({
    method: "PATCH",
    path: `/api/v1/namespaces/${ADDON_MANAGER_NAMESPACE}/services/kruise-health`,
    contentType: "application/merge-patch+json",
    body: { spec: { externalName: addressOf(pod) } },
  });
}

/** `kubectl get -w` of a cluster's workloads: what it has printed until now, and how it ends. */
export function watchByKubectl(
  stack: Stack,
  cluster: string,
): { text: () => string; ended: Promise<{ code: number | null; text: string }> } {
  const args = ["get", "kruiseworkloads", "-n", cluster, "--watch"];
  const env = { ...stack.data.env, KUBECONFIG: stack.hub.kubeconfig };
  const child = spawn(binary(stack.binaries, "kubectl"), args, { env, timeout: 120_000 });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  }
  const ended = new Promise<{ code: number | null; text: string }>((resolve, reject) => {
    child.once("error", reject).once("close", (code) => resolve({ code, text }));
  });
  return { text: () => text, ended };
}

function addressOf({ metadata, status }: ManagerPod): string {
  if (status.podIP === undefined) throw new Error(`Pod ${metadata.name} has no address`);
  return status.podIP;
}
