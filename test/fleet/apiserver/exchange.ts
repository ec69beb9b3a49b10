// One request with its answer, and the way to answer it.
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { parse } from "yaml";
import type { User } from "./admission.ts";
import { StatusError, badRequest, unsupportedMediaType } from "./errors.ts";
import type { Json } from "./json.ts";
import type { RequestInfo } from "./request-info.ts";

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  info: RequestInfo;
  user: User;
}

const compress = promisify(gzip);
/** Answers above this size are compressed for those who accept it, as kube-apiserver does. */
const GZIP_BYTES_MIN = 128 * 1024;

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The body as JSON; YAML is read too, since apply patches come in it. @throws StatusError 400 */
export async function readJson(request: IncomingMessage): Promise<Json> {
  const type = mediaType(request);
  if (type.includes("protobuf") || type.includes("cbor")) throw unsupportedMediaType(type, ["application/json"]);
  const text = (await readBody(request)).toString("utf8");
  if (text === "") return null;
  try {
    const isYaml = (request.headers["content-type"] ?? "").includes("yaml") && !text.startsWith("{");
    return (isYaml ? parse(text) : JSON.parse(text)) as Json;
  } catch (cause) {
    throw badRequest(`the body cannot be read: ${String(cause)}`);
  }
}

export function mediaType(request: IncomingMessage): string {
  return (request.headers["content-type"] ?? "application/json").split(";")[0]?.trim() ?? "";
}

export async function sendText(
  { request, response }: Exchange,
  code: number,
  text: string,
  type = "application/json",
): Promise<void> {
  const accepts = String(request.headers["accept-encoding"] ?? "").includes("gzip");
  const isBig = accepts && text.length > GZIP_BYTES_MIN;
  const body = isBig ? await compress(text, { level: 1 }) : Buffer.from(text);
  response.writeHead(code, {
    "content-type": type,
    "content-length": body.length,
    "cache-control": "no-cache, private",
    ...(isBig ? { "content-encoding": "gzip" } : {}),
  });
  response.end(body);
}

export function sendJson(exchange: Exchange, code: number, value: Json): Promise<void> {
  return sendText(exchange, code, JSON.stringify(value));
}

export async function sendError(exchange: Exchange, cause: unknown): Promise<void> {
  const error =
    cause instanceof StatusError ? cause : new StatusError(500, "InternalError", `Internal error: ${String(cause)}`);
  if (exchange.response.headersSent) {
    exchange.response.destroy();
    return;
  }
  if (error.details["retryAfterSeconds"] !== undefined) exchange.response.setHeader("retry-after", "1");
  await sendJson(exchange, error.code, error.toStatus());
}
