// A forward proxy on loopback that opens tunnels (CONNECT) and notes for which servers it was asked.
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { KeyPair } from "./certificates.ts";

export interface ConnectProxy {
  /** Without a user name and password. */
  url: string;
  port: number;
  /** Servers that it was asked for, as `host:port`, one each time. */
  asked: string[];
  /** What came as Proxy-Authorization, one each time. */
  authorizations: (string | undefined)[];
  /** Tunnels that are open now. */
  open(): number;
  /** How the next requests are answered: a status other than 200 opens nothing, "silence" leaves them waiting. */
  answer: number | "silence";
  /** Breaks every tunnel. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts a proxy; with a certificate it is one that is spoken to by TLS. */
export async function startConnectProxy(certificate?: KeyPair): Promise<ConnectProxy> {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const sockets = new Set<Duplex>();
  const tunnels = new Set<Duplex>();
  const state: Pick<ConnectProxy, "answer"> = { answer: 200 };
  const server = certificate === undefined ? createHttpServer() : createHttpsServer(certificate);
  server.on(certificate === undefined ? "connection" : "secureConnection", (socket: Duplex) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("connect", ({ url = "", headers }: IncomingMessage, client: Duplex) => {
    asked.push(url);
    authorizations.push(headers["proxy-authorization"]);
    if (state.answer === "silence") return;
    if (state.answer !== 200) {
      client.end(`HTTP/1.1 ${state.answer} As told\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`https://${url}`);
    const target = connect(port === "" ? 443 : Number(port), hostname.replace(/^\[|\]$/g, ""));
    target.on("connect", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      tunnels.add(target);
      client.pipe(target).pipe(client);
    });
    target.on("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    target.on("close", () => {
      tunnels.delete(target);
      client.destroy();
    });
    client.on("close", () => target.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of [...sockets, ...tunnels]) socket.destroy();
  };
  return Object.assign(state, {
    url: `${certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    asked,
    authorizations,
    open: () => tunnels.size,
    cut,
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
