// Probes: thresholds, and which port is asked.
import { describe, expect, test } from "vitest";
import { podOf } from "./fixtures.ts";
import type { Container, Probe } from "./pod.ts";
import { countAnswer, freshProbe, probePort, verdicts } from "./probe.ts";
import type { ProbeVerdict } from "./probe.ts";

function containerOf(
  port: number | string,
  rest: Record<string, unknown> = {},
): { container: Container; probe: Probe } {
  const readinessProbe = { httpGet: { path: "/readyz", port }, ...rest };
  const [container] = podOf({ ports: [{ name: "health", containerPort: 8081 }], readinessProbe }).spec.containers;
  if (container?.readinessProbe === undefined) throw new Error("The pod has no probe");
  return { container, probe: container.readinessProbe };
}

describe("countAnswer", () => {
  test.each([
    { answers: "+", wanted: ["Success"] },
    { answers: "--", wanted: ["Unknown", "Unknown"] },
    { answers: "---", wanted: ["Unknown", "Unknown", "Failure"] },
    { answers: "--+-", wanted: ["Unknown", "Unknown", "Success", "Success"] },
    { answers: "+---+", wanted: ["Success", "Success", "Success", "Failure", "Success"] },
  ])("of $answers with three failures allowed is $wanted", ({ answers, wanted }) => {
    const { probe } = containerOf(1, { failureThreshold: 3 });
    const seen: ProbeVerdict[] = [];
    let state = freshProbe;
    for (const answer of answers) {
      state = countAnswer(state, answer === "+", probe);
      seen.push(state.verdict);
    }
    expect(seen).toEqual(wanted);
  });

  test("needs as many successes in a row as successThreshold says", () => {
    const { probe } = containerOf(1, { successThreshold: 2 });
    const once = countAnswer(freshProbe, true, probe);
    expect([once.verdict, countAnswer(once, true, probe).verdict]).toEqual(["Unknown", "Success"]);
  });
});

test("verdicts() yields changes only, and ends with its signal", async () => {
  const { probe } = containerOf(1, { periodSeconds: 0, failureThreshold: 2 });
  const answers = [true, true, false, false, true];
  const over = new AbortController();
  const seen: ProbeVerdict[] = [];
  const ask = async (): Promise<boolean> => {
    const answer = answers.shift();
    if (answer === undefined) over.abort();
    return answer ?? false;
  };
  for await (const verdict of verdicts(probe, ask, over.signal)) seen.push(verdict);
  expect(seen).toEqual(["Success", "Failure", "Success"]);
});

describe("probePort", () => {
  test.each([
    [8443, 8443],
    ["health", 8081],
  ])("of %s is %i", (port, wanted) => {
    const { container, probe } = containerOf(port);
    expect(probePort(probe, container)).toBe(wanted);
  });

  test("names a port that the container does not have", () => {
    const { container, probe } = containerOf("metrics");
    expect(() => probePort(probe, container)).toThrow('container c: it has no port "metrics"');
  });
});
