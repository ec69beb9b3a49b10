// What `kubectl proxy` does, for where there is no kubectl: plain HTTP on 127.0.0.1, passed on over TLS with one user's rights.
// It answers nobody who calls it by another name: a page of some site could otherwise reach it through its visitor's browser.
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";

export interface ProxyTarget {
  /** https://HOST:PORT */
  url: string;
  ca: string;
  /** Where the certificate names another host. */
  servername?: string;
  cert?: string;
  key?: string;
  /** Sent with every request: who asks. */
  headers: Record<string, string>;
}

export interface LoopbackProxy {
  /** http://127.0.0.1:PORT */
  url: string;
  close: () => Promise<void>;
}

const OWN_HOST = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

/** Starts a proxy. Port 0: any free one. */
export async function startLoopbackProxy(target: ProxyTarget, port = 0): Promise<LoopbackProxy> {
  const { url, ca, servername, cert, key } = target;
  const tls = { ca, ...(servername && { servername }), ...(cert && { cert }), ...(key && { key }) };
  const agent = new Agent({ keepAlive: true, ...tls });
  const server = createServer((request, response) => pass({ request, response }, target, agent));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: used } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${used}`,
    close: async () => {
      agent.destroy();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };

  function pass(exchange: Exchange, to: ProxyTarget, by: Agent): void {
    const { request, response } = exchange;
    if (!OWN_HOST.test(request.headers.host ?? "")) {
      response.writeHead(403, { "content-type": "text/plain" }).end("this proxy answers at 127.0.0.1 only\n");
      return;
    }
    const { host: _, connection: __, authorization: ___, ...headers } = request.headers;
    const options = { method: request.method ?? "GET", agent: by, headers: { ...headers, ...to.headers } };
    const upstream = httpsRequest(new URL(request.url ?? "/", url), options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
      answer.once("error", () => response.destroy());
    });
    upstream.once("error", (error) => {
      if (response.headersSent) response.destroy();
      else
        response.writeHead(502, { "content-type": "text/plain" }).end(`the hub cannot be reached: ${error.message}\n`);
    });
    response.once("close", () => upstream.destroy());
    request.pipe(upstream);
  }
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}
