// What the contract suite needs of a server. The same cases run against the embedded API server and a real kube-apiserver,
// so that the embedded one cannot drift from the real one.
import type { Kube } from "../../shared/kube/types.ts";

export interface ContractServer {
  name: string;
  /** A new connection. "admin" may do everything; "limited" is LIMITED_USER and has no rights but those the cases give. */
  kube(identity?: "admin" | "limited"): Promise<Kube>;
  /** Makes the server forget how it came to its present state: older resourceVersions are too old from now on. */
  forgetHistory(): Promise<void>;
}

/** The user name of the identity "limited" (the CN of its client certificate). */
export const LIMITED_USER = "contract-limited";
