// The continue token of a list in pages: where a page ended, and the version that the first page had.
import type { Fleet } from "../fleet/fleet.ts";
import { StatusError } from "./status.ts";

/** Where a page ended. The version is the first page's: a watch from it misses nothing that later pages showed. */
export interface Continuation {
  namespace: string;
  name: string;
  resourceVersion: number;
}

export function formatContinuation({ namespace, name, resourceVersion }: Continuation): string {
  return Buffer.from(`${resourceVersion}/${namespace}/${name}`).toString("base64url");
}

/**
 * Where the token says that the page before ended; undefined without a token.
 * @throws StatusError: of a former manager's life, with a token to go on in this one's, as kube-apiserver gives one
 */
export function parseContinuation(token: string | null, fleet: Fleet): Continuation | undefined {
  if (token === null || token === "") return undefined;
  const text = Buffer.from(token, "base64url").toString();
  const [, version, namespace, name] = /^(\d{1,16})\/([^/]*)\/([^/]+)$/.exec(text) ?? [];
  if (version === undefined || namespace === undefined || name === undefined) {
    throw new StatusError("BadRequest", "continue is not a token that this server gave; list again from the start");
  }
  const resourceVersion = Number(version);
  if (resourceVersion < fleet.startVersion || resourceVersion > fleet.resourceVersion) {
    const continueToken = formatContinuation({ namespace, name, resourceVersion: fleet.resourceVersion });
    throw new StatusError(
      "Expired",
      "continue is of a manager that has been replaced: list again from the start, or go on with the token of this " +
        "answer; then the pages before it may show another state than the pages after it",
      { continueToken },
    );
  }
  return { namespace, name, resourceVersion };
}
