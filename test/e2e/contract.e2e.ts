// The contract suite against a real kube-apiserver: what the embedded one has to be like.
import { afterAll } from "vitest";
import { pino } from "pino";
import { buildKube } from "../../shared/kube/connection.ts";
import { staticSource } from "../../shared/kube/credentials.ts";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { LIMITED_USER } from "../contract/server.ts";
import { contractSuite } from "../contract/suite.ts";
import { makeRequest } from "../support/certificate-requests.ts";
import { met, unmet, until } from "./harness/polling.ts";
import { suiteStack } from "./harness/suite.ts";

const stack = suiteStack();
const plane = stack.cluster("c2");
const admin = await plane.admin();
const limited = await signIn(LIMITED_USER);
afterAll(() => admin.close());

contractSuite({
  name: "a real kube-apiserver",
  kube: async (identity = "admin") => (identity === "admin" ? plane.admin() : limited()),
  // It sends a bookmark about once a minute.
  bookmarkWithinMs: 75_000,
  // An old token still works for as long as the watch cache knows its state; resourceVersion 1 is certain to be gone.
  agedToken: (token) => {
    const state = JSON.parse(Buffer.from(token, "base64url").toString()) as object;
    return Buffer.from(JSON.stringify({ ...state, rv: 1 })).toString("base64url");
  },
  forgetHistory: async () => {
    const { header } = await etcd<{ header: { revision: string } }>("range", { key: "AA==" });
    await etcd("compaction", { revision: header.revision, physical: true });
  },
});

/** Calls etcd's JSON gateway. */
async function etcd<T>(verb: string, body: object): Promise<T> {
  const response = await fetch(`${stack.data.etcdUrl}/v3/kv/${verb}`, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd refused ${verb}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** Gets a user a client certificate as users get theirs: by a certificate signing request that the administrator approves. */
async function signIn(user: string): Promise<() => Promise<Kube>> {
  const collection = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
  const { request, key } = await makeRequest({ cn: user, organizations: [] });
  const { metadata, ...rest } = await admin.request<KubeObject & { spec: object }>({
    method: "POST",
    path: collection,
    body: {
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { generateName: "contract-" },
      spec: {
        request: Buffer.from(request).toString("base64"),
        signerName: "kubernetes.io/kube-apiserver-client",
        usages: ["client auth"],
      },
    },
  });
  const path = `${collection}/${metadata.name}`;
  const approved = { type: "Approved", status: "True", reason: "Contract", message: "a user of the contract suite" };
  await admin.request({
    method: "PUT",
    path: `${path}/approval`,
    body: { ...rest, metadata, status: { conditions: [approved] } },
  });
  const cert = await until(
    `a certificate for ${user}`,
    async () => {
      const { status } = await admin.request<{ status?: { certificate?: string } }>({ method: "GET", path });
      return status?.certificate === undefined
        ? unmet(status)
        : met(Buffer.from(status.certificate, "base64").toString());
    },
    { limitMs: 30_000 },
  );
  const source = staticSource({ server: plane.url, ca: plane.ca, cert, key });
  return async () => buildKube({ source, log: pino({ level: "silent" }), userAgent: "kruise-health-contract" });
}
