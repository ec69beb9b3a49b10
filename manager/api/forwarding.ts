// What a replica that does not lead does with requests for data: it finds out who asks and asks the leader in his name.
// The leader decides what he may. A request that was forwarded once is not forwarded again.
import { requireIdentity } from "./authentication.ts";
import type { Api, ApiDeps } from "./deps.ts";
import type { LeaderLink } from "./leader-link.ts";
import { passOn } from "./leader-link.ts";
import type { Peers } from "./peers.ts";
import { isWatch } from "./query.ts";
import { tryAgain } from "./status.ts";

export interface Forwarding {
  peers: Peers;
  link: LeaderLink;
}

/** Adds forwarding to the routes of this part of the server. */
export function addForwarding(app: Api, { identify, isLeading, forwarding }: ApiDeps): void {
  app.addHook("onRequest", async (request, reply) => {
    if (isLeading()) return;
    const identity = await requireIdentity(identify, request.raw);
    if (forwarding === undefined || forwarding.peers.isPeer(request.raw)) {
      throw tryAgain("this replica does not lead and has no data; try again");
    }
    const answer = await forwarding.link.ask({ request: request.raw, raw: reply.raw }, identity);
    reply.hijack();
    await passOn(answer, reply.raw, isWatch(request));
  });
  app.addHook("preClose", async () => forwarding?.link.close());
}
