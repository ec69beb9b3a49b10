// A relay on loopback between a client and a server, for faults of the network: connections cut, or silent for ever.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

export interface TcpProxy {
  port: number;
  /** Connections accepted so far. */
  accepted(): number;
  /** Breaks every connection at once; new ones are relayed. */
  cut(): void;
  /** Relays nothing more on the connections of now, and leaves them open; new ones are relayed. */
  freeze(): void;
  close(): void;
}

/** Where a server is; it may be another place for each connection. */
export type FindTarget = () => { host: string; port: number } | Promise<{ host: string; port: number }>;

/** Relays to a port of this machine, or to wherever the server is just then. */
export async function startTcpProxy(to: number | FindTarget): Promise<TcpProxy> {
  const pairs = new Set<[Socket, Socket]>();
  let accepted = 0;
  const find: FindTarget = typeof to === "number" ? () => ({ host: "127.0.0.1", port: to }) : to;
  const server = createServer((client) => {
    accepted += 1;
    client.on("error", () => client.destroy());
    void relay(client).catch(() => client.destroy());
  });
  const relay = async (client: Socket): Promise<void> => {
    const target = connect(await find());
    const pair: [Socket, Socket] = [client, target];
    pairs.add(pair);
    for (const [from, other] of [pair, [target, client] as const]) {
      from.on("data", (chunk) => other.write(chunk));
      from.on("error", () => other.destroy());
      from.on("close", () => {
        pairs.delete(pair);
        other.destroy();
      });
    }
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const each = (act: (socket: Socket) => void): void => {
    for (const pair of pairs) pair.forEach(act);
  };
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    cut: () => each((socket) => socket.resetAndDestroy()),
    freeze: () => each((socket) => socket.removeAllListeners("data").pause()),
    close: () => {
      each((socket) => socket.destroy());
      server.close();
    },
  };
}
