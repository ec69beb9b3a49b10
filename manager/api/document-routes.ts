// Routes that every replica answers from constants: probes, version, discovery, OpenAPI.
import type { FastifyReply, FastifyRequest } from "fastify";
import { API_VERSION, GROUP } from "../../shared/wire/group.ts";
import { requireIdentity } from "./authentication.ts";
import type { Identify } from "./authentication.ts";
import type { Api } from "./deps.ts";
import { buildDiscovery } from "./discovery.ts";
import type { Document } from "./discovery.ts";
import { buildOpenApi } from "./openapi.ts";

const PROBES = ["/healthz", "/livez", "/readyz"];

export interface DocumentDeps {
  identify: Identify;
  version: string;
}

export function addDocumentRoutes(app: Api, { identify, version }: DocumentDeps): void {
  const discovery = buildDiscovery();
  const openApi = buildOpenApi(version);
  for (const path of PROBES) app.get(path, (_request, reply) => reply.type("text/plain").send("ok"));
  app.get("/version", (_request, reply) => reply.send({ major: "0", minor: "1", gitVersion: `v${version}` }));
  app.register(async (known) => {
    // Whoever has a name may read these; kube-apiserver's own readers come without any group.
    known.addHook("onRequest", async (request) => {
      requireIdentity(identify, request.raw);
    });
    known.get("/apis", (request, reply) => sendDocument(request, reply, discovery.groups(request.headers.accept)));
    known.get(`/apis/${GROUP}`, (request, reply) => sendDocument(request, reply, discovery.group));
    known.get(`/apis/${API_VERSION}`, (request, reply) => sendDocument(request, reply, discovery.resources));
    known.get("/openapi/v3", (request, reply) => sendDocument(request, reply, openApi.index));
    known.get(`/openapi/v3/apis/${API_VERSION}`, (request, reply) => sendDocument(request, reply, openApi.group));
  });
}

function sendDocument(request: FastifyRequest, reply: FastifyReply, document: Document): FastifyReply {
  void reply.header("etag", document.etag).header("vary", "Accept");
  const known = request.headers["if-none-match"]?.split(",").map((tag) => tag.trim());
  if (known?.includes(document.etag)) return reply.code(304).send();
  return reply.header("content-type", document.contentType).send(document.body);
}
