// One workload on every cluster that has it: its verdict of now, its numbers, and how it came there.
import { useEffect, useMemo, useState } from "preact/hooks";
import { TimelineFeed } from "../api/timeline-feed.ts";
import { ageText } from "../model/age.ts";
import { commandOf } from "../model/commands.ts";
import { countsText, noCounts, add } from "../model/health.ts";
import { identityOfName } from "../model/records.ts";
import { RANGE_MS, barsOf, periodsText, sortTimeline, ticksOf } from "../model/timeline.ts";
import type { TimelineRow } from "../model/timeline.ts";
import { RANGES } from "../model/url-state.ts";
import type { RangeName } from "../model/url-state.ts";
import { Badge, Command, Heading, Notice, Reason } from "./bits.tsx";
import { commandScope, linkTo } from "./page.ts";
import type { Page } from "./page.ts";
import { VirtualTable } from "./table.tsx";
import type { Column } from "./table.tsx";

const ROW = 36;

export function WorkloadView({ page, draw }: { page: Page; draw: () => void }) {
  const { session, state, nowMs } = page;
  const [feed, setFeed] = useState<TimelineFeed>();
  useEffect(() => {
    const begun = new TimelineFeed(session, state.workload, draw);
    setFeed(begun);
    return () => begun.stop();
  }, [session, state.workload]);
  const rows = sortTimeline(feed?.rows.values() ?? [], state.cluster);
  const counts = noCounts();
  for (const { health } of rows) add(counts, health);
  const identity = session.store.workloads.get(state.workload) ?? identityOfName(state.workload);
  const columns = useMemo(() => columnsOf(page), [page.state, nowMs]);
  return (
    <>
      <Heading title={identity.title} note={`${identity.kind}; by clusters: ${countsText(counts)}`}>
        <nav class="switch" aria-label="How far back">
          {RANGES.map((range) => (
            <a key={range} href={linkTo(page, { range })} aria-current={range === state.range ? "true" : undefined}>
              {range}
            </a>
          ))}
        </nav>
      </Heading>
      <Command text={commandOf(state, commandScope(page))} />
      {feed?.problem !== undefined && <Notice tone="warn">{feed.problem}</Notice>}
      <VirtualTable
        label={`${identity.title} on each cluster`}
        columns={columns}
        items={rows}
        keyOf={({ cluster }) => cluster}
        rowHeight={ROW}
        isChosen={({ cluster }) => state.at === `${cluster}/${state.workload}`}
        empty={feed?.isRead === true ? "No cluster that you may read has this workload." : "Reading ..."}
      />
    </>
  );
}

function columnsOf(page: Page): Column<TimelineRow>[] {
  const { state, nowMs } = page;
  return [
    {
      title: "Cluster",
      width: "minmax(6rem, 0.8fr)",
      cell: ({ cluster }) => (
        <a class="name" href={linkTo(page, { at: `${cluster}/${state.workload}` })}>
          {cluster}
        </a>
      ),
    },
    { title: "Health", width: "8.5rem", cell: ({ health }) => <Badge health={health} /> },
    { title: "Reason", width: "minmax(8rem, 0.9fr)", cell: ({ detail }) => <Reason reason={detail.reason} /> },
    {
      title: "For",
      width: "4rem",
      cell: ({ detail }) => <span class="number">{ageText(nowMs - detail.sinceMs)}</span>,
    },
    {
      title: "Ready",
      width: "4rem",
      cell: ({ detail }) => <span class="number">{ofWanted(detail.ready, detail.wanted)}</span>,
    },
    {
      title: "Updated",
      width: "4rem",
      cell: ({ detail }) => <span class="number">{ofWanted(detail.updated, detail.wanted)}</span>,
    },
    {
      title: "Images",
      width: "minmax(6rem, 0.8fr)",
      cell: ({ detail }) => <span title={detail.images}>{detail.images}</span>,
    },
    {
      title: "Timeline",
      width: "minmax(10rem, 2.4fr)",
      head: <Axis range={state.range} />,
      cell: (row) => <Bars row={row} nowMs={nowMs} range={state.range} />,
    },
  ];
}

function ofWanted(count: number | undefined, wanted: number | undefined): string {
  if (count === undefined) return "–";
  return wanted === undefined ? String(count) : `${count}/${wanted}`;
}

function Axis({ range }: { range: RangeName }) {
  return (
    <span class="axis">
      <span class="unseen">Timeline of the last {range}</span>
      {ticksOf(range).map(({ text, left }) => (
        <span key={text} class="tick" aria-hidden="true" style={{ left: `${left}%` }}>
          {text}
        </span>
      ))}
    </span>
  );
}

function Bars({ row, nowMs, range }: { row: TimelineRow; nowMs: number; range: RangeName }) {
  return (
    <span class="bars" role="img" aria-label={periodsText(row, nowMs)}>
      {barsOf(row, nowMs, RANGE_MS[range]).map(({ health, left, width, label }) => (
        <span
          key={`${left} ${width}`}
          class={`bar h-${health}`}
          title={label}
          style={{ left: `${left}%`, width: `${width}%` }}
        />
      ))}
    </span>
  );
}
