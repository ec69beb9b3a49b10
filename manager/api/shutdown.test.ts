import { Agent, request } from "node:https";
import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { makeAuthority } from "../../test/support/certificates.ts";
import { ROOT, buildWorld } from "./api.fixture.ts";

test("a request under way is answered while the server closes, and its idle connection does not hold the server", async () => {
  const serving = await makeAuthority("serving");
  const pair = await serving.issue({ cn: "kruise-health", ips: ["127.0.0.1"] });
  const asked = Promise.withResolvers<void>();
  const review = Promise.withResolvers<boolean>();
  const reviewAccess = () => {
    asked.resolve();
    return review.promise;
  };
  const { app } = buildWorld({ tls: { ...pair, clientCas: [] }, reviewAccess });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const address = app.server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  const agent = new Agent({ keepAlive: true });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { "x-test-user": "reader", "x-test-via": "Certificate" };
    const options = {
      host: "127.0.0.1",
      port,
      path: `${ROOT}/kruiseworkloads`,
      headers,
      agent,
      rejectUnauthorized: false,
    };
    request(options, resolve).on("error", reject).end();
  });
  await asked.promise;
  const closed = app.close();
  review.resolve(true);
  const response = await answer;
  response.resume();
  expect(response.statusCode).toBe(200);
  await closed;
  agent.destroy();
});
