// The agent's pod against the rules of Kubernetes' restricted Pod Security profile, with every field of a config set:
// https://kubernetes.io/docs/concepts/security/pod-security-standards. The end-to-end suite has a real API server enforce it.
import type { V1Container, V1Deployment, V1PodSpec } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { agentInput, EVERYTHING } from "./agent.fixture.ts";
import { renderAgent } from "./agent.ts";

const VOLUMES = "configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret".split(" ");

/** Every rule of the profile that the pod breaks. */
function violations(pod: V1PodSpec): string[] {
  const { hostNetwork, hostPID, hostIPC, volumes = [], containers, initContainers = [] } = pod;
  const all = [...containers, ...initContainers];
  const rules: [string, boolean][] = [
    ["no host namespaces", !hostNetwork && !hostPID && !hostIPC],
    ["volume types", volumes.every((volume) => Object.keys(volume).every((k) => k === "name" || VOLUMES.includes(k)))],
    ["sysctls", !pod.securityContext?.sysctls],
    ["runAsNonRoot", pod.securityContext?.runAsNonRoot === true],
    ["seccomp", pod.securityContext?.seccompProfile?.type === "RuntimeDefault"],
    ["runAsUser", pod.securityContext?.runAsUser !== 0],
    ...all.flatMap((container) => containerRules(container)),
  ];
  return rules.filter(([, holds]) => !holds).map(([name]) => name);
}

function containerRules({ ports = [], securityContext: security = {} }: V1Container): [string, boolean][] {
  return [
    ["host ports", ports.every(({ hostPort }) => !hostPort)],
    ["privileged", security.privileged !== true],
    ["privilege escalation", security.allowPrivilegeEscalation === false],
    ["capabilities", security.capabilities?.drop?.includes("ALL") === true && !security.capabilities.add],
    ["container runAsNonRoot", security.runAsNonRoot !== false && security.runAsUser !== 0],
    ["proc mount", !security.procMount],
    ["container seccomp", !security.seccompProfile],
  ];
}

const render = (...input: Parameters<typeof agentInput>): V1PodSpec => {
  const deployment: object | undefined = renderAgent(agentInput(...input)).at(-1);
  const pod = (deployment as V1Deployment).spec?.template.spec;
  if (!pod) throw new Error("The agent has no pod");
  return pod;
};

describe("the agent's pod", () => {
  test.each([
    { name: "without a config", spec: {} },
    { name: "with every field of a config", spec: EVERYTHING },
  ])("keeps the restricted profile $name", ({ spec }) => {
    expect(violations(render({}, spec))).toEqual([]);
  });

  test("writes to no file system of its own", () => {
    const [container] = render({}, EVERYTHING).containers;
    expect(container?.securityContext?.readOnlyRootFilesystem).toBe(true);
    expect(container?.volumeMounts?.every(({ readOnly }) => readOnly === true)).toBe(true);
  });

  test("asks for Linux and for no architecture", () => {
    const { affinity, nodeSelector } = render();
    expect(JSON.stringify(affinity)).toContain('"key":"kubernetes.io/os","operator":"In","values":["linux"]');
    expect(JSON.stringify({ affinity, nodeSelector })).not.toContain("arch");
  });

  test("the rules can fail: a pod without a security context breaks them", () => {
    expect(violations({ containers: [{ name: "c" }], hostNetwork: true })).toContain("runAsNonRoot");
  });
});
