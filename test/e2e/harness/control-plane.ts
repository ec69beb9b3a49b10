// Control planes without containers: one etcd for all, and for each cluster kube-apiserver, kube-controller-manager
// and kube-scheduler as processes on loopback, with certificate authorities of their own.
import { get } from "node:https";
import { join } from "node:path";
import { makeAuthority, makeSigningKey } from "../../support/certificates.ts";
import type { Authority, IssueOptions, KeyPair } from "../../support/certificates.ts";
import { binary } from "./context.ts";
import type { StackContext } from "./context.ts";
import { writeKeyPair, writeKubeconfig, writeText } from "./files.ts";
import { lookAt, until } from "./polling.ts";

const READY_LIMIT_MS = 90_000;
const ISSUER = "https://kubernetes.default.svc";

/** What is logged of requests: who asked for what, and the answer's code, of the add-on's agents and manager alone. */
const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    {
      level: "Metadata",
      userGroups: [
        "system:serviceaccounts:open-cluster-management-agent-addon",
        "system:serviceaccounts:open-cluster-management-kruise-health",
        "system:open-cluster-management:addon:kruise-health",
      ],
    },
    { level: "None" },
  ],
};

/** The audit log of a control plane: one JSON event a line. */
export function auditLog(dir: string): string {
  return join(dir, "audit.log");
}

export interface ControlPlane {
  name: string;
  /** kube-apiserver: https://127.0.0.1:PORT */
  url: string;
  port: number;
  dir: string;
  /** Kubeconfig of a member of system:masters. */
  kubeconfig: string;
  /** Signs serving and client certificates; PEM. */
  ca: string;
  /** What an aggregated API server trusts for X-Remote-* headers; PEM. */
  frontProxyCa: string;
  /** The certificate that kube-apiserver shows to aggregated API servers. */
  frontProxy: KeyPair;
  authority: Authority;
  /** Writes a kubeconfig for a user and his groups. */
  identity(file: string, user: Pick<IssueOptions, "cn" | "organizations">): Promise<string>;
}

export async function startEtcd(context: StackContext): Promise<string> {
  const [client, peer] = [await context.ports.take(), await context.ports.take()];
  const url = `http://127.0.0.1:${client}`;
  context.processes.start({
    name: "etcd",
    command: binary(context.binaries, "etcd"),
    args: [
      `--data-dir=${join(context.dir, "etcd")}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      "--unsafe-no-fsync",
      "--log-level=warn",
    ],
  });
  await until("etcd to answer", async () => lookAt((await fetch(`${url}/health`)).ok, "not healthy"), {
    limitMs: READY_LIMIT_MS,
    signal: context.processes.failure,
  });
  return url;
}

/** Starts one cluster's control plane and returns when kube-apiserver is ready; the others follow by themselves. */
export async function startControlPlane(context: StackContext, name: string, etcd: string): Promise<ControlPlane> {
  const dir = join(context.dir, name);
  const port = await context.ports.take();
  const url = `https://127.0.0.1:${port}`;
  const [authority, frontProxyAuthority, signing] = await Promise.all([
    makeAuthority(`${name}-ca`),
    makeAuthority(`${name}-front-proxy-ca`),
    makeSigningKey(),
  ]);
  const [serving, frontProxy, admin] = await Promise.all([
    authority.issue({
      cn: "kube-apiserver",
      server: true,
      dns: ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"],
      ips: ["127.0.0.1", "10.0.0.1"],
    }),
    frontProxyAuthority.issue({ cn: "front-proxy", client: true }),
    authority.issue({ cn: "kubernetes-admin", organizations: ["system:masters"], client: true }),
  ]);
  const files = {
    ca: await writeKeyPair(join(dir, "ca"), authority),
    serving: await writeKeyPair(join(dir, "apiserver"), serving),
    frontProxyCa: await writeText(join(dir, "front-proxy-ca.crt"), frontProxyAuthority.cert),
    frontProxy: await writeKeyPair(join(dir, "front-proxy"), frontProxy),
    signingKey: await writeText(join(dir, "service-account.key"), signing.privateKey),
    signingPublicKey: await writeText(join(dir, "service-account.pub"), signing.publicKey),
    auditPolicy: await writeText(join(dir, "audit-policy.json"), JSON.stringify(auditPolicy)),
  };
  const connection = { name, server: url, ca: authority.cert };
  const plane: ControlPlane = {
    name,
    url,
    port,
    dir,
    kubeconfig: await writeKubeconfig(join(dir, "admin.kubeconfig"), { ...connection, ...admin }),
    ca: authority.cert,
    frontProxyCa: frontProxyAuthority.cert,
    frontProxy,
    authority,
    identity: async (file, user) =>
      writeKubeconfig(file, { ...connection, ...(await authority.issue({ ...user, client: true })) }),
  };
  const { processes, binaries } = context;
  processes.start({
    name: `${name}/kube-apiserver`,
    command: binary(binaries, "kube-apiserver"),
    args: [
      `--etcd-servers=${etcd}`,
      `--etcd-prefix=/${name}`,
      `--secure-port=${port}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      "--endpoint-reconciler-type=none",
      `--tls-cert-file=${files.serving.certFile}`,
      `--tls-private-key-file=${files.serving.keyFile}`,
      `--client-ca-file=${files.ca.certFile}`,
      "--authorization-mode=RBAC",
      // As on OpenShift: who changes the owners of an object has to have the right to delete it.
      ...(name === "hub" ? ["--enable-admission-plugins=OwnerReferencesPermissionEnforcement"] : []),
      // Namespaces may say on which nodes their pods run: that keeps the add-on's own pods off kwok's nodes.
      "--service-cluster-ip-range=10.0.0.0/16",
      `--service-account-issuer=${ISSUER}`,
      `--api-audiences=${ISSUER}`,
      `--service-account-key-file=${files.signingPublicKey}`,
      `--service-account-signing-key-file=${files.signingKey}`,
      `--requestheader-client-ca-file=${files.frontProxyCa}`,
      "--requestheader-allowed-names=front-proxy",
      "--requestheader-username-headers=X-Remote-User",
      "--requestheader-group-headers=X-Remote-Group",
      "--requestheader-extra-headers-prefix=X-Remote-Extra-",
      `--proxy-client-cert-file=${files.frontProxy.certFile}`,
      `--proxy-client-key-file=${files.frontProxy.keyFile}`,
      "--allow-privileged=true",
      `--audit-policy-file=${files.auditPolicy}`,
      `--audit-log-path=${auditLog(dir)}`,
    ],
  });
  await until(
    `${name}/kube-apiserver to be ready`,
    async () => {
      const { code, text } = await getText(`${url}/readyz`, { ca: authority.cert, ...admin });
      return lookAt(code === 200, text);
    },
    { limitMs: READY_LIMIT_MS, signal: processes.failure },
  );
  await Promise.all([startControllerManager(context, plane, files), startScheduler(context, plane)]);
  return plane;
}

async function startControllerManager(
  { processes, binaries, ports }: StackContext,
  plane: ControlPlane,
  files: { ca: { certFile: string; keyFile: string }; signingKey: string },
): Promise<void> {
  processes.start({
    name: `${plane.name}/kube-controller-manager`,
    command: binary(binaries, "kube-controller-manager"),
    args: [
      ...(await sharedFlags(plane, "kube-controller-manager")),
      `--secure-port=${await ports.take()}`,
      "--use-service-account-credentials=true",
      // The one signer that OCM asks. Each further one would take an inotify instance more, and a user has few (128).
      `--cluster-signing-kube-apiserver-client-cert-file=${files.ca.certFile}`,
      `--cluster-signing-kube-apiserver-client-key-file=${files.ca.keyFile}`,
      `--service-account-private-key-file=${files.signingKey}`,
      `--root-ca-file=${files.ca.certFile}`,
    ],
  });
}

async function startScheduler({ processes, binaries, ports }: StackContext, plane: ControlPlane): Promise<void> {
  processes.start({
    name: `${plane.name}/kube-scheduler`,
    command: binary(binaries, "kube-scheduler"),
    args: [...(await sharedFlags(plane, "kube-scheduler")), `--secure-port=${await ports.take()}`],
  });
}

async function sharedFlags(plane: ControlPlane, component: string): Promise<string[]> {
  const kubeconfig = await plane.identity(join(plane.dir, `${component}.kubeconfig`), { cn: `system:${component}` });
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    "--bind-address=127.0.0.1",
    "--leader-elect=false",
  ];
}

/** One GET without the product's own client: whether a server is ready must not depend on the code under test. */
export async function getText(
  url: string,
  { ca, cert, key }: { ca: string } & Partial<KeyPair>,
): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { ca, cert, key, agent: false, timeout: 5_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.once("end", () => resolve({ code: response.statusCode ?? 0, text }));
      response.once("error", reject);
    });
    request.once("timeout", () => request.destroy(new Error(`No answer from ${url} for 5 s`)));
    request.once("error", reject);
  });
}
