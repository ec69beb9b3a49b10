// What pods are given by the cluster: Secrets, ConfigMaps, tokens. Looked up by the pure parts, filled by pod-sources.ts.

export interface Material {
  /** Decoded data of a Secret; undefined when it does not exist (yet). */
  secret(name: string): Record<string, Buffer> | undefined;
  configMap(name: string): Record<string, Buffer> | undefined;
  /** The token of a projection; undefined when it was not given out (yet). */
  token(audience: string | undefined): string | undefined;
}

/** Something a container needs is not there. `reason` is what `kubectl get pods` shows. */
export class NotReadyError extends Error {
  override readonly name = "NotReadyError";
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}
