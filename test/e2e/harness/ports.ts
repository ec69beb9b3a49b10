// Free TCP ports for the components. They are taken below the range that the kernel gives to outgoing connections,
// because kube-apiserver and etcd open many of those before the last component has bound its port.
import { createServer } from "node:net";

const FIRST_PORT = 20_000;
const PORT_COUNT = 12_000;

/** Says whether a server could listen on `port` on every address of this machine. */
async function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** What this process has handed out: the port of a component that is stopped for a while is free, and still its own. */
const given = new Set<number>();

/** Hands out free ports, and never the same one twice in one process, however many stacks it runs. */
export class Ports {
  private next = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT);

  async take(): Promise<number> {
    for (let tries = 0; tries < PORT_COUNT; tries += 1) {
      this.next = this.next + 1 < FIRST_PORT + PORT_COUNT ? this.next + 1 : FIRST_PORT;
      const port = this.next;
      if (given.has(port)) continue;
      // Marked before the check: several callers take ports at the same time.
      given.add(port);
      if (await isPortFree(port)) return port;
    }
    throw new Error(`No free TCP port between ${FIRST_PORT} and ${FIRST_PORT + PORT_COUNT}`);
  }
}
