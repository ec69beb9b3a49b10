// Probes: a pure state machine that counts answers, and the loop that asks.
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { sleep } from "../../../shared/runtime/sleep.ts";
import type { Container, Probe } from "./pod.ts";

/** What a probe says: nothing yet, or the last verdict that reached its threshold. */
export type ProbeVerdict = "Unknown" | "Success" | "Failure";

export interface ProbeState {
  verdict: ProbeVerdict;
  /** Equal answers in a row. */
  inARow: number;
  last: boolean | undefined;
}

export const freshProbe: ProbeState = { verdict: "Unknown", inARow: 0, last: undefined };

/** Counts one answer. The verdict changes only when as many equal answers as the probe demands have come in a row. */
export function countAnswer(state: ProbeState, answer: boolean, probe: Probe): ProbeState {
  const inARow = state.last === answer ? state.inARow + 1 : 1;
  const threshold = answer ? probe.successThreshold : probe.failureThreshold;
  const verdict = inARow < threshold ? state.verdict : answer ? "Success" : "Failure";
  return { verdict, inARow, last: answer };
}

/** Asks again and again, and yields each change of the verdict; ends when the signal aborts. */
export async function* verdicts(
  probe: Probe,
  ask: (signal: AbortSignal) => Promise<boolean>,
  signal: AbortSignal,
): AsyncGenerator<ProbeVerdict, void, undefined> {
  let state = freshProbe;
  let pauseMs = probe.initialDelaySeconds * 1000;
  while (await rest(pauseMs, signal)) {
    const next = countAnswer(state, await ask(signal), probe);
    if (signal.aborted) return;
    if (next.verdict !== state.verdict) yield next.verdict;
    state = next;
    pauseMs = probe.periodSeconds * 1000;
  }
}

/** Waits; false when the signal has aborted. */
async function rest(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  return sleep(ms, signal).then(
    () => true,
    (error: unknown) => {
      if (signal.aborted) return false;
      throw error;
    },
  );
}

/** Gives the port that a probe names, by number or by the container's port of that name. */
export function probePort(probe: Probe, container: Container): number {
  const port = probe.httpGet?.port;
  if (typeof port === "number") return port;
  const named = container.ports.find(({ name }) => name === port);
  if (named === undefined) throw new Error(`Cannot probe container ${container.name}: it has no port "${port ?? ""}"`);
  return named.containerPort;
}

/** Sends one request; true for any answer from 200 to 399 in time. A certificate is not checked, as kubelets do not. */
export async function askHttp(probe: Probe, at: { host: string; port: number }, signal: AbortSignal): Promise<boolean> {
  const { path = "/", scheme = "HTTP" } = probe.httpGet ?? {};
  const send = scheme === "HTTPS" ? httpsRequest : httpRequest;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(probe.timeoutSeconds * 1000)]);
  return new Promise((resolve) => {
    const options = { ...at, path, rejectUnauthorized: false, agent: false, signal: limit };
    const request = send(options, (response) => {
      response.resume();
      resolve((response.statusCode ?? 0) >= 200 && (response.statusCode ?? 0) < 400);
    });
    request.on("error", () => resolve(false));
    request.end();
  });
}
