// What the contract suite needs of a server. The same cases run against the embedded API server and a real kube-apiserver,
// so that the embedded one cannot drift from the real one.
import type { Kube } from "../../shared/kube/types.ts";

export interface ContractServer {
  name: string;
  /** A new connection. "admin" may do everything; "limited" is LIMITED_USER and has no rights but those the cases give. */
  kube(identity?: "admin" | "limited"): Promise<Kube>;
  /**
   * Makes the server forget how it came to its present state. A kube-apiserver still answers from its watch cache after
   * etcd's compaction, so only the oldest versions are certain to be gone: resourceVersion 1, and agedToken().
   */
  forgetHistory(): Promise<void>;
  /** Turns a continue token into one that stands for a state of before the forgotten history. Default: as it is. */
  agedToken?: (token: string) => string;
  /**
   * A quiet watch brings a bookmark within this time, in milliseconds; 5 s when not given. A kube-apiserver sends one
   * about every 60 s.
   */
  bookmarkWithinMs?: number;
}

/** The user name of the identity "limited" (the CN of its client certificate). */
export const LIMITED_USER = "contract-limited";
