// What a replica knows of the others: who leads and where, by the Lease; that it is one of them, by the serving certificate.
import type { Clock } from "../shared/runtime/clock.ts";
import type { Log } from "../shared/runtime/log.ts";
import type { Forwarding } from "./api/forwarding.ts";
import { LeaderLink } from "./api/leader-link.ts";
import type { LeaderAddress } from "./api/leader-link.ts";
import { Peers } from "./api/peers.ts";
import type { ServingCertificate } from "./controllers/serving-certificate.ts";
import { leaderAnnotations, readLeaderAddress } from "./leader-address.ts";

export interface ReplicasDeps {
  clock: Clock;
  log: Log;
  /** This replica's name in the Lease. */
  name: string;
  /** Address that its feedback API listens on. */
  host: string;
  /** A name of the Service's certificate. */
  serverName: string;
}

export class Replicas {
  readonly forwarding: Forwarding;
  readonly #deps: ReplicasDeps;
  #leader: LeaderAddress | undefined;
  #serving: ServingCertificate | undefined;
  #port: number | undefined;

  constructor(deps: ReplicasDeps) {
    this.#deps = deps;
    const link = new LeaderLink({
      leader: () => this.#leader,
      tls: () => this.#serving,
      serverName: deps.serverName,
    });
    this.forwarding = { peers: new Peers(deps.clock), link };
  }

  /** Tells the certificate with which this replica serves, and proves itself to the leader. */
  useServing(serving: ServingCertificate): void {
    this.#serving = serving;
    this.forwarding.peers.replace(serving.cert);
  }

  /** Tells that the feedback API listens. */
  useListening(port: number): void {
    this.#port = port;
  }

  /** For the Lease, while this replica leads. */
  annotations(): Record<string, string> {
    return leaderAnnotations(this.#deps.host, this.#port);
  }

  /** Takes in what the Lease says. */
  useLeader(holder: string, annotations: Readonly<Record<string, string>>): void {
    const { name, log } = this.#deps;
    // Itself needs no way to the leader: until it has data, callers try again.
    this.#leader = holder === "" || holder === name ? undefined : readLeaderAddress(annotations);
    log.info({ leader: holder, address: this.#leader }, "leader known");
    this.forwarding.link.leaderChanged();
  }
}
