// Rollouts over clusters: what is under way, what a person holds, and what rests with different images.
import { useMemo } from "preact/hooks";
import { ageText } from "../model/age.ts";
import { commandOf } from "../model/commands.ts";
import { countRollouts, sortRollouts } from "../model/rollouts.ts";
import type { Rollout, Share } from "../model/rollouts.ts";
import { Badge, Command, Heading, Notice, plural } from "./bits.tsx";
import { commandScope, linkTo } from "./page.ts";
import type { Page } from "./page.ts";
import { VirtualTable } from "./table.tsx";
import type { Column, Section } from "./table.tsx";

const ROW = 52;
const SHARES_MAX = 3;
const STANDINGS = [
  ["stuck", "stuck", "Degraded"],
  ["moving", "under way", "Progressing"],
  ["held", "held", "Suspended"],
  ["atTarget", "done", "Healthy"],
] as const;

export function RolloutsView({ page, stamp }: { page: Page; stamp: number }) {
  const { session, state } = page;
  const { rollouts, rolloutsProblem } = session.sides;
  const isWhole = session.scope === undefined && state.cluster.length === 0;
  const found = useMemo(() => {
    const all = isWhole ? (rollouts ?? []) : countRollouts(session.store, { ...state, health: [] });
    return sortRollouts(all, state);
  }, [isWhole ? rollouts : stamp, state, session, isWhole]);
  const items: (Rollout | Section)[] = [
    ...sectionOf(`In flight: ${found.inFlight.length}`, found.inFlight),
    ...sectionOf(`Held on purpose: ${found.held.length}`, found.held),
    ...sectionOf(`At rest with different images: ${found.differ.length}`, found.differ),
  ];
  const isRead = isWhole ? rollouts !== undefined : session.isComplete;
  return (
    <>
      <Heading
        title="Rollouts"
        note={`${plural(found.inFlight.length, "rollout")} in flight, ${found.held.length} held on purpose`}
      />
      <Command text={commandOf(state, commandScope(page))} />
      {isWhole && rolloutsProblem !== "" && <Notice tone="warn">{rolloutsProblem}</Notice>}
      {!isWhole && session.scope === undefined && (
        <Notice tone="calm">
          Of some clusters of the whole fleet only what is not Healthy is counted here.{" "}
          <a href={linkTo(page, { cluster: [] })}>All clusters</a>
        </Notice>
      )}
      <VirtualTable
        label="Rollouts"
        columns={columnsOf(page)}
        items={items}
        keyOf={({ identity }) => identity.name}
        rowHeight={ROW}
        empty={isRead ? "Nothing is being rolled out, and nothing is held." : "Reading ..."}
      />
    </>
  );
}

function sectionOf(section: string, rollouts: readonly Rollout[]): (Rollout | Section)[] {
  return rollouts.length === 0 ? [] : [{ section }, ...rollouts];
}

function columnsOf(page: Page): Column<Rollout>[] {
  return [
    { title: "Worst", width: "8.5rem", cell: ({ health }) => <Badge health={health} /> },
    {
      title: "Workload",
      width: "minmax(10rem, 1.2fr)",
      cell: ({ identity }) => (
        <div class="two">
          <a class="name" href={linkTo(page, { view: "workload", workload: identity.name, at: "" })}>
            {identity.title}
          </a>
          <span class="quiet">{identity.kind}</span>
        </div>
      ),
    },
    { title: "Clusters", width: "minmax(12rem, 1.5fr)", cell: (rollout) => <Standings rollout={rollout} /> },
    { title: "Updated pods", width: "minmax(9rem, 1fr)", cell: (rollout) => <Pods rollout={rollout} /> },
    { title: "Images", width: "minmax(12rem, 1.6fr)", cell: ({ versions }) => <Shares shares={versions} /> },
    { title: "Held by", width: "minmax(8rem, 0.8fr)", cell: ({ holds }) => <Shares shares={holds} /> },
    { title: "For", width: "5rem", cell: ({ sinceMs }) => <span class="number">{ageText(page.nowMs - sinceMs)}</span> },
  ];
}

function Standings({ rollout: { clusters } }: { rollout: Rollout }) {
  const all = STANDINGS.reduce((sum, [key]) => sum + clusters[key], 0);
  const parts = STANDINGS.filter(([key]) => clusters[key] > 0);
  return (
    <div class="two">
      <span class="stack" aria-hidden="true">
        {parts.map(([key, , health]) => (
          <span key={key} class={`part h-${health}`} style={{ width: `${(clusters[key] / all) * 100}%` }} />
        ))}
      </span>
      <span class="quiet">{parts.map(([key, word]) => `${clusters[key]} ${word}`).join(", ")}</span>
    </div>
  );
}

function Pods({ rollout: { pods } }: { rollout: Rollout }) {
  const { updated, wanted, held } = pods;
  const share = wanted === 0 ? 1 : updated / wanted;
  return (
    <div class="two">
      <span class="stack" aria-hidden="true">
        <span class="part done" style={{ width: `${share * 100}%` }} />
        {held > 0 && <span class="part h-Suspended" style={{ width: `${(held / wanted) * 100}%` }} />}
      </span>
      <span class="quiet">
        {updated} of {wanted}
        {held > 0 && `, ${held} held`}
      </span>
    </div>
  );
}

function Shares({ shares }: { shares: readonly Share[] }) {
  const more = shares.length - SHARES_MAX;
  return (
    <span class="shares">
      {shares.slice(0, SHARES_MAX).map(({ text, clusters }) => (
        <span class="share" key={text} title={`${text} on ${plural(clusters, "cluster")}`}>
          {text} <b>{clusters}</b>
        </span>
      ))}
      {more > 0 && <span class="quiet">+{more}</span>}
    </span>
  );
}
