// A connection that is open and dead: nothing comes, nothing fails. Only a limit on silence finds it.
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { buildKube } from "../../shared/kube/connection.ts";
import { staticSource } from "../../shared/kube/credentials.ts";
import type { KubeObject } from "../../shared/kube/types.ts";
import { watch } from "../../shared/kube/watch.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { startApiServer } from "./apiserver/server.ts";

test("fault 17: a watch over a half-open connection is opened anew and misses nothing", async () => {
  const server = await startApiServer({ name: "silent" });
  const proxy = await startTcpProxy(Number(new URL(server.url).port));
  const token = server.authentication.issueToken({ name: "admin", groups: ["system:masters"] });
  const source = staticSource({ server: `https://127.0.0.1:${proxy.port}`, ca: server.ca, token });
  const kube = await buildKube({ source, log: pino({ level: "silent" }), userAgent: "test" });
  const stop = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    kube.close();
    proxy.close();
    await server.close();
  });
  const create = (name: string): void => {
    const metadata = { name, namespace: "default" };
    server.registry.create({ apiVersion: "v1", kind: "ConfigMap", metadata }, { manager: "test" });
  };
  create("before");

  const seen: string[] = [];
  const resource = { group: "", version: "v1", plural: "configmaps" };
  const decode = (raw: unknown): string => (raw as KubeObject).metadata.name;
  for await (const event of watch(kube, { resource, namespace: "default", signal: stop.signal, decode, idleMs: 200 })) {
    if (!("object" in event)) continue;
    seen.push(event.object);
    if (event.type === "InitApply" && event.object === "before" && seen.length === 1) {
      setTimeout(() => {
        proxy.freeze();
        create("during");
      }, 100);
    }
    if (event.object === "during") break;
  }
  expect(seen.at(-1)).toBe("during");
  // The list, the watch that died, the one that took its place.
  expect(proxy.accepted()).toBeGreaterThan(1);
});
