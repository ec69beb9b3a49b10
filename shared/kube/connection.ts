// A connection to one API server: HTTP/1.1 with kept connections, and credentials that may be replaced while running
// (sessions.ts). A refusal that new credentials may heal is tried again once; other retrying is the caller's.
import { systemClock } from "../runtime/clock.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { CredentialSource } from "./credentials.ts";
import { exchangeJson, exchangeLines } from "./exchange.ts";
import { Sessions } from "./sessions.ts";
import type { Session } from "./sessions.ts";
import type { Kube, KubeRequest } from "./types.ts";

export interface KubeOptions {
  source: CredentialSource;
  log: Log;
  clock?: Clock;
  userAgent: string;
  /** What the server is called in messages; "API server" when not given. */
  name?: string;
  /** How often changed credentials are looked for, in milliseconds; 10 s when not given. */
  reloadCheckMs?: number;
}

const REQUEST_TIMEOUT_MS = 30_000;
const DEFAULTS = { clock: systemClock, name: "API server", reloadCheckMs: 10_000 };

/** Builds a connection. Rejects when the credentials cannot be loaded; opens nothing yet. */
export async function buildKube(options: KubeOptions): Promise<Kube> {
  const sessions = new Sessions({ ...DEFAULTS, ...options });
  await sessions.start();
  return {
    request: async <T>(request: KubeRequest) => {
      const timeoutMs = request.timeoutMs ?? REQUEST_TIMEOUT_MS;
      const exchange = (session: Session) => exchangeJson(session, request, timeoutMs);
      const session = await sessions.current();
      try {
        return (await exchange(session)) as T;
      } catch (error) {
        const renewed = await sessions.renewedAfter(error, session);
        if (renewed === undefined) throw sessions.explain(error, session);
        return (await exchange(renewed).catch((again: unknown) => {
          throw sessions.explain(again, renewed);
        })) as T;
      }
    },
    open: async function* (request) {
      const session = await sessions.current();
      try {
        yield* linesUntilReplaced(session, request);
      } catch (error) {
        const renewed = await sessions.renewedAfter(error, session);
        if (renewed === undefined) throw sessions.explain(error, session);
        yield* linesUntilReplaced(renewed, request);
      }
    },
    close: () => sessions.close(),
    expiry: () => sessions.expiry,
  };
}

/** Yields lines until the server ends the stream, or newer credentials make these old: then it ends in the same way. */
async function* linesUntilReplaced(session: Session, request: KubeRequest): AsyncGenerator<string, void, undefined> {
  const { replaced } = session;
  const signal = request.signal === undefined ? replaced : AbortSignal.any([request.signal, replaced]);
  try {
    yield* exchangeLines(session, { ...request, signal });
  } catch (error) {
    if (!replaced.aborted || request.signal?.aborted === true) throw error;
  }
}
