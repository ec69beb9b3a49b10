// What travels between the thin client and its users: requests, objects, watch events.
// The client itself is in connection.ts; nothing here does anything.

/** The part of a Kubernetes object's metadata that this project reads or writes. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason: string;
  message: string;
  lastTransitionTime: string;
  observedGeneration?: number;
}

/** One resource type, as it stands in URLs. `group` is "" for the core group. */
export interface Resource {
  group: string;
  version: string;
  plural: string;
}

/** Everything a connection needs. `ca`, `cert` and `key` are PEM texts. */
export interface Credentials {
  /** https URL; a path prefix is kept. */
  server: string;
  ca?: string;
  cert?: string;
  key?: string;
  token?: string;
  tlsServerName?: string;
  /** URL of the proxy to go through; it may hold a user name and a password. */
  proxyUrl?: string;
  /** Further authorities (PEM) that may have signed what the proxy shows, for itself or in the server's place. */
  proxyCa?: string;
}

/** When credentials end. */
export interface CredentialExpiry {
  what: "client certificate" | "token";
  /** The certificate's common name or the token's subject: a user name, no secret. */
  identity: string;
  /** Milliseconds since 1970. */
  endsMs: number;
  /** The ServiceAccount that a token is of, as far as it says so. */
  serviceAccount?: { name: string; uid: string };
}

export interface KubeRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Absolute path, percent-encoded where names need it: see paths.ts. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  /** Sent as JSON, or as it is when it is a Buffer. */
  body?: unknown;
  /** Default application/json. */
  contentType?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Whole request, in milliseconds; default 30,000. Does not apply to `open`. */
  timeoutMs?: number;
  /** A longer answer (uncompressed) is given up with an error: isTooLarge. Does not apply to `open`. */
  maxBytes?: number;
  /** Told the length of the answer, uncompressed. Does not apply to `open`. */
  onBody?: (bytes: number) => void;
  /** Told that the server has begun a successful answer, before any of it is read. Applies to `open` only. */
  onOpen?: () => void;
}

/** A connection to one API server. Every failure is an ApiError (errors.ts). */
export interface Kube {
  /** Sends a request and parses the JSON answer. */
  request<T>(request: KubeRequest): Promise<T>;
  /**
   * Opens a streaming answer (a watch) and yields its lines as they come. Ends when the server ends the stream.
   * It also ends when the credentials are replaced: to be opened again with the new ones.
   * Backpressure is the consumer's pace: what is not read stays in the socket.
   */
  open(request: KubeRequest): AsyncGenerator<string, void, undefined>;
  /** Closes idle connections; requests under way end with an error. */
  close(): void;
  /** When the credentials in use end; undefined when they do not say. */
  expiry?(): CredentialExpiry | undefined;
}

/**
 * Steps of a watch. A consumer may keep what it has until InitDone, then drop what the pages did not name.
 * Trouble says that the watch has failed and will go on by itself after `retryInMs`.
 */
export type WatchEvent<T> =
  | { type: "Init" }
  | { type: "InitApply"; object: T }
  | { type: "InitDone"; resourceVersion: string }
  | { type: "Apply"; object: T }
  | { type: "Delete"; object: T }
  | { type: "Trouble"; error: Error; retryInMs: number };
