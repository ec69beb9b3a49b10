import { once } from "node:events";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { makeAuthority } from "../../test/support/certificates.ts";
import { ROOT, agentOf, buildWorld } from "./api.fixture.ts";

test("a body that is too large is taken in to its end: who is cut off while it sends would never read the 413", async () => {
  const serving = await makeAuthority("serving");
  const pair = await serving.issue({ cn: "kruise-health", ips: ["127.0.0.1"] });
  const { app } = buildWorld({ tls: { ...pair, clientCas: [] } });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const address = app.server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  socket.setEncoding("utf8");
  await once(socket, "secureConnect");
  const body = Buffer.alloc(3 * 1024 * 1024, " ");
  const head = (line: string, ...lines: string[]) =>
    [line, "host: x", `x-test-user: ${agentOf("c1")}`, ...lines, "", ""].join("\r\n");
  socket.write(
    head(
      `POST ${ROOT}/namespaces/c1/kruisehealthreports HTTP/1.1`,
      "content-type: a/b",
      `content-length: ${body.length}`,
    ),
  );
  const [first] = (await once(socket, "data")) as [string];
  expect(first).toMatch(/^HTTP\/1.1 413 /);
  socket.write(body);
  socket.write(head("GET /healthz HTTP/1.1"));
  const [second] = (await once(socket, "data")) as [string];
  expect(second).toMatch(/^HTTP\/1.1 200 /);
  socket.destroy();
  await app.close();
});
