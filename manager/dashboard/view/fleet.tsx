// The fleet on one page: clusters against workloads or kinds, the worst first. With few clusters the workloads are the rows,
// so that there is room to say more in each cell.
import { useRef } from "preact/hooks";
import { troubleText } from "../model/clusters.ts";
import { keepOrder, markOfCell, markOfKind } from "../model/matrix.ts";
import type { Line, Mark, Matrix } from "../model/matrix.ts";
import { commandOf } from "../model/commands.ts";
import { Command, Heading, number, plural } from "./bits.tsx";
import { Grid } from "./grid.tsx";
import { commandScope, linkTo } from "./page.ts";
import type { Page } from "./page.ts";

/** With so many clusters or fewer, these are the columns. */
const FEW_CLUSTERS = 8;

export function FleetView({ page, matrix }: { page: Page; matrix: Matrix }) {
  const { session, state, go } = page;
  const isBusy = useRef(false);
  const order = useRef<Pick<Matrix, "clusters" | "others">>(matrix);
  if (!isBusy.current) order.current = matrix;
  const clusters = keepOrder(order.current.clusters, matrix.clusters);
  const others = keepOrder(order.current.others, matrix.others);
  order.current = { clusters, others };
  const byKind = state.by === "kind";
  const isTurned = !byKind && clusters.length <= FEW_CLUSTERS;
  const isWide = byKind || isTurned;

  const mark = (cluster: string, other: string): Mark | undefined => {
    if (byKind) {
      const counts = matrix.kinds.get(cluster)?.get(other);
      return counts === undefined ? undefined : markOfKind(counts, other, cluster);
    }
    const cell = session.store.cell(cluster, other);
    return cell === undefined ? undefined : markOfCell(cell, isWide);
  };
  const open = (cluster: Line | undefined, other: Line | undefined): void => {
    if (cluster === undefined && other !== undefined) {
      go(byKind ? { kind: other.key, by: "workload" } : { view: "workload", workload: other.key, at: "" });
    } else if (cluster !== undefined && other === undefined) {
      go({ cluster: [cluster.key] });
    } else if (cluster !== undefined && other !== undefined) {
      if (byKind) go({ cluster: [cluster.key], kind: other.key, by: "workload" });
      else go({ at: `${cluster.key}/${other.key}` }, "replace");
    }
  };
  const lines = new Map(session.sides.clusters.map((line) => [line.name, line]));
  const noteOf = ({ key, note }: Line): string => {
    const line = lines.get(key);
    return note === "" && line !== undefined ? troubleText(line) : note;
  };
  const what = byKind ? plural(others.length, "kind") : plural(others.length, "workload");
  const usual = { label: "Health of the fleet", isWide, onBusy: (now: boolean) => (isBusy.current = now) };
  return (
    <>
      <Heading title="Fleet" note={`${plural(clusters.length, "cluster")} by ${what}, the worst first`}>
        <nav class="switch" aria-label="What clusters are shown against">
          <a href={linkTo(page, { by: "workload" })} aria-current={byKind ? undefined : "true"}>
            Workloads
          </a>
          <a href={linkTo(page, { by: "kind" })} aria-current={byKind ? "true" : undefined}>
            Kinds
          </a>
        </nav>
      </Heading>
      <Command text={commandOf(state, commandScope(page))} />
      {clusters.length === 0 || others.length === 0 ? (
        <Nothing page={page} />
      ) : isTurned ? (
        <Grid
          {...usual}
          corner={`${number(others.length)} workloads`}
          rows={others}
          columns={clusters}
          mark={(row, column) => mark(column.key, row.key)}
          note={noteOf}
          open={(row, column) => open(column, row)}
        />
      ) : (
        <Grid
          {...usual}
          corner={`${number(clusters.length)} clusters`}
          rows={clusters}
          columns={others}
          mark={(row, column) => mark(row.key, column.key)}
          note={noteOf}
          open={open}
        />
      )}
    </>
  );
}

function Nothing({ page: { session } }: { page: Page }) {
  if (!session.isComplete) return <div class="empty">Reading ...</div>;
  if (session.store.size > 0) return <div class="empty">No workload is like that. Clear the filters to see all.</div>;
  return (
    <div class="empty">
      No workload has been reported yet. <code>kubectl get kruiseclusters -A</code> says which clusters report.
    </div>
  );
}
