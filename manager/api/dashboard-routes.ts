// Routes to the page: three constant files below the group's path, so that `kubectl proxy` shows it with the reader's own
// rights. Every replica answers them; what the page then asks for is data, and goes the way of all data.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../../shared/runtime/clock.ts";
import { API_VERSION } from "../../shared/wire/group.ts";
import { requireIdentity } from "./authentication.ts";
import type { Identify } from "./authentication.ts";
import { buildAuthorise } from "./authorisation.ts";
import type { ReviewAccess } from "./authorisation.ts";
import { codingsOf } from "./compression.ts";
import type { Dashboard, ServedBody, ServedFile } from "./dashboard-files.ts";
import type { Api } from "./deps.ts";
import { StatusError } from "./status.ts";

/** As RBAC names it. It is no resource of the API: nothing that walks discovery shall ask for its objects. */
const DASHBOARD = "dashboard";
const ROOT = `/apis/${API_VERSION}`;

/** Nothing but these three files and this API; nobody frames it. */
const SECURITY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": SECURITY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // Asked again each time, answered 304 as long as it is the same.
  "cache-control": "no-cache, private",
};

export interface DashboardDeps {
  dashboard?: Dashboard | undefined;
  identify: Identify;
  reviewAccess: ReviewAccess;
  clock: Clock;
}

interface PathParams {
  namespace?: string;
  name?: string;
}
type Request = FastifyRequest<{ Params: PathParams }>;

export function addDashboardRoutes(app: Api, { dashboard, identify, reviewAccess, clock }: DashboardDeps): void {
  const authorise = buildAuthorise(reviewAccess, clock);
  const admit = async (request: Request, verb: "get" | "list"): Promise<void> => {
    const { namespace, name } = request.params;
    const identity = await requireIdentity(identify, request.raw);
    await authorise(identity, { verb, resource: DASHBOARD, namespace, name: verb === "get" ? name : undefined });
  };
  for (const at of [ROOT, `${ROOT}/namespaces/:namespace`]) {
    for (const url of [`${at}/${DASHBOARD}`, `${at}/${DASHBOARD}/`]) {
      app.get<{ Params: PathParams }>(url, { onRequest: (request) => admit(request, "list") }, (request, reply) => {
        const isBare = !pathOf(request).endsWith("/");
        return send(request, reply, isBare ? found(dashboard).bare : file(dashboard, "index.html"));
      });
    }
    app.get<{ Params: PathParams }>(
      `${at}/${DASHBOARD}/:name`,
      { onRequest: (request) => admit(request, "get") },
      (request, reply) => send(request, reply, file(dashboard, request.params.name ?? "")),
    );
  }
}

/** Whether a path is one of the page's, so that another method is refused as a method and not as a path. */
export function isDashboardPath(path: string): boolean {
  if (!path.startsWith(`${ROOT}/`)) return false;
  const parts = path.slice(ROOT.length + 1).split("/");
  const [resource, ...rest] = parts[0] === "namespaces" && parts.length > 2 ? parts.slice(2) : parts;
  return resource === DASHBOARD && rest.length <= 1;
}

function pathOf(request: Request): string {
  return request.url.split("?", 1)[0] ?? "";
}

function found(dashboard: Dashboard | undefined): Exclude<Dashboard, { missing: string }> {
  if (dashboard !== undefined && "files" in dashboard) return dashboard;
  const why = dashboard?.missing ?? "DASHBOARD_ENABLED is false, in the chart dashboard.enabled";
  throw new StatusError("NotFound", `this manager serves no page: ${why}`);
}

function file(dashboard: Dashboard | undefined, name: string): ServedFile {
  const { files } = found(dashboard);
  const served = files.get(name);
  if (served === undefined) {
    const wanted = [...files.keys()].join(", ");
    throw new StatusError("NotFound", `the page has no file "${name.slice(0, 100)}"; wanted is one of ${wanted}`);
  }
  return served;
}

function send(request: Request, reply: FastifyReply, served: ServedFile): FastifyReply {
  const codings = codingsOf(request.headers["accept-encoding"]);
  const coding = (["br", "gzip"] as const).find((name) => served[name] !== undefined && codings.has(name));
  const body: ServedBody = (coding && served[coding]) ?? served.plain;
  void reply.headers({ ...HEADERS, "content-type": served.contentType, etag: body.etag });
  if (served.gzip !== undefined) void reply.header("vary", "Accept-Encoding");
  const known = request.headers["if-none-match"]?.split(",").map((tag) => tag.trim());
  if (known?.some((tag) => tag === body.etag || tag === `W/${body.etag}`)) return reply.code(304).send();
  if (coding !== undefined) void reply.header("content-encoding", coding);
  return reply.send(body.bytes);
}
