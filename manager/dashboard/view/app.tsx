// The page: the reader's choices from the address, the session that they need, and the view that they name.
import { useEffect, useMemo, useState } from "preact/hooks";
import { brokenOf } from "../model/broken.ts";
import { troubledClusters } from "../model/clusters.ts";
import { buildMatrix } from "../model/matrix.ts";
import { ANNOUNCE_MS } from "../model/news.ts";
import { formatState, parseState } from "../model/url-state.ts";
import type { UrlState, ViewName } from "../model/url-state.ts";
import type { Session } from "../api/session.ts";
import { BrokenView } from "./broken.tsx";
import { ClustersView } from "./clusters.tsx";
import { FleetView } from "./fleet.tsx";
import type { Page } from "./page.ts";
import { Panel } from "./panel.tsx";
import { Refused, RefusedClusters } from "./refused.tsx";
import { RolloutsView } from "./rollouts.tsx";
import { Filters, Tallies, Top } from "./top.tsx";
import { WorkloadView } from "./workload.tsx";

interface AppProps {
  /** The session for a state of the page; a new one where the present one does not read enough. */
  sessionFor: (state: UrlState) => Session;
  /** Grows with each change of what the session knows. */
  stamp: number;
  nowMs: number;
  /** Asks for a drawing. */
  draw: () => void;
}

export function App({ sessionFor, stamp, nowMs, draw }: AppProps) {
  const [state, setState] = useState(() => parseState(location.hash, location.search));
  useEffect(() => {
    const read = (): void => setState(parseState(location.hash));
    addEventListener("hashchange", read);
    addEventListener("popstate", read);
    return () => {
      removeEventListener("hashchange", read);
      removeEventListener("popstate", read);
    };
  }, []);
  const go: Page["go"] = (change, how = "push") => {
    const next = { ...state, ...change };
    const address = formatState(next);
    if (how === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    setState(next);
  };
  const session = sessionFor(state);
  session.sides.look(state.view);
  return <Shell page={{ session, state, nowMs, go }} stamp={stamp} draw={draw} />;
}

interface ShellProps {
  page: Page;
  stamp: number;
  draw: () => void;
}

function Shell({ page, stamp, draw }: ShellProps) {
  const { session, state } = page;
  const { clusters } = session.sides;
  const matrix = useMemo(
    () =>
      buildMatrix(
        session.store,
        state,
        state.by,
        clusters.map(({ name }) => name),
      ),
    [session, stamp, state, clusters],
  );
  const broken = useMemo(
    () => brokenOf(session.store, { ...state, health: [] }, true).troubles.length,
    [session, stamp, state],
  );
  const badges: Partial<Record<ViewName, number>> = { broken, clusters: troubledClusters(clusters) };
  const problem = session.problems.get("");
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <Top page={page} badges={badges} />
      {problem === undefined && (
        <section class="controls" aria-label="What is shown">
          <Tallies page={page} counts={matrix.counts} />
          <Filters page={page} />
        </section>
      )}
      <div class="stage">
        <main id="main" tabIndex={-1}>
          {problem === undefined ? (
            <>
              <RefusedClusters page={page} />
              {viewOf({ page, stamp, draw }, matrix)}
            </>
          ) : (
            <Refused page={page} problem={problem} />
          )}
        </main>
        {state.at !== "" && problem === undefined && <Panel key={state.at} page={page} />}
      </div>
      <Announcer session={session} />
    </>
  );
}

function viewOf({ page, stamp, draw }: ShellProps, matrix: ReturnType<typeof buildMatrix>) {
  switch (page.state.view) {
    case "fleet":
      return <FleetView page={page} matrix={matrix} />;
    case "broken":
      return <BrokenView page={page} stamp={stamp} />;
    case "rollouts":
      return <RolloutsView page={page} stamp={stamp} />;
    case "clusters":
      return <ClustersView page={page} />;
    case "workload":
      return <WorkloadView page={page} draw={draw} />;
  }
}

/** The address behind "#" is the page's own: the link moves the focus and leaves it alone. */
function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("#main")?.focus();
}

/** Tells a screen reader of changes now and then. */
function Announcer({ session }: { session: Session }) {
  const [text, setText] = useState("");
  useEffect(() => {
    const timer = setInterval(() => setText((old) => session.news.take() || old), ANNOUNCE_MS);
    return () => clearInterval(timer);
  }, [session]);
  return (
    <p class="unseen" role="status" aria-live="polite">
      {text}
    </p>
  );
}
