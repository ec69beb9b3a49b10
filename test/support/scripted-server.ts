// An HTTPS server on a free port that answers as a test says: for faults that no real API server makes on demand.
import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { makeAuthority } from "./certificates.ts";
import type { Authority, KeyPair } from "./certificates.ts";

interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
  /** CN of the client's certificate. */
  client: string | undefined;
  /** Port of the client: tells connections apart. */
  connection: number | undefined;
}

export type Answer = (response: ServerResponse, request: SeenRequest) => void | Promise<void>;

export interface ScriptedServer {
  url: string;
  authority: Authority;
  requests: SeenRequest[];
  /** What answers the next requests, in turn. */
  script: Answer[];
  /** What answers a request beyond the script; 599 when nothing is set. */
  otherwise: Answer;
  /** Breaks the connections that wait for a next request. */
  dropIdle(): void;
  /** Shows new connections another certificate, and breaks the idle ones. */
  showCertificate(pair: KeyPair): void;
  close(): Promise<void>;
}

/** Starts a server with a certificate of its own authority, which also vouches for clients. */
export async function startScriptedServer(...script: Answer[]): Promise<ScriptedServer> {
  const authority = await makeAuthority("scripted-ca");
  const { cert, key } = await authority.issue({
    cn: "scripted",
    dns: ["scripted.test"],
    ips: ["127.0.0.1"],
    server: true,
  });
  const requests: SeenRequest[] = [];
  const beyond: { otherwise: Answer } = { otherwise: unexpected };
  const sockets = new Set<TLSSocket>();
  const tls = { cert, key, ca: authority.cert, requestCert: true, rejectUnauthorized: false };
  const server = createServer(tls, (request, response) => {
    void (async () => {
      const seen = await read(request);
      requests.push(seen);
      const answer = script.shift() ?? beyond.otherwise;
      await answer(response, seen);
    })();
  });
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(beyond, {
    url: `https://127.0.0.1:${port}`,
    authority,
    requests,
    script,
    dropIdle: () => server.closeIdleConnections(),
    showCertificate: (shown: KeyPair) => {
      server.setSecureContext({ ...tls, ...shown });
      server.closeIdleConnections();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

/** Answers with JSON. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

/** Answers with a Status object, as API servers do. */
export function failure(code: number, reason: string, headers: Record<string, string> = {}): Answer {
  return json(
    { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message: `${reason} it is` },
    code,
    headers,
  );
}

async function read(request: IncomingMessage): Promise<SeenRequest> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk as string;
  const socket = request.socket as TLSSocket;
  const cn = socket.getPeerCertificate().subject?.CN;
  return {
    method: request.method ?? "",
    url: request.url ?? "",
    headers: request.headers,
    body,
    client: Array.isArray(cn) ? cn[0] : cn,
    connection: socket.remotePort,
  };
}

const unexpected: Answer = (response, { method, url }) => {
  response.writeHead(599).end(`Beyond the script: ${method} ${url}`);
};
