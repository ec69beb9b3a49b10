// The feedback API's server: fastify over HTTPS with what the aggregator needs of it. It listens when its caller says so.
import { LogController, fastify } from "fastify";
import type { FastifyReply, FastifyRequest, FastifyTypeProviderDefault } from "fastify";
import type { Server } from "node:https";
import type { SecureContextOptions } from "node:tls";
import type { Log } from "../../shared/runtime/log.ts";
import { REPORT_BYTES_MAX } from "../../shared/wire/report.ts";
import { requireIdentity } from "./authentication.ts";
import type { Identify } from "./authentication.ts";
import { addDashboardRoutes, isDashboardPath } from "./dashboard-routes.ts";
import { addDataRoutes } from "./data-routes.ts";
import { Connections } from "./connections.ts";
import type { Api, ApiDeps, ServingTls } from "./deps.ts";
import { addDocumentRoutes, DOCUMENT_PATHS } from "./document-routes.ts";
import { addForwarding } from "./forwarding.ts";
import { limitsFor, memoryOfProcess } from "./limits.ts";
import { addMetering } from "./metering.ts";
import { isResourcePath } from "./resources.ts";
import { StatusError } from "./status.ts";
import { Turns } from "./turns.ts";
import { WatchSeats } from "./watch-seats.ts";
import { Watches } from "./watches.ts";

/** Longer than kube-apiserver keeps an idle connection (90 s), so that it never sends into a closing one. */
const KEEP_ALIVE_MS = 120_000;
/** A user of many groups has a line for each, and a token may be long; Node's own limit is 16 KiB. */
const HEADER_BYTES_MAX = 64 * 1024;
/** Names of objects have up to 253 characters; fastify's own limit is 100. */
const PATH_PARAMETER_LENGTH_MAX = 512;
/** Forms of a path that another router could read differently than this one. */
const AMBIGUOUS_PATH = /\/\/|\/\.{1,2}(?:\/|$)|%2f|%5c|%2e|\\/i;

export function buildApi(deps: ApiDeps): Api {
  const given = deps.fleet;
  const fleet = typeof given === "function" ? given : () => given;
  const limits = { ...limitsFor(memoryOfProcess()), ...deps.limits };
  const connections = new Connections(deps.log);
  const watches = new Watches({ fleet, clock: deps.clock, random: deps.random ?? Math.random });
  const app: Api = fastify({
    https: {
      ...secureContextOf(deps.tls),
      requestCert: true,
      rejectUnauthorized: false,
      headersTimeout: limits.requestMs,
      handshakeTimeout: limits.handshakeMs,
      connectionsCheckingInterval: limits.checkMs,
      maxHeaderSize: HEADER_BYTES_MAX,
    },
    loggerInstance: deps.log,
    // Requests are logged by logRequest alone.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: REPORT_BYTES_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.stuckMs,
    clientErrorHandler: (error, socket) => connections.refuse(error, socket),
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
    exposeHeadRoutes: false,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: PATH_PARAMETER_LENGTH_MAX },
  });
  connections.follow(app.server, limits);
  // A 100 written by Node would be taken for the answer by kube-apiserver: its clients would see 200 for everything.
  app.server.on("checkContinue", (request, response) => app.server.emit("request", request, response));
  // Bodies stay bytes: reports.ts decodes them within its own bound.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.addHook("onRequest", refuseAmbiguousPath);
  app.addHook("onResponse", logRequest);
  if (deps.meter !== undefined) addMetering(app, deps.meter);
  deps.meter?.watching(() => watches.size);
  app.addHook("preClose", async () => {
    // Connections that fall idle from now on would hold the server for as long as they may be kept alive.
    app.server.keepAliveTimeout = 1;
    watches.endAll();
    connections.close(limits.closeMs);
  });
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  app.setNotFoundHandler(async (request) => {
    throw await notRouted(request, deps.identify);
  });
  addDocumentRoutes(app, deps);
  addDashboardRoutes(app, deps);
  app.register<Server, FastifyTypeProviderDefault, Log>(async (data) => {
    addForwarding(data, deps);
    addDataRoutes(data, { ...deps, fleet, watches, seats: new WatchSeats(limits), turns: new Turns() });
  });
  return app;
}

/** Serves new connections with another certificate, or asks them for other CAs. */
export function replaceTls(app: Api, tls: ServingTls): void {
  app.server.setSecureContext(secureContextOf(tls));
}

function secureContextOf({ cert, key, clientCas }: ServingTls): SecureContextOptions {
  return { cert, key, ca: clientCas, minVersion: "TLSv1.2" };
}

async function refuseAmbiguousPath(request: FastifyRequest): Promise<void> {
  const path = request.url.split("?", 1)[0] ?? "";
  if (!AMBIGUOUS_PATH.test(path)) return;
  throw new StatusError("BadRequest", `the path "${path.slice(0, 200)}" is not in its plain form; wanted is /apis/...`);
}

async function logRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { method, url } = request;
  const auditId = request.headers["audit-id"];
  request.log.debug(
    { method, url, status: reply.statusCode, durationMs: reply.elapsedTime, auditId },
    "request answered",
  );
}

/** Anybody known learns which methods a resource has; anybody else learns nothing. */
async function notRouted(request: FastifyRequest, identify: Identify): Promise<StatusError> {
  await requireIdentity(identify, request.raw);
  const path = request.url.split("?", 1)[0] ?? "";
  if (![isResourcePath, isDashboardPath].some((isOurs) => isOurs(path)) && !DOCUMENT_PATHS.includes(path)) {
    return new StatusError("NotFound", "the server could not find the requested resource");
  }
  return new StatusError("MethodNotAllowed", `the server does not allow ${request.method} on ${path.slice(0, 500)}`);
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status } = statusErrorOf(error, request);
  if (status.details?.retryAfterSeconds !== undefined) {
    void reply.header("retry-after", String(status.details.retryAfterSeconds));
  }
  if (status.code === 413) {
    // Fastify would close the connection under a client that still sends, which then never reads why.
    void reply.removeHeader("connection");
    request.raw.resume();
  }
  return reply.code(status.code).type("application/json").send(JSON.stringify(status));
}

function statusErrorOf(error: unknown, request: FastifyRequest): StatusError {
  if (error instanceof StatusError) {
    if (error.code >= 500) request.log.debug({ err: error }, "request refused");
    return error;
  }
  const code = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  if (code === 413) return new StatusError("RequestEntityTooLarge", `the body has more than ${REPORT_BYTES_MAX} bytes`);
  if (error instanceof Error && typeof code === "number" && code < 500) {
    return new StatusError("BadRequest", error.message, { cause: error });
  }
  request.log.error({ err: error, url: request.url }, "request failed");
  return new StatusError("InternalError", "the server failed on this request; its log says why", { cause: error });
}
