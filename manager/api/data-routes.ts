// Routes to the fleet's data: get, list and watch of the readable resources, and the reports of agents.
import type { FastifyReply, FastifyRequest } from "fastify";
import { API_VERSION } from "../../shared/wire/group.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { requireIdentity } from "./authentication.ts";
import { buildAuthorise } from "./authorisation.ts";
import type { Access, Authorise } from "./authorisation.ts";
import { clusterView } from "./clusters.ts";
import { compress } from "./compression.ts";
import type { Api, ApiDeps } from "./deps.ts";
import { fleetWorkloadView } from "./fleet-workloads.ts";
import { list } from "./lists.ts";
import { negotiate, requireJsonBody } from "./negotiation.ts";
import { isWatch, parametersOf, parseQuery } from "./query.ts";
import { renderSingle } from "./rendering.ts";
import { takeReport } from "./reports.ts";
import type { Told } from "./reports.ts";
import { REPORTS } from "./resources.ts";
import { notFound, tryAgain } from "./status.ts";
import type { Turns } from "./turns.ts";
import { sceneOf } from "./view.ts";
import type { Row, View } from "./view.ts";
import type { WatchSeats } from "./watch-seats.ts";
import type { Watches } from "./watches.ts";
import { workloadView } from "./workloads.ts";

const ROOT = `/apis/${API_VERSION}`;
const NAMESPACE = `${ROOT}/namespaces/:namespace`;

export interface DataDeps extends Omit<ApiDeps, "fleet"> {
  fleet: () => Fleet;
  watches: Watches;
  seats: WatchSeats;
  /** In which reports are taken in. */
  turns: Turns;
}

/** What a path says; each route has its own part of it. */
interface PathParams {
  namespace?: string;
  name?: string;
}
type Request = FastifyRequest<{ Params: PathParams }>;

export function addDataRoutes(app: Api, deps: DataDeps): void {
  const admit = buildAdmit(deps);
  addReadRoutes(app, workloadView, { deps, admit });
  addReadRoutes(app, clusterView, { deps, admit });
  addReadRoutes(app, fleetWorkloadView, { deps, admit });
  app.post<{ Params: PathParams }>(
    `${NAMESPACE}/${REPORTS.plural}`,
    { onRequest: (request, reply) => admit(request, reply, { verb: "create", resource: REPORTS.plural }) },
    (request, reply) => create({ request, reply, deps }),
  );
}

type Admit = (request: Request, reply: FastifyReply, access: Pick<Access, "verb" | "resource">) => Promise<void>;

interface RouteDeps {
  deps: DataDeps;
  admit: Admit;
}

/** The order is kube-apiserver's: who, whether allowed, then whether it can be answered here. Before the body is read. */
function buildAdmit({ identify, reviewAccess, clock, isLeading, seats }: DataDeps): Admit {
  const authorise: Authorise = buildAuthorise(reviewAccess, clock);
  return async (request, reply, access) => {
    const { namespace, name } = request.params;
    const identity = await requireIdentity(identify, request.raw);
    await authorise(identity, { ...access, namespace, name });
    if (!isLeading()) throw tryAgain("this replica does not lead and has no data; try again");
    if (access.verb === "watch") seats.take(identity.user, reply.raw);
  };
}

function addReadRoutes<R extends Row>(app: Api, view: View<R>, { deps, admit }: RouteDeps): void {
  const { plural, namespaced } = view.resource;
  const collection = {
    onRequest: (request: Request, reply: FastifyReply) =>
      admit(request, reply, { verb: isWatch(request) ? ("watch" as const) : ("list" as const), resource: plural }),
  };
  const everywhere = `${ROOT}/${plural}`;
  for (const url of namespaced ? [everywhere, `${NAMESPACE}/${plural}`] : [everywhere]) {
    app.get<{ Params: PathParams }>(url, collection, (request, reply) => {
      return isWatch(request) ? watch(view, { request, reply, deps }) : sendList(view, { request, reply, deps });
    });
  }
  const object = {
    onRequest: (request: Request, reply: FastifyReply) =>
      admit(request, reply, { verb: "get" as const, resource: plural }),
  };
  app.get<{ Params: PathParams }>(
    `${namespaced ? NAMESPACE : ROOT}/${plural}/:name`,
    object,
    async (request, reply) => {
      const { namespace = "", name = "" } = request.params;
      const fleet = deps.fleet();
      const row = view.find(fleet, namespace, name);
      if (row === undefined) throw notFound(plural, name);
      const form = negotiate(request.headers.accept, parametersOf(request.url).get("includeObject"));
      return sendJson(reply, JSON.stringify(renderSingle(view, row, form, sceneOf(fleet, deps.clock))));
    },
  );
}

interface Exchange {
  request: Request;
  reply: FastifyReply;
  deps: DataDeps;
}

async function sendList<R extends Row>(view: View<R>, { request, reply, deps }: Exchange): Promise<FastifyReply> {
  const fleet = deps.fleet();
  const answer = await list(view, fleet, queryOf(view, request), sceneOf(fleet, deps.clock));
  // 299: a lasting warning, for people. kubectl prints it.
  if (answer.warning !== undefined) void reply.header("warning", `299 - "${answer.warning}"`);
  const { body, encoding } = compress(answer.body, request.headers["accept-encoding"]);
  if (encoding !== undefined) void reply.header("content-encoding", encoding).header("vary", "Accept-Encoding");
  return sendJson(reply, body);
}

async function watch<R extends Row>(view: View<R>, { request, reply, deps }: Exchange): Promise<FastifyReply> {
  const opened = deps.watches.prepare(view, queryOf(view, request));
  reply.hijack();
  await opened(reply.raw);
  return reply;
}

async function create({ request, reply, deps: { fleet, meter, turns } }: Exchange): Promise<FastifyReply> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  let told: Told = { form: "", result: "Refused" };
  try {
    requireJsonBody(request.headers["content-type"]);
    const { params, headers } = request;
    const contentEncoding = headers["content-encoding"];
    const parts = { cluster: params.namespace ?? "", body, contentEncoding };
    const taken = await turns.run(() => takeReport(fleet(), parts));
    told = taken.told;
    return await sendJson(reply.code(201), JSON.stringify(taken.answer));
  } finally {
    meter?.reported({ ...told, bytes: body.length });
  }
}

function queryOf<R extends Row>(view: View<R>, request: Request) {
  return parseQuery(view, {
    url: request.url,
    accept: request.headers.accept,
    namespace: request.params.namespace,
  });
}

function sendJson(reply: FastifyReply, body: unknown): FastifyReply {
  return reply.header("content-type", "application/json").header("cache-control", "no-cache, private").send(body);
}
