// How much of this process callers may take. Each bound has its reason; tests set shorter times and smaller numbers.
import { totalmem } from "node:os";

export interface Limits {
  /** For a request to be here, head and body. An agent's largest report needs a second on a slow line. */
  requestMs: number;
  /** For the TLS handshake. Node's own two minutes let anybody keep sockets open who never says a word. */
  handshakeMs: number;
  /** Between two looks for requests whose time is over. */
  checkMs: number;
  /**
   * For a client to take some of what has been written to it: whoever takes nothing holds on to all that is to come. More
   * than a request has, so that one that does not arrive is answered before its connection ends.
   */
  stuckMs: number;
  /** For requests under way when the server closes. */
  closeMs: number;
  /** Anybody can open connections who reaches the port: they must not take the memory of the fleet. */
  connectionsMax: number;
  /** All open watches. Each hears of every change, so that this bounds what one change costs. */
  watchesMax: number;
  /** Open watches of one user: more than any dashboard has, and not all there are. */
  watchesOfUserMax: number;
}

/** Measured with 2,000 clients that showed a certificate: 70 KB for one that is idle, and about as much with a watch. */
const CONNECTION_BYTES = 70_000;
const SHARE_OF_MEMORY = 1 / 3;
/** Enough for the hub's kube-apiservers, however small the process is. */
const CONNECTIONS_MIN = 1_000;
/** The agents of 10,000 clusters that report directly, and as many readers. */
const CONNECTIONS_MAX = 20_000;

/** The limits of a process that may take so much memory. */
export function limitsFor(memoryBytes: number): Limits {
  const affordable = Math.floor((memoryBytes * SHARE_OF_MEMORY) / CONNECTION_BYTES);
  return {
    requestMs: 60_000,
    handshakeMs: 10_000,
    checkMs: 10_000,
    stuckMs: 75_000,
    closeMs: 2_000,
    connectionsMax: Math.min(Math.max(affordable, CONNECTIONS_MIN), CONNECTIONS_MAX),
    watchesMax: 10_000,
    watchesOfUserMax: 5_000,
  };
}

/** What the container may take, or the machine has. */
export function memoryOfProcess(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
