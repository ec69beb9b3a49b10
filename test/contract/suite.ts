// All contract cases, registered for one server. Call it at the top of a test file.
import { beforeAll, describe } from "vitest";
import { accessCases } from "./cases/access.ts";
import { applyCases } from "./cases/apply.ts";
import { electionCases } from "./cases/election.ts";
import { leaseCases } from "./cases/lease.ts";
import { listCases } from "./cases/list.ts";
import { objectCases } from "./cases/object.ts";
import { statusCases } from "./cases/status.ts";
import { watchCases } from "./cases/watch.ts";
import { installGadgets } from "./fixtures.ts";
import type { ContractServer } from "./server.ts";

export function contractSuite(server: ContractServer): void {
  describe(`contract of ${server.name}`, () => {
    beforeAll(async () => {
      const kube = await server.kube();
      await installGadgets(kube);
      kube.close();
    }, 30_000);
    objectCases(server);
    listCases(server);
    watchCases(server);
    applyCases(server);
    statusCases(server);
    leaseCases(server);
    accessCases(server);
    electionCases(server);
  });
}
