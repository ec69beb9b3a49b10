// A pod's status, and the sandbox that a container is planned to get.
import { describe, expect, test } from "vitest";
import { podOf } from "./fixtures.ts";
import { planSandbox } from "./plan-sandbox.ts";
import { quote } from "./binds.ts";
import { planScript } from "./sandbox.ts";
import { planStatus } from "./status.ts";
import type { ContainerView, Terminated } from "./status.ts";

const ended: Terminated = { exitCode: 1, signal: 0, reason: "Error", startedAt: "a", finishedAt: "b" };
const view: ContainerView = {
  ...podView(),
  state: { kind: "running", startedAt: "2026-01-01T00:00:00Z" },
  ready: true,
};

function podView(): ContainerView {
  return {
    name: "c",
    image: "i",
    state: { kind: "waiting", reason: "ContainerCreating", message: "" },
    lastTerminated: undefined,
    restarts: 0,
    started: true,
    ready: false,
    containerId: "",
  };
}

function statusOf(containers: ContainerView[], restartPolicy: "Always" | "Never" = "Always") {
  const pod = podOf();
  pod.spec.restartPolicy = restartPolicy;
  const since = new Map([["Ready", { status: "True", at: "before" }]]);
  const input = { pod, podIP: "127.1.0.9", startTime: "t0", containers, since, now: "now" };
  return planStatus(input) as {
    phase: string;
    podIP: string;
    conditions: { type: string; status: string; lastTransitionTime: string }[];
    containerStatuses: Record<string, unknown>[];
  };
}

describe("planStatus", () => {
  test.each([
    { name: "waiting for a volume", views: [podView()], phase: "Pending" },
    { name: "running", views: [view], phase: "Running" },
    { name: "crashing", views: [{ ...podView(), restarts: 2, lastTerminated: ended }], phase: "Running" },
    { name: "ended, to be restarted", views: [{ ...view, state: { kind: "terminated", ...ended } }], phase: "Running" },
  ] satisfies { name: string; views: ContainerView[]; phase: string }[])(
    "calls a pod $name $phase",
    ({ views, phase }) => {
      expect(statusOf(views).phase).toBe(phase);
    },
  );

  test.each([
    [0, "Succeeded"],
    [1, "Failed"],
  ])("calls a pod that is not restarted after code %i %s", (exitCode, phase) => {
    expect(statusOf([{ ...view, state: { kind: "terminated", ...ended, exitCode } }], "Never").phase).toBe(phase);
  });

  test("moves a condition's time only with its status", () => {
    const times = (ready: boolean) =>
      statusOf([{ ...view, ready }]).conditions.find(({ type }) => type === "Ready")?.lastTransitionTime;
    expect([times(true), times(false)]).toEqual(["before", "now"]);
  });

  test("shows why a container crashed before", () => {
    const [status] = statusOf([{ ...view, restarts: 1, lastTerminated: ended }]).containerStatuses;
    expect(status).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 1, reason: "Error" } } });
    expect(status?.["state"]).toEqual({ running: { startedAt: "2026-01-01T00:00:00Z" } });
  });
});

describe("a sandbox", () => {
  const image = {
    entrypoint: ["/nodejs/bin/node", "/app/x.js"],
    cmd: ["--default"],
    env: {},
    user: { uid: 65532, gid: 65532 },
    workdir: "/app",
    bundleFolders: ["/app/"],
    bundleDir: "/dist",
  };
  const sandboxOf = (container: Record<string, unknown>) => {
    const [first] = podOf(container).spec.containers;
    if (first === undefined) throw new Error("The pod has no container");
    return planSandbox({
      container: first,
      image,
      env: { A: "1" },
      root: "/r",
      nodeBinary: "/n",
      volumeFolder: (v) => `/v/${v}`,
    });
  };

  test.each([
    [{}, ["/nodejs/bin/node", "/app/x.js", "--default"]],
    [{ args: ["$(A)"] }, ["/nodejs/bin/node", "/app/x.js", "1"]],
    [{ command: ["/bin/x"] }, ["/bin/x"]],
    [{ command: ["/bin/x"], args: ["y"] }, ["/bin/x", "y"]],
  ])("of %j runs %j", (container, wanted) => {
    expect(sandboxOf(container).command).toEqual(wanted);
  });

  test("mounts outer folders before inner ones, read-only where asked, and drops rights only as root", () => {
    const volumeMounts = [
      { name: "inner", mountPath: "/data/inner", readOnly: true },
      { name: "outer", mountPath: "/data" },
    ];
    const sandbox = sandboxOf({ volumeMounts, securityContext: { readOnlyRootFilesystem: true } });
    const script = planScript(sandbox, true);
    expect(script.indexOf("/v/outer")).toBeLessThan(script.indexOf("/v/inner"));
    expect(script).toContain(`mount -o remount,bind,ro "$R"'/data/inner'`);
    expect(script).not.toContain(`mount -o remount,bind,ro "$R"'/data'`);
    expect(script).toContain('mount -o remount,bind,ro "$R"');
    expect(script).toContain("--reuid=65532");
    expect(planScript(sandbox, false)).not.toContain("--reuid");
  });

  test("quotes words for the shell", () => {
    expect(quote("it's $HOME")).toBe(String.raw`'it'\''s $HOME'`);
  });
});
