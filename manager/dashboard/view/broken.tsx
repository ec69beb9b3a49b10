// What is broken and why, each cause once.
import { useMemo } from "preact/hooks";
import { ageText } from "../model/age.ts";
import { brokenOf } from "../model/broken.ts";
import type { Broken, Trouble } from "../model/broken.ts";
import { commandOf } from "../model/commands.ts";
import { Badge, Command, Heading, Notice, Reason, number, plural } from "./bits.tsx";
import { commandScope, linkTo } from "./page.ts";
import type { Page } from "./page.ts";
import { VirtualTable } from "./table.tsx";
import type { Column } from "./table.tsx";

const NAMED_MAX = 3;
const ROW = 46;

export function BrokenView({ page, stamp }: { page: Page; stamp: number }) {
  const { session, state } = page;
  const { troubles, silent } = useMemo(() => brokenOf(session.store, state, state.each), [stamp, state, session]);
  const rows = troubles.reduce((sum, { clusters }) => sum + clusters.length, 0);
  const note =
    state.each || rows === troubles.length
      ? plural(rows, "workload")
      : `${plural(rows, "workload")}, ${plural(troubles.length, "cause")}`;
  return (
    <>
      <Heading title="Broken" note={`${note}, what hits most clusters first`}>
        <nav class="switch" aria-label="How causes are listed">
          <a href={linkTo(page, { each: false })} aria-current={state.each ? undefined : "true"}>
            By cause
          </a>
          <a href={linkTo(page, { each: true })} aria-current={state.each ? "true" : undefined}>
            One by one
          </a>
        </nav>
      </Heading>
      <Command text={commandOf(state, commandScope(page))} />
      <Silent page={page} silent={silent} />
      <VirtualTable
        label="Broken workloads"
        columns={columnsOf(page)}
        items={troubles}
        keyOf={({ key }) => key}
        rowHeight={ROW}
        isChosen={({ workload, clusters }) => clusters.some((cluster) => state.at === `${cluster}/${workload.name}`)}
        empty={session.isComplete ? "Nothing is broken." : "Reading ..."}
      />
    </>
  );
}

function Silent({ page, silent }: { page: Page; silent: Broken["silent"] }) {
  if (silent.clusters.length === 0) return null;
  const { clusters, workloads } = silent;
  const named = clusters.slice(0, NAMED_MAX).join(", ");
  const more = clusters.length > NAMED_MAX ? ` and ${number(clusters.length - NAMED_MAX)} more` : "";
  return (
    <Notice tone="warn">
      {clusters.length === 1 ? "A cluster is silent" : `${number(clusters.length)} clusters are silent`}: {named}
      {more}. Of {plural(workloads, "workload")} there nothing is known now.{" "}
      <a href={linkTo(page, { view: "clusters", at: "" })}>Which, and since when</a>
    </Notice>
  );
}

function columnsOf(page: Page): Column<Trouble>[] {
  return [
    { title: "Health", width: "8.5rem", cell: ({ health }) => <Badge health={health} /> },
    {
      title: "Workload",
      width: "minmax(10rem, 1.1fr)",
      cell: ({ workload }) => (
        <div class="two">
          <a class="name" href={linkTo(page, { view: "workload", workload: workload.name, at: "" })}>
            {workload.title}
          </a>
          <span class="quiet">{workload.kind}</span>
        </div>
      ),
    },
    {
      title: "Why",
      width: "minmax(14rem, 2.4fr)",
      cell: ({ reason, message }) => (
        <div class="two">
          <Reason reason={reason} />
          <span class="quiet" title={message}>
            {message}
          </span>
        </div>
      ),
    },
    { title: "Clusters", width: "minmax(9rem, 1.2fr)", cell: (trouble) => <Clusters page={page} trouble={trouble} /> },
    { title: "For", width: "5rem", cell: ({ sinceMs }) => <span class="number">{ageText(page.nowMs - sinceMs)}</span> },
  ];
}

function Clusters({ page, trouble: { clusters, workload } }: { page: Page; trouble: Trouble }) {
  const more = clusters.length - NAMED_MAX;
  return (
    <div class="two">
      <span class="names">
        {clusters.slice(0, NAMED_MAX).map((cluster, index) => (
          <span key={cluster}>
            {index > 0 && ", "}
            <a href={linkTo(page, { at: `${cluster}/${workload.name}` })}>{cluster}</a>
          </span>
        ))}
      </span>
      {more > 0 && <span class="quiet">and {number(more)} more</span>}
    </div>
  );
}
