// The baseline of the hub's bench: a fastify over the same TLS that answers the same requests and does nothing: a report is
// read and acknowledged, a list is so many bytes, and a change is told to every watcher as a line of fixed length.
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fastify } from "fastify";
import { API_VERSION } from "../../shared/wire/group.ts";
import { serveCalls } from "./hub-child.ts";
import { changeMessage } from "./hub-reports.ts";

const ROOT = `/apis/${API_VERSION}`;
const BODY_LIMIT = 2 * 1024 * 1024;
const KEEP_ALIVE_MS = 120_000;

export interface EmptyCalls {
  /** Listens; a line of a watch has so many bytes. Gives the port. */
  listen(wanted: { cert: string; key: string; clientCa: string; lineBytes: number }): Promise<number>;
}

const STATUS = { epoch: 1, sequence: 1, managerEpoch: 1, resync: false, paceMs: 50, heartbeatMs: 30_000, windowMs: 0 };
const ANSWER = JSON.stringify({
  apiVersion: API_VERSION,
  kind: "KruiseHealthReport",
  metadata: { name: "cluster-00000", namespace: "cluster-00000" },
  status: STATUS,
});

serveCalls({
  listen: async ({ cert, key, clientCa, lineBytes }: Parameters<EmptyCalls["listen"]>[0]) => {
    const watchers = new Set<ServerResponse>();
    const lists = new Map<number, Buffer>();
    const app = fastify({
      https: { cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: false },
      bodyLimit: BODY_LIMIT,
      keepAliveTimeout: KEEP_ALIVE_MS,
      forceCloseConnections: true,
    });
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    app.post(`${ROOT}/namespaces/:namespace/kruisehealthreports`, async (request, reply) => {
      const mark = request.headers["x-bench-mark"];
      if (mark !== undefined) {
        const line = lineOf(Number(mark), lineBytes);
        for (const watcher of watchers) watcher.write(line);
      }
      return reply.code(201).header("content-type", "application/json").send(ANSWER);
    });
    app.get<{ Querystring: { bytes?: string } }>(`${ROOT}/kruiseworkloads`, async (request, reply) => {
      const { bytes } = request.query;
      if (bytes === undefined) {
        reply.hijack();
        reply.raw.writeHead(200, { "content-type": "application/json" });
        reply.raw.flushHeaders();
        watchers.add(reply.raw);
        await once(reply.raw, "close");
        watchers.delete(reply.raw);
        return reply;
      }
      const list = lists.get(Number(bytes)) ?? Buffer.alloc(Number(bytes), " ");
      lists.set(list.length, list);
      return reply.header("content-type", "application/json").send(list);
    });
    await app.listen({ host: "127.0.0.1", port: 0 });
    return (app.server.address() as AddressInfo).port;
  },
});

function lineOf(mark: number, bytes: number): string {
  const text = JSON.stringify({ type: "MODIFIED", object: { status: { message: changeMessage(mark) } } });
  return `${text.padEnd(bytes - 1)}\n`;
}
