// The process kubelet against a real API server: what the other suites rely on when they kill, hold and delete pods.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Kube } from "../../shared/kube/types.ts";
import type { Image } from "./kubelet/image.ts";
import { HOLD_ANNOTATION, startKubelet } from "./kubelet/kubelet.ts";
import type { Kubelet } from "./kubelet/kubelet.ts";
import { NODE_IN_IMAGE } from "./kubelet/sandbox.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { untilGone } from "./support/addon.ts";

const NAMESPACE = "kubelet-e2e";
const NODE = "kubelet-e2e";
const POD = { namespace: NAMESPACE, name: "shop" };
const POD_PATH = `/api/v1/namespaces/${NAMESPACE}/pods/shop`;

/** The program of the test image: tells what it sees, and is sick or ends when asked. */
const PROGRAM = `
import { createServer } from "node:http";
import { readFileSync, writeFileSync, watchFile } from "node:fs";
const secret = () => readFileSync("/var/run/given/key", "utf8");
const tryWrite = (path) => { try { writeFileSync(path, ""); return "written"; } catch (error) { return error.code; } };
const account = "/var/run/secrets/kubernetes.io/serviceaccount/";
console.log("started", process.argv.slice(2).join(" "), "secret", secret(), "root", tryWrite("/x"), "tmp", tryWrite("/tmp/x"));
console.log("names", Object.keys(process.env).sort().join(" "));
console.log("account", readFileSync(account + "namespace", "utf8"), readFileSync(account + "token", "utf8").split(".").length);
watchFile("/var/run/given/key", { interval: 50 }, () => console.log("secret is now", secret()));
let sick = false;
createServer((request, response) => {
  if (request.url === "/sicken") sick = true;
  response.writeHead(sick ? 500 : 200).end();
}).listen(8081, process.env.POD_IP);
process.on("SIGTERM", () => { console.log("asked to end"); process.exit(0); });
`;

interface PodStatus {
  metadata: { uid: string };
  status: {
    podIP?: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: {
      restartCount: number;
      ready: boolean;
      state: { waiting?: { reason: string; message: string } };
      lastState: { terminated?: { exitCode: number; reason: string } };
    }[];
  };
}

let folder = "";
let kube: Kube;
let kubelet: Kubelet;

beforeAll(async () => {
  const stack = suiteStack();
  folder = await mkdtemp(join(tmpdir(), "kubelet-e2e-"));
  const bundleDir = join(folder, "bundle");
  await mkdir(bundleDir);
  await writeFile(join(bundleDir, "program.mjs"), PROGRAM);
  const image: Image = {
    entrypoint: [NODE_IN_IMAGE, "/app/program.mjs"],
    cmd: [],
    env: { FROM_IMAGE: "yes" },
    user: { uid: 65532, gid: 65532 },
    workdir: "/app",
    bundleFolders: ["/app/"],
    bundleDir,
  };
  kube = await stack.hub.admin();
  await output(stack.kubectl("hub", "create", "namespace", NAMESPACE));
  kubelet = await startKubelet({
    kubeconfig: stack.hub.kubeconfig,
    nodeName: NODE,
    images: { "shop:e2e": image },
    folder: join(folder, "state"),
    logsFolder: join(folder, "logs"),
    log: pino({ level: "silent" }),
    restartBaseMs: 200,
    restartMaxMs: 400,
  });
  await until(
    "the namespace to have its service account",
    async () =>
      met(await kube.request({ method: "GET", path: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default` })),
    { limitMs: 20_000 },
  );
  const probe = (path: string) => ({ httpGet: { path, port: "health" }, periodSeconds: 1, failureThreshold: 2 });
  await post("pods", {
    kind: "Pod",
    metadata: { name: "shop" },
    spec: {
      nodeName: NODE,
      terminationGracePeriodSeconds: 5,
      volumes: [
        { name: "given", secret: { secretName: "given" } },
        { name: "tmp", emptyDir: {} },
      ],
      containers: [
        {
          name: "c",
          image: "shop:e2e",
          args: ["--address", "$(POD_IP)"],
          env: [{ name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }],
          ports: [{ name: "health", containerPort: 8081 }],
          securityContext: { readOnlyRootFilesystem: true },
          volumeMounts: [
            { name: "given", mountPath: "/var/run/given", readOnly: true },
            { name: "tmp", mountPath: "/tmp" },
          ],
          startupProbe: probe("/livez"),
          livenessProbe: probe("/livez"),
          readinessProbe: probe("/readyz"),
        },
      ],
    },
  });
});

afterAll(async () => {
  await kubelet.stop();
  await kube.request({ method: "DELETE", path: `/api/v1/nodes/${NODE}` });
  await kube.request({ method: "DELETE", path: `/api/v1/namespaces/${NAMESPACE}` });
  kube.close();
  await rm(folder, { recursive: true, force: true });
});

async function post(plural: string, object: Record<string, unknown>): Promise<void> {
  const body = { apiVersion: "v1", ...object };
  await kube.request({ method: "POST", path: `/api/v1/namespaces/${NAMESPACE}/${plural}`, body });
}

async function patch(path: string, body: unknown): Promise<void> {
  await kube.request({ method: "PATCH", path, contentType: "application/merge-patch+json", body });
}

async function untilPod(what: string, holds: (status: PodStatus["status"]) => boolean): Promise<PodStatus> {
  return until(
    `the pod ${what}`,
    async () => {
      const pod = await kube.request<PodStatus>({ method: "GET", path: POD_PATH });
      return holds(pod.status) ? met(pod) : unmet(pod.status);
    },
    { limitMs: 20_000 },
  );
}

async function untilLog(text: string): Promise<void> {
  await until(`the log to say "${text}"`, () => lookAt(kubelet.logOf(POD).includes(text), kubelet.logOf(POD)), {
    limitMs: 10_000,
  });
}

const isReady = ({ conditions }: PodStatus["status"]): boolean =>
  conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
const restarts = ({ containerStatuses }: PodStatus["status"]): number => containerStatuses?.[0]?.restartCount ?? 0;

test("a pod waits for a Secret that is missing, and says so", async () => {
  const pod = await untilPod("to wait", ({ containerStatuses }) => containerStatuses?.[0]?.state.waiting !== undefined);
  expect(pod.status.containerStatuses?.[0]?.state.waiting).toEqual({
    reason: "ContainerCreating",
    message: 'MountVolume.SetUp failed for volume "given": secret "given" not found',
  });
});

test("it starts when the Secret is there, with the image's environment and the pod's, and nothing of ours", async () => {
  await post("secrets", { kind: "Secret", metadata: { name: "given" }, stringData: { key: "first" } });
  const { status } = await untilPod("to be ready", isReady);
  const log = kubelet.logOf(POD);
  expect(log).toContain(`started --address ${status.podIP} secret first root EROFS tmp written`);
  expect(log).toContain(`account ${NAMESPACE} 3`);
  const ports = "KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_SERVICE_PORT_HTTPS";
  expect(log).toContain(`names FROM_IMAGE HOSTNAME ${ports} PATH POD_IP\n`);
  expect(kubelet.pods().map(({ podIP }) => podIP)).toEqual([status.podIP]);
});

test("a changed Secret reaches the running process", async () => {
  await patch(`/api/v1/namespaces/${NAMESPACE}/secrets/given`, { stringData: { key: "second" } });
  await untilLog("secret is now second");
});

test("a crash is counted and told, and the container starts again", async () => {
  kubelet.kill(POD);
  const { status } = await untilPod("to be restarted", (now) => restarts(now) === 1 && isReady(now));
  expect(status.containerStatuses?.[0]?.lastState.terminated).toMatchObject({ exitCode: 137, reason: "Error" });
});

test("a container that fails its liveness probe is asked to end, and started again", async () => {
  const before = await untilPod("to be ready", isReady);
  await fetch(`http://${before.status.podIP}:8081/sicken`);
  await untilPod("to be restarted", (now) => restarts(now) === restarts(before.status) + 1 && isReady(now));
  expect(kubelet.logOf(POD)).toContain("asked to end");
});

test("a held pod stays down until it is let go", async () => {
  const before = await untilPod("to be ready", isReady);
  await patch(POD_PATH, { metadata: { annotations: { [HOLD_ANNOTATION]: "true" } } });
  await untilPod("to be down", (now) => !isReady(now));
  await expect(fetch(`http://${before.status.podIP}:8081/`)).rejects.toThrow("fetch failed");
  await patch(POD_PATH, { metadata: { annotations: { [HOLD_ANNOTATION]: null } } });
  await untilPod("to be up", (now) => restarts(now) > restarts(before.status) && isReady(now));
});

test("a deleted pod gets its grace, and is gone", async () => {
  await kube.request({ method: "DELETE", path: POD_PATH });
  await untilGone(kube, POD_PATH);
  await until("the kubelet to forget it", () => lookAt(kubelet.pods().length === 0, kubelet.pods()), { limitMs: 5000 });
});
