// The contract suite against the embedded API server: it must behave as the real one in every case.
import { pino } from "pino";
import { afterAll } from "vitest";
import { buildKube } from "../../shared/kube/connection.ts";
import { staticSource } from "../../shared/kube/credentials.ts";
import { startApiServer } from "../fleet/apiserver/server.ts";
import { LIMITED_USER } from "./server.ts";
import { contractSuite } from "./suite.ts";

const server = await startApiServer({ name: "contract" });
afterAll(() => server.close());

contractSuite({
  name: "the embedded API server",
  kube: async (identity = "admin") => {
    const user =
      identity === "admin" ? { name: "admin", groups: ["system:masters"] } : { name: LIMITED_USER, groups: [] };
    const { cert, key } = await server.issue(user);
    const source = staticSource({ server: server.url, ca: server.ca, cert, key });
    return buildKube({ source, log: pino({ level: "silent" }), userAgent: "kruise-health-contract" });
  },
  forgetHistory: async () => {
    server.expire();
  },
});
