// Starts the page in the browser: the one place that knows of its timers, its address and whether anybody looks at it.
import { render } from "preact";
import { client } from "./api/client.ts";
import { Session } from "./api/session.ts";
import { placeOf } from "./model/place.ts";
import { formatState, parseState } from "./model/url-state.ts";
import type { UrlState } from "./model/url-state.ts";
import { App } from "./view/app.tsx";
import { drawSeldom } from "./view/frames.ts";

/** A tab that nobody has looked at for so long lets go of its connections: a browser has six for all tabs together. */
const HIDDEN_MS = 30_000;
const TICK_MS = 1_000;
/** More named clusters than this are a filter of the whole fleet. */
const SCOPE_MAX = 30;

const place = placeOf(location.pathname);
const root = document.querySelector("#app");
/** Changes of what is known: what is drawn of them is worked out once for each. */
let changes = 0;

/** Draws at once, so that it is known how long that takes. */
function draw(): void {
  if (root !== null) render(<App sessionFor={sessionFor} stamp={changes} nowMs={Date.now()} draw={change} />, root);
}

const ask = drawSeldom(draw, {
  now: () => performance.now(),
  requestFrame: (call) => requestAnimationFrame(call),
  setTimer: (call, ms) => setTimeout(call, ms),
});

function change(): void {
  changes += 1;
  ask();
}

/** Resolves early when the signal aborts. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}

/** Clusters to read: those that are named, or that below whose path the page was opened; undefined: all. */
function scopeOf({ cluster }: UrlState): readonly string[] | undefined {
  if (cluster.length > 0 && cluster.length <= SCOPE_MAX) return cluster;
  return place.namespace === undefined ? undefined : [place.namespace];
}

let session: Session | undefined;
let hiding: number | undefined;

function sessionFor(state: UrlState): Session {
  const scope = scopeOf(state);
  if (session?.covers(scope) === true) return session;
  session?.pause();
  const deps = { client, place, sleep, now: () => Date.now(), random: Math.random, onChange: change };
  session = new Session(deps, scope);
  if (!document.hidden) session.start();
  return session;
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(() => session?.pause(), HIDDEN_MS);
  else session?.start();
});

// What a person types in front of "#" is taken over behind it, where it can be changed without a new page.
if (location.search !== "") {
  history.replaceState(null, "", location.pathname + formatState(parseState(location.hash, location.search)));
}
root?.replaceChildren();
draw();
// Ages grow without a change.
setInterval(ask, TICK_MS);
