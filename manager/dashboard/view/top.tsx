// Above every view: where one is, whether what one sees is live, how many there are of each health, and what to look at.
import type { Session } from "../api/session.ts";
import { MEANINGS, WORST_FIRST, countOf, letterOf } from "../model/health.ts";
import type { Counts, Health } from "../model/health.ts";
import { choicesOf } from "../model/matrix.ts";
import { isFiltered } from "../model/url-state.ts";
import type { ViewName } from "../model/url-state.ts";
import { number, plural } from "./bits.tsx";
import { linkTo } from "./page.ts";
import type { Page } from "./page.ts";

const TABS: readonly (readonly [ViewName, string])[] = [
  ["fleet", "Fleet"],
  ["broken", "Broken"],
  ["rollouts", "Rollouts"],
  ["clusters", "Clusters"],
];

export function Top({ page, badges }: { page: Page; badges: Partial<Record<ViewName, number>> }) {
  const { session, state } = page;
  return (
    <header class="top">
      <a class="brand" href={linkTo(page, { view: "fleet", at: "" })}>
        kruise-health
      </a>
      <nav class="tabs" aria-label="Views">
        {TABS.map(([view, title]) => {
          const count = badges[view] ?? 0;
          return (
            <a key={view} href={linkTo(page, { view, at: "" })} aria-current={state.view === view ? "page" : undefined}>
              {title}
              {count > 0 && <span class="count">{number(count)}</span>}
            </a>
          );
        })}
      </nav>
      <Freshness session={session} nowMs={page.nowMs} />
    </header>
  );
}

/** Whether what is on the screen is so now. */
function Freshness({ session, nowMs }: { session: Session; nowMs: number }) {
  const { text, tone } = freshnessOf(session, nowMs);
  return (
    <p class={`freshness ${tone}`}>
      <span class="dot" aria-hidden="true" />
      {text}
    </p>
  );
}

function freshnessOf(session: Session, nowMs: number): { text: string; tone: string } {
  const states = [...session.states.values()];
  const waiting = states.find((state) => state.is === "waiting");
  if (waiting !== undefined) {
    const seconds = Math.max(0, Math.ceil((waiting.untilMs - nowMs) / 1000));
    return { text: `Not live: ${waiting.why}. Next try in ${seconds} s`, tone: "bad" };
  }
  const listing = states.find((state) => state.is === "listing");
  if (listing !== undefined) return { text: `Reading: ${plural(listing.read, "workload")}`, tone: "busy" };
  const clusters = session.scope?.length ?? session.sides.clusters.length;
  const of = `${plural(session.store.size, "workload")} on ${plural(clusters, "cluster")}`;
  const polled = states.find((state) => state.is === "polled");
  if (polled !== undefined) return { text: `Read every ${polled.everyMs / 1000} s: ${of}`, tone: "good" };
  if (states.length === 0) return { text: session.problems.size > 0 ? "Not live" : "Reading", tone: "busy" };
  return { text: `Live: ${of}`, tone: "good" };
}

export function Tallies({ page, counts }: { page: Page; counts: Counts }) {
  const { state, go } = page;
  const toggle = (health: Health): void => {
    const others = state.health.filter((one) => one !== health);
    go({ health: others.length === state.health.length ? [...others, health] : others });
  };
  return (
    <div class="tallies" role="group" aria-label="Workloads by health; press to show only these">
      {WORST_FIRST.map((health) => (
        <button
          key={health}
          type="button"
          class={`tally h-${health}`}
          aria-pressed={state.health.includes(health)}
          title={MEANINGS[health]}
          onClick={() => toggle(health)}
        >
          <span class="letter" aria-hidden="true">
            {letterOf(health)}
          </span>
          <b>{number(countOf(counts, health))}</b> {health}
        </button>
      ))}
    </div>
  );
}

export function Filters({ page }: { page: Page }) {
  const { session, state, go } = page;
  const { kinds, namespaces } = choicesOf(session.store);
  // Where only the named clusters are read, their names are no filter.
  const isWhole = session.scope === undefined;
  const cluster = isWhole ? state.cluster : [];
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <input
        type="search"
        placeholder="Workload"
        aria-label="Part of a workload's name"
        value={state.q}
        onInput={(event) => go({ q: event.currentTarget.value }, "replace")}
      />
      <Choice label="Kind" all="All kinds" value={state.kind} values={kinds} choose={(kind) => go({ kind })} />
      <Choice label="Namespace" all="All namespaces" value={state.ns} values={namespaces} choose={(ns) => go({ ns })} />
      <ClusterChoice page={page} />
      {isFiltered({ ...state, cluster }) && (
        <a class="clear" href={linkTo(page, { q: "", health: [], kind: "", ns: "", ...(isWhole && { cluster: [] }) })}>
          Clear
        </a>
      )}
    </form>
  );
}

interface ChoiceProps {
  label: string;
  all: string;
  value: string;
  values: readonly string[];
  choose: (value: string) => void;
}

function Choice({ label, all, value, values, choose }: ChoiceProps) {
  const shown = value === "" || values.includes(value) ? values : [value, ...values];
  return (
    <select aria-label={label} value={value} onChange={(event) => choose(event.currentTarget.value)}>
      <option value="">{all}</option>
      {shown.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  );
}

/** Names are typed: there may be thousands. */
function ClusterChoice({ page: { state, go } }: { page: Page }) {
  const split = (text: string): string[] => text.split(/[\s,]+/).filter((name) => name !== "");
  return (
    <input
      type="text"
      class="clusters"
      placeholder="All clusters"
      aria-label="Clusters, separated by commas"
      value={state.cluster.join(", ")}
      onChange={(event) => go({ cluster: split(event.currentTarget.value) })}
    />
  );
}
