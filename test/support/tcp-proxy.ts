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

/** Relays to a port of this machine. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<[Socket, Socket]>();
  let accepted = 0;
  const server = createServer((client) => {
    accepted += 1;
    const target = connect(targetPort, "127.0.0.1");
    const pair: [Socket, Socket] = [client, target];
    pairs.add(pair);
    for (const [from, to] of [pair, [target, client] as const]) {
      from.on("data", (chunk) => to.write(chunk));
      from.on("error", () => to.destroy());
      from.on("close", () => {
        pairs.delete(pair);
        to.destroy();
      });
    }
  });
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
