// The clusters: who is silent and since when, where OCM does not call the add-on Available, where OpenKruise has trouble.
import { ageText } from "../model/age.ts";
import { hasKruiseTrouble, sortClusters } from "../model/clusters.ts";
import type { ClusterLine } from "../model/clusters.ts";
import { commandOf } from "../model/commands.ts";
import { countsText, total, worstOf } from "../model/health.ts";
import { shortCounts } from "../model/matrix.ts";
import { Command, Heading, Notice, number, plural } from "./bits.tsx";
import { commandScope, linkTo } from "./page.ts";
import type { Page } from "./page.ts";
import { VirtualTable } from "./table.tsx";
import type { Column } from "./table.tsx";

const ROW = 34;
const WORDS: Readonly<Record<string, [sign: string, word: string, tone: string]>> = {
  Fresh: ["●", "reports", "good"],
  Stale: ["○", "silent", "bad"],
  Missing: ["–", "never reported", "bad"],
};

export function ClustersView({ page }: { page: Page }) {
  const { session, state } = page;
  const { clusters, clustersProblem, addOns, addOnsProblem } = session.sides;
  const lines = sortClusters(clusters, addOns, state);
  const silent = lines.filter((line) => line.state !== "Fresh").length;
  return (
    <>
      <Heading
        title="Clusters"
        note={`${plural(lines.length, "cluster")}, ${number(silent)} silent; silent ones first`}
      />
      <Command text={commandOf(state, commandScope(page))} />
      {clustersProblem !== "" && <Notice tone="warn">{clustersProblem}</Notice>}
      {addOnsProblem !== "" && <Notice tone="calm">What OCM says of the add-on is not shown: {addOnsProblem}</Notice>}
      <VirtualTable
        label="Clusters"
        columns={columnsOf(page)}
        items={lines}
        keyOf={({ name }) => name}
        rowHeight={ROW}
        empty="No cluster is like that, or none has the add-on."
      />
    </>
  );
}

function columnsOf(page: Page): Column<ClusterLine>[] {
  const { addOns } = page.session.sides;
  return [
    {
      title: "Cluster",
      width: "minmax(9rem, 1.4fr)",
      cell: ({ name }) => (
        <a class="name" href={linkTo(page, { view: "fleet", cluster: [name], at: "" })}>
          {name}
        </a>
      ),
    },
    { title: "State", width: "9rem", cell: ({ state }) => <State state={state} /> },
    {
      title: "Last report",
      width: "8rem",
      cell: ({ reportedMs }) => (
        <span class="number">{reportedMs === undefined ? "never" : `${ageText(page.nowMs - reportedMs)} ago`}</span>
      ),
    },
    {
      title: "Add-on Available",
      width: "10rem",
      cell: ({ name }) => {
        const addOn = addOns.get(name);
        if (addOn === undefined) return <span class="quiet">not known</span>;
        const isFine = addOn.available === "True";
        return (
          <span class={isFine ? "word good" : "word bad"} title={addOn.message}>
            {addOn.available === "" ? "not said yet" : addOn.available}
          </span>
        );
      },
    },
    {
      title: "OpenKruise",
      width: "minmax(9rem, 1.2fr)",
      cell: (line) => <span class={hasKruiseTrouble(line) ? "word bad" : ""}>{line.kruise}</span>,
    },
    {
      title: "Workloads",
      width: "minmax(8rem, 1fr)",
      cell: ({ counts }) => (
        <span title={countsText(counts)}>
          <span class="number">{number(total(counts))}</span>{" "}
          <span class={`short worst-${worstOf(counts) ?? "none"}`}>{shortCounts(counts)}</span>
        </span>
      ),
    },
    { title: "Agent", width: "6rem", cell: ({ agent }) => <span class="quiet">{agent}</span> },
  ];
}

function State({ state }: { state: string }) {
  const [sign, word, tone] = WORDS[state] ?? ["?", state, ""];
  return (
    <span class={`word ${tone}`}>
      <span aria-hidden="true">{sign} </span>
      {word}
    </span>
  );
}
