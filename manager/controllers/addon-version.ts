// Which version of OCM's add-on group to speak. Chosen when a leader's term begins; when the hub cannot serve that version
// any more but can another, the term ends, and with it the process: the next one chooses anew. See docs/adr/0005.
import { ApiError, isForbidden, isNotFound, isVersionUnavailable } from "../../shared/kube/errors.ts";
import { collectionPath } from "../../shared/kube/paths.ts";
import type { Kube } from "../../shared/kube/types.ts";
import { buildBackoff } from "../../shared/runtime/backoff.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { sleep } from "../../shared/runtime/sleep.ts";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import { ADDON_APIS, ADDON_VERSIONS } from "../ocm/addon-api.ts";
import type { AddonApi, AddonVersion } from "../ocm/addon-api.ts";
import { ADDON_GROUP } from "../ocm/types.ts";

const BACKOFF = { baseMs: 1_000, maxMs: 30_000 };

export interface VersionDeps {
  kube: Kube;
  log: Log;
  /** "auto": the first one that the hub serves without trouble. */
  addonApiVersion: AddonVersion | "auto";
}

/** The version to speak. Waits while the hub has none, as before OCM is installed on it. */
export async function chooseAddonApi(deps: VersionDeps, signal: AbortSignal): Promise<AddonApi> {
  const { kube, log, addonApiVersion } = deps;
  if (addonApiVersion !== "auto") return ADDON_APIS[addonApiVersion];
  const backoff = buildBackoff(BACKOFF);
  for (;;) {
    let retryAfterMs: number | undefined;
    try {
      const api = await findServed(kube, signal);
      if (api) {
        log.info({ apiVersion: api.apiVersion }, "version of the add-on API chosen");
        return api;
      }
      log.warn({ group: ADDON_GROUP }, "the hub serves no version of the add-on API that we know: waiting");
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ApiError)) throw error;
      ({ retryAfterMs } = error);
      log.warn({ err: error }, "version of the add-on API not found out");
    }
    await sleep(backoff.next(retryAfterMs), signal);
  }
}

/** Ends a term whose version cannot be served any more. */
export class VersionGuard {
  readonly #deps: VersionDeps;
  readonly #api: AddonApi;
  readonly #end = Promise.withResolvers<never>();
  #isChecking = false;

  constructor(deps: VersionDeps, api: AddonApi) {
    this.#deps = deps;
    this.#api = api;
  }

  /** To be told why the add-ons cannot be watched. A version that the user has fixed is kept, whatever happens. */
  readonly doubt = (error: Error): void => {
    if (this.#isChecking || this.#deps.addonApiVersion !== "auto" || !isVersionUnavailable(error)) return;
    this.#isChecking = true;
    void this.#check();
  };

  /** Rejects when another version has to be chosen, or with the signal's reason. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = () => this.#end.reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    await this.#end.promise;
  }

  async #check(): Promise<void> {
    try {
      const next = await findServed(this.#deps.kube);
      if (!next || next.version === this.#api.version) return;
      this.#end.reject(
        new Error(`The hub can no longer serve ${this.#api.apiVersion}: to go on with ${next.apiVersion}, start again`),
      );
    } catch (error) {
      // The watch fails again if it is still so, and asks again.
      this.#deps.log.debug({ err: error }, "version of the add-on API not found out");
    } finally {
      this.#isChecking = false;
    }
  }
}

/** The first version, in our order, that the hub serves and whose objects it can read; undefined when there is none. */
async function findServed(kube: Kube, signal?: AbortSignal): Promise<AddonApi | undefined> {
  const served = await servedVersions(kube, signal);
  for (const version of served.slice(0, -1)) {
    if (await isReadable(kube, ADDON_APIS[version], signal)) return ADDON_APIS[version];
  }
  const last = served.at(-1);
  return last && ADDON_APIS[last];
}

async function servedVersions(kube: Kube, signal?: AbortSignal): Promise<AddonVersion[]> {
  try {
    const path = `/apis/${ADDON_GROUP}`;
    const group = await kube.request<{ versions?: { version: string }[] }>({
      method: "GET",
      path,
      ...(signal && { signal }),
    });
    return ADDON_VERSIONS.filter((known) => group.versions?.some(({ version }) => version === known));
  } catch (error) {
    if (isNotFound(error)) return [];
    // A hub that hides discovery from us: trying tells as well.
    if (isForbidden(error)) return [...ADDON_VERSIONS];
    throw error;
  }
}

/** Asks for one object: a version in which they are not stored needs OCM's conversion webhook, which may be down. */
async function isReadable(kube: Kube, { addons }: AddonApi, signal?: AbortSignal): Promise<boolean> {
  try {
    const query = { fieldSelector: `metadata.name=${ADDON_NAME}`, limit: 1 };
    await kube.request({ method: "GET", path: collectionPath(addons), query, ...(signal && { signal }) });
    return true;
  } catch (error) {
    if (isVersionUnavailable(error)) return false;
    throw error;
  }
}
