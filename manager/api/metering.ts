// What the feedback API tells whoever counts: answers, connections, reports.
import type { FastifyRequest } from "fastify";
import type { Api } from "./deps.ts";
import { isWatch } from "./query.ts";
import { API_RESOURCES } from "./resources.ts";

/** Counts as it happens. Every word has few values, whatever callers ask for. */
export interface ApiMeter {
  answered(answer: { verb: string; resource: string; code: string; seconds: number }): void;
  /** A TLS connection was opened. */
  connected(): void;
  /**
   * A report came. `result`: Taken, Recalled, Resync, Outvoted or Refused; `form` is "" of one that cannot be read. `waitedMs`:
   * how long its oldest change had waited for it.
   */
  reported(report: { form: string; result: string; bytes: number; waitedMs?: number | undefined }): void;
  /** Tells how many watches are open. */
  watching(read: () => number): void;
}

/** Has every answer of this server counted, apart from watches, which last as long as their reader likes. */
export function addMetering(app: Api, meter: ApiMeter): void {
  app.server.on("secureConnection", () => meter.connected());
  app.addHook("onResponse", async (request, reply) => {
    if (isWatch(request)) return;
    const { verb, resource } = whatOf(request);
    meter.answered({ verb, resource, code: String(reply.raw.statusCode), seconds: reply.elapsedTime / 1000 });
  });
}

/** By the route, since a path is the caller's to choose. */
function whatOf({ method, routeOptions }: FastifyRequest): { verb: string; resource: string } {
  const steps = (routeOptions.url ?? "").split("/");
  const resource = API_RESOURCES.find(({ plural }) => steps.includes(plural))?.plural;
  if (resource === undefined) return { verb: "other", resource: "" };
  if (method === "POST") return { verb: "create", resource };
  return { verb: steps.at(-1) === ":name" ? "get" : "list", resource };
}
