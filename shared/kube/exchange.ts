// One HTTP exchange over a keep-alive agent: sends a request, reads the answer as a whole or line by line.
// Knows nothing of credentials and their reloading (connection.ts) nor of what the answers mean.
import { request as httpsRequest } from "node:https";
import type { Agent } from "node:https";
import type { ClientRequest, IncomingMessage } from "node:http";
import { StringDecoder } from "node:string_decoder";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { withDeadline } from "../runtime/deadline.ts";
import { ApiError, badAnswer, fromStatus, noAnswer, noTrust, proxyFailed, tooLarge } from "./errors.ts";
import { bare } from "./proxy.ts";
import { explainTls } from "./tls-trouble.ts";
import type { Parties } from "./tls-trouble.ts";
import { ProxyError, TunnelAgent } from "./tunnel.ts";
import type { KubeRequest } from "./types.ts";

/** A server as one set of credentials reaches it. */
export interface Target extends Parties {
  url: URL;
  agent: Agent;
  token: string | undefined;
  userAgent: string;
}

const unzip = promisify(gunzip);

/** Sends a request and reads the whole answer as JSON. Undefined for an empty body. */
export async function exchangeJson(target: Target, request: KubeRequest, timeoutMs: number): Promise<unknown> {
  const action = describeAction(target, request);
  try {
    return await withDeadline(timeoutMs, request.signal, async (signal) => {
      try {
        const answer = await start(target, request, signal);
        return parseAnswer(action, answer, await readBody(action, answer, request));
      } catch (cause) {
        // What a broken-off request throws names neither the deadline nor who stopped it.
        signal.throwIfAborted();
        throw cause;
      }
    });
  } catch (cause) {
    request.signal?.throwIfAborted();
    throw translate(action, cause, target);
  }
}

/** Sends a request and yields the lines of its answer as they come. */
export async function* exchangeLines(target: Target, request: KubeRequest): AsyncGenerator<string, void, undefined> {
  const action = describeAction(target, request);
  const { signal } = request;
  try {
    signal?.throwIfAborted();
    const answer = await start(target, request, signal);
    if (!isSuccess(answer)) parseAnswer(action, answer, await readBody(action, answer, {}));
    request.onOpen?.();
    yield* splitLines(answer);
  } catch (cause) {
    signal?.throwIfAborted();
    throw translate(action, cause, target);
  }
}

/** Cuts a byte stream into lines. Characters and lines may be split over chunks; an empty line is left out. */
async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void, undefined> {
  const decoder = new StringDecoder("utf8");
  // Parts of a line that has not ended yet: joined once, so that a long line costs no more than its length.
  let parts: string[] = [];
  for await (const chunk of chunks) {
    const lines = decoder.write(chunk).split("\n");
    const last = lines.pop() ?? "";
    for (const line of lines) {
      const whole = parts.length === 0 ? line : parts.join("") + line;
      parts = [];
      if (whole !== "") yield whole;
    }
    if (last !== "") parts.push(last);
  }
  const rest = parts.join("") + decoder.end();
  if (rest !== "") yield rest;
}

async function start(target: Target, request: KubeRequest, signal: AbortSignal | undefined): Promise<IncomingMessage> {
  try {
    return await attempt(target, request, signal);
  } catch (cause) {
    // The server closed an idle connection at the very moment we took it: a new one will do. Not for POST, which
    // the server may have carried out.
    if (!(cause instanceof StaleConnection) || request.method === "POST" || signal?.aborted === true) throw cause;
    return attempt(target, request, signal);
  }
}

/** A kept connection that broke before any part of the answer came. */
class StaleConnection extends Error {
  override readonly name = "StaleConnection";
}

function attempt(target: Target, request: KubeRequest, signal: AbortSignal | undefined): Promise<IncomingMessage> {
  const { url, agent } = target;
  const body = encodeBody(request.body);
  return new Promise((resolve, reject) => {
    const outgoing: ClientRequest = httpsRequest(
      {
        agent,
        host: bare(url.hostname),
        port: url.port === "" ? 443 : Number(url.port),
        method: request.method,
        path: pathOf(url, request),
        headers: headersOf(target, request, body),
        ...(signal && { signal }),
      },
      resolve,
    );
    outgoing.on("error", (cause: Error & { code?: string }) => {
      const stale = outgoing.reusedSocket && (cause.code === "ECONNRESET" || cause.code === "EPIPE");
      reject(stale ? new StaleConnection(cause.message, { cause }) : cause);
    });
    // While a proxy opens a tunnel Node tells nobody that the request was given up.
    const giveUp = (): void => reject(signal?.reason as Error);
    signal?.addEventListener("abort", giveUp, { once: true });
    outgoing.once("close", () => signal?.removeEventListener("abort", giveUp));
    outgoing.end(body);
  });
}

function pathOf(url: URL, { path, query = {} }: KubeRequest): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const prefix = url.pathname.replace(/\/+$/, "");
  return search.size === 0 ? prefix + path : `${prefix}${path}?${search.toString()}`;
}

function headersOf(target: Target, request: KubeRequest, body: Buffer | undefined): Record<string, string> {
  return {
    accept: "application/json",
    "accept-encoding": "gzip",
    "user-agent": target.userAgent,
    ...(target.token !== undefined && { authorization: `Bearer ${target.token}` }),
    ...(body && { "content-type": request.contentType ?? "application/json", "content-length": String(body.length) }),
    ...request.headers,
  };
}

function encodeBody(body: unknown): Buffer | undefined {
  if (body === undefined) return undefined;
  return Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
}

async function readBody(
  action: string,
  answer: IncomingMessage,
  { maxBytes = Number.POSITIVE_INFINITY, onBody }: Pick<KubeRequest, "maxBytes" | "onBody">,
): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(action, maxBytes);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const isZipped = answer.headers["content-encoding"] === "gzip" && bytes.length > 0;
  const plain = isZipped ? await inflate(action, bytes, maxBytes) : bytes;
  onBody?.(plain.length);
  return plain.toString("utf8");
}

async function inflate(action: string, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await unzip(bytes, maxBytes === Number.POSITIVE_INFINITY ? {} : { maxOutputLength: maxBytes });
  } catch (cause) {
    throw (cause as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE" ? tooLarge(action, maxBytes) : cause;
  }
}

function parseAnswer(action: string, answer: IncomingMessage, text: string): unknown {
  const status = answer.statusCode ?? 0;
  const parsed = parseJson(text);
  if (!isSuccess(answer)) throw fromStatus(action, status, parsed.value, answer.headers["retry-after"]);
  if (!parsed.isJson) throw badAnswer(action, "the answer is no JSON");
  return parsed.value;
}

function parseJson(text: string): { isJson: boolean; value?: unknown } {
  if (text === "") return { isJson: true };
  try {
    return { isJson: true, value: JSON.parse(text) };
  } catch {
    return { isJson: false };
  }
}

function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function describeAction({ url }: Target, { method, path }: KubeRequest): string {
  return `${method} ${url.host}${path}`;
}

function translate(action: string, cause: unknown, target: Target): ApiError {
  if (cause instanceof ApiError) return withoutToken(cause, target.token);
  if (cause instanceof ProxyError) return proxyFailed(action, cause);
  const via = target.agent instanceof TunnelAgent ? `${action} through ${target.agent.proxyName}` : action;
  const trouble = explainTls(cause, target);
  return trouble === undefined ? noAnswer(via, cause) : noTrust(via, trouble);
}

// A server, or something that poses as one, may repeat what it was sent.
function withoutToken(error: ApiError, token: string | undefined): ApiError {
  if (token === undefined || token === "" || !error.message.includes(token)) return error;
  const { status, reason, retryAfterMs } = error;
  return new ApiError(error.message.replaceAll(token, "[token]"), { status, reason, retryAfterMs });
}
