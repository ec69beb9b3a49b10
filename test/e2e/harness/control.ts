// Lets tests end and start components that another process owns: the runner has started the stack, the tests run in
// its workers. A few lines of HTTP on loopback.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import type { Processes } from "./processes.ts";

export interface Control {
  url: string;
  close(): void;
}

/** Serves `POST /?component=NAME&verb=stop|kill|start|SIGNAL`; start takes `argument=ARGUMENT`, any number of them. */
export async function serveControl(processes: Processes): Promise<Control> {
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? "/", "http://localhost").searchParams;
    obey(processes, query).then(
      () => response.end(),
      (error: unknown) => response.writeHead(400).end(error instanceof Error ? error.message : String(error)),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function obey(processes: Processes, query: URLSearchParams): Promise<void> {
  const component = processes.component(query.get("component") ?? "");
  const verb = query.get("verb") ?? "";
  if (verb === "stop") await component.stop();
  else if (verb === "kill") await component.kill();
  else if (verb === "start") component.start(query.getAll("argument"));
  else component.signal(verb as NodeJS.Signals);
}
