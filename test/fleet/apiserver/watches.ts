// Watches: changes as lines of JSON, from a resourceVersion on, with bookmarks.
import { expired, invalid, tooLarge } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import type { ApiObject, JsonObject } from "./json.ts";
import type { Registry } from "./registry.ts";
import type { Rendering } from "./representation.ts";
import { apiVersionOf, renderEvent } from "./representation.ts";
import { isTrue } from "./request-info.ts";
import type { Selector } from "./selectors.ts";
import type { Change } from "./storage.ts";
import { resourceKey } from "./storage.ts";

const BOOKMARK_MS = 5000;
/** Watches without a timeout of their own end after this long, in seconds. */
const TIMEOUT_SECONDS = 1800;

interface Options {
  registry: Registry;
  rendering: Rendering;
  namespace: string | undefined;
  selector: Selector | undefined;
}

/** Serves a watch until its time is over or the client goes. @throws StatusError before the first line. */
export function serveWatch(exchange: Exchange, { registry, rendering, namespace, selector }: Options): void {
  const { query } = exchange.info;
  const wantsInitial = isTrue(query.get("sendInitialEvents"));
  checkInitialEvents(wantsInitial, query, rendering);
  const { storage } = registry;
  const resource = resourceKey(rendering.type);
  const since = query.get("resourceVersion") ?? "";
  if (Number(since) > storage.resourceVersion) throw tooLarge(Number(since), storage.resourceVersion);

  const stream = new EventStream(exchange, rendering);
  const isWanted = (object: ApiObject): boolean =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (selector === undefined || selector(object));
  const tell = (change: Change): void => {
    const isNow = isWanted(change.object) && change.type !== "DELETED";
    const was = change.former !== undefined && isWanted(change.former);
    if (isNow) stream.send(was ? "MODIFIED" : "ADDED", change.object);
    else if (was) stream.send("DELETED", change.object);
  };

  if (wantsInitial || since === "" || since === "0") {
    for (const object of storage.list(resource, namespace)) if (isWanted(object)) stream.send("ADDED", object);
    if (wantsInitial) stream.bookmark(storage.resourceVersion, true);
  } else {
    const missed = storage.changesSince(resource, Number(since));
    if (missed === undefined) {
      stream.fail(expired(`too old resource version: ${since} (${storage.resourceVersion})`).toStatus());
      return;
    }
    missed.forEach(tell);
  }
  const unsubscribe = storage.subscribe(resource, tell);
  const bookmarks = setInterval(() => stream.bookmark(storage.resourceVersion, false), BOOKMARK_MS);
  const timeoutMs = Number(query.get("timeoutSeconds") ?? TIMEOUT_SECONDS) * 1000;
  // A client that comes back after the end continues from the last bookmark.
  const lastBookmark = setTimeout(() => stream.bookmark(storage.resourceVersion, false), timeoutMs / 2);
  const timeout = setTimeout(() => exchange.response.end(), timeoutMs);
  exchange.response.once("close", () => {
    unsubscribe();
    clearInterval(bookmarks);
    clearTimeout(lastBookmark);
    clearTimeout(timeout);
  });
}

function checkInitialEvents(wanted: boolean, query: URLSearchParams, { type }: Rendering): void {
  if (!wanted || query.get("resourceVersionMatch") === "NotOlderThan") return;
  const why = "Forbidden: resourceVersionMatch NotOlderThan is required together with sendInitialEvents";
  throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, type.plural, "resourceVersionMatch", why);
}

class EventStream {
  readonly #exchange: Exchange;
  readonly #rendering: Rendering;
  #isFirst = true;

  constructor(exchange: Exchange, rendering: Rendering) {
    this.#exchange = exchange;
    this.#rendering = rendering;
    const { response, request } = exchange;
    const isStream = String(request.headers.accept ?? "").includes("stream=watch");
    response.writeHead(200, {
      "content-type": isStream ? "application/json;stream=watch" : "application/json",
      "cache-control": "no-cache, private",
    });
    response.flushHeaders();
  }

  send(type: Change["type"], object: ApiObject): void {
    this.#write(type, renderEvent(object, this.#rendering, this.#isFirst));
    this.#isFirst = false;
  }

  bookmark(resourceVersion: number, isInitialEnd: boolean): void {
    if (!isTrue(this.#exchange.info.query.get("allowWatchBookmarks"))) return;
    const annotations = isInitialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
    const metadata = { resourceVersion: String(resourceVersion), creationTimestamp: null, ...annotations };
    const object = { kind: this.#rendering.type.kind, apiVersion: apiVersionOf(this.#rendering), metadata };
    this.#write("BOOKMARK", JSON.stringify(object));
  }

  fail(status: JsonObject): void {
    this.#write("ERROR", JSON.stringify(status));
    this.#exchange.response.end();
  }

  #write(type: string, object: string): void {
    this.#exchange.response.write(`{"type":"${type}","object":${object}}\n`);
  }
}
