// Routes that every replica answers from constants: probes, version, discovery, OpenAPI.
import type { FastifyReply, FastifyRequest } from "fastify";
import { API_VERSION, GROUP } from "../../shared/wire/group.ts";
import { requireIdentity } from "./authentication.ts";
import type { Identify } from "./authentication.ts";
import type { Api } from "./deps.ts";
import { buildDiscovery } from "./discovery.ts";
import type { Document } from "./discovery.ts";
import { requireJson } from "./negotiation.ts";
import { buildOpenApi } from "./openapi.ts";

const PROBES = ["/healthz", "/livez", "/readyz"];
const ROOT = `/apis/${API_VERSION}`;
const KNOWN_ONLY = [
  "/api",
  "/apis",
  `/apis/${GROUP}`,
  ROOT,
  "/openapi/v2",
  "/openapi/v3",
  `/openapi/v3${ROOT}`,
] as const;
/** Every path that is answered from a constant. */
export const DOCUMENT_PATHS: readonly string[] = [...PROBES, "/version", ...KNOWN_ONLY];

type Documents = Record<(typeof KNOWN_ONLY)[number], (accept: string | undefined) => Document>;

export interface DocumentDeps {
  identify: Identify;
  version: string;
}

export function addDocumentRoutes(app: Api, { identify, version }: DocumentDeps): void {
  const discovery = buildDiscovery();
  const openApi = buildOpenApi(version);
  const documents: Documents = {
    "/api": discovery.core,
    "/apis": discovery.groups,
    [`/apis/${GROUP}`]: () => discovery.group,
    [ROOT]: () => discovery.resources,
    "/openapi/v2": () => openApi.swagger,
    "/openapi/v3": () => openApi.index,
    [`/openapi/v3${ROOT}`]: () => openApi.group,
  };
  for (const path of PROBES) app.get(path, (_request, reply) => reply.type("text/plain").send("ok"));
  app.get("/version", (_request, reply) => reply.send({ major: "0", minor: "1", gitVersion: `v${version}` }));
  app.register(async (known) => {
    // Whoever has a name may read these; kube-apiserver's own readers come without any group.
    known.addHook("onRequest", async (request) => {
      await requireIdentity(identify, request.raw);
    });
    for (const [path, document] of Object.entries(documents)) {
      known.get(path, (request, reply) => sendDocument(request, reply, document(request.headers.accept)));
    }
  });
}

function sendDocument(request: FastifyRequest, reply: FastifyReply, document: Document): FastifyReply {
  requireJson(request.headers.accept);
  void reply.header("etag", document.etag).header("vary", "Accept");
  const known = request.headers["if-none-match"]?.split(",").map((tag) => tag.trim());
  if (known?.includes(document.etag)) return reply.code(304).send();
  return reply.header("content-type", document.contentType).send(document.body);
}
