// What the feedback API is built from.
import type { FastifyInstance } from "fastify";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:https";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Identify } from "./authentication.ts";
import type { ReviewAccess } from "./authorisation.ts";
import type { Dashboard } from "./dashboard-files.ts";
import type { Forwarding } from "./forwarding.ts";
import type { Limits } from "./limits.ts";
import type { ApiMeter } from "./metering.ts";

export type Api = FastifyInstance<Server, IncomingMessage, ServerResponse, Log>;

export interface ServingTls {
  /** Serving certificate and its key, PEM. */
  cert: string;
  key: string;
  /** CAs whose client certificates are asked for, PEM: of the aggregator and of the hub's users. */
  clientCas: string[];
}

export interface ApiDeps {
  /** A function where the fleet is replaced while the server goes on: by a new leader's, before it leads. */
  fleet: Fleet | (() => Fleet);
  log: Log;
  clock: Clock;
  random?: () => number;
  tls: ServingTls;
  identify: Identify;
  reviewAccess: ReviewAccess;
  /** Only the leader has data. Documents and probes are answered always. */
  isLeading: () => boolean;
  /** The way to the leader; without it requests for data are sent away while this replica does not lead. */
  forwarding?: Forwarding;
  /** Where they differ from those that this process's memory allows. */
  limits?: Partial<Limits>;
  /** The page; none when not given. */
  dashboard?: Dashboard | undefined;
  /** Who counts; nobody when not given. */
  meter?: ApiMeter;
  /** Of this program: shown by /version. */
  version: string;
}
