// A grid of marks of any size, of which the part on the screen is drawn. One cell at a time has the focus; arrows, Home, End and
// Page keys move it, Enter opens what it stands for.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { shortCounts } from "../model/matrix.ts";
import type { Line, Mark } from "../model/matrix.ts";
import { countsText, worstOf } from "../model/health.ts";
import { moved } from "../model/grid-keys.ts";
import type { Spot } from "../model/grid-keys.ts";
import { indicesOf, scrollTo, spanOf } from "../model/window.ts";
import { useScrolled } from "./scrolled.ts";

export interface GridProps {
  label: string;
  /** Says what the rows are, above them. */
  corner: string;
  rows: readonly Line[];
  columns: readonly Line[];
  mark: (row: Line, column: Line) => Mark | undefined;
  /** Columns with room for numbers in their cells and a title that lies flat. */
  isWide: boolean;
  /** Said of a row, or a column, beside its name. */
  note: (line: Line) => string;
  open: (row: Line | undefined, column: Line | undefined) => void;
  /** Whether the reader is at it: rows shall not move under him. */
  onBusy: (isBusy: boolean) => void;
}

const ROW = 24;
const LABEL = 248;
const NARROW = { column: 24, head: 138 };
const WIDE = { least: 96, most: 220, head: 30 };

export function Grid(props: GridProps) {
  const { label, corner, rows, columns, mark, isWide, note, open, onBusy } = props;
  const [ref, { top, left, width, height }] = useScrolled();
  const [spot, setSpot] = useState<Spot>({ row: 0, column: 0 });
  const isMoving = useRef(false);
  const share = Math.floor((width - LABEL) / Math.max(1, columns.length));
  const size = isWide ? Math.max(WIDE.least, Math.min(WIDE.most, share)) : NARROW.column;
  const head = isWide ? WIDE.head : NARROW.head;
  const at = { row: Math.min(spot.row, rows.length - 1), column: Math.min(spot.column, columns.length - 1) };
  const across = { size, scrolled: left, seen: Math.max(size, width - LABEL) };
  const down = { size: ROW, scrolled: top, seen: Math.max(ROW, height - head) };
  const columnsSeen = indicesOf(spanOf({ count: columns.length, ...across }), at.column, columns.length);
  const rowsSeen = indicesOf(spanOf({ count: rows.length, ...down }), at.row, rows.length);

  // Before the next key: whoever types fast must not leave the focus behind.
  useLayoutEffect(() => {
    if (!isMoving.current) return;
    isMoving.current = false;
    const cell = ref.current?.querySelector<HTMLElement>('[tabindex="0"][data-row]');
    cell?.focus({ preventScroll: true });
    const y = at.row < 0 ? undefined : scrollTo(at.row, down);
    const x = at.column < 0 ? undefined : scrollTo(at.column, across);
    ref.current?.scrollTo({ top: y ?? top, left: x ?? left });
  });

  const spotOf = (event: Event): Spot | undefined => {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-row]") : null;
    return cell === null ? undefined : { row: Number(cell.dataset["row"]), column: Number(cell.dataset["column"]) };
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open(rows[at.row], columns[at.column]);
      return;
    }
    const next = moved(at, event, {
      rows: rows.length,
      columns: columns.length,
      page: Math.floor(down.seen / ROW) - 1,
    });
    if (next === undefined) return;
    event.preventDefault();
    isMoving.current = true;
    setSpot(next);
  };
  const onClick = (event: MouseEvent): void => {
    const clicked = spotOf(event);
    if (clicked === undefined) return;
    setSpot(clicked);
    open(rows[clicked.row], columns[clicked.column]);
  };
  // A tooltip is made when it is wanted: there are thousands of cells.
  const onPointerOver = (event: PointerEvent): void => {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-row]") : null;
    if (cell !== null && cell.title === "") cell.title = cell.ariaLabel ?? "";
  };
  const tab = (row: number, column: number): number => (row === at.row && column === at.column ? 0 : -1);
  const total = { width: `${LABEL + columns.length * size}px`, height: `${head + rows.length * ROW}px` };
  return (
    <div
      class={isWide ? "scroller grid wide" : "scroller grid"}
      ref={ref}
      onKeyDown={onKeyDown}
      onClick={onClick}
      onPointerOver={onPointerOver}
      onPointerEnter={() => onBusy(true)}
      onPointerLeave={() => onBusy(ref.current?.contains(document.activeElement) ?? false)}
      onFocusIn={() => onBusy(true)}
      onFocusOut={() => onBusy(ref.current?.matches(":hover") ?? false)}
    >
      <div
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length + 1}
        style={total}
      >
        <div role="row" aria-rowindex={1} class="gridhead" style={{ height: `${head}px` }}>
          <div role="columnheader" aria-colindex={1} class="corner" tabIndex={-1} style={{ width: `${LABEL}px` }}>
            {corner}
          </div>
          {columnsSeen.map((index) => {
            const column = columns[index];
            if (column === undefined) return null;
            return (
              <div
                role="columnheader"
                key={column.key}
                aria-colindex={index + 2}
                aria-label={`${[column.title, note(column)].join(" ")}: ${countsText(column.counts)}`}
                class={`columnhead worst-${worstOf(column.counts) ?? "none"}`}
                style={{ left: `${LABEL + index * size}px`, width: `${size}px` }}
                data-row={-1}
                data-column={index}
                tabIndex={tab(-1, index)}
              >
                <span>
                  {column.title}
                  {isWide && note(column) !== "" && <i class="said"> {note(column)}</i>}
                </span>
              </div>
            );
          })}
        </div>
        {rowsSeen.map((index) => {
          const row = rows[index];
          if (row === undefined) return null;
          const said = note(row);
          return (
            <div
              role="row"
              key={row.key}
              aria-rowindex={index + 2}
              class="gridrow"
              style={{ top: `${head + index * ROW}px` }}
            >
              <div
                role="rowheader"
                aria-colindex={1}
                aria-label={`${[row.title, said].join(" ")}: ${countsText(row.counts)}`}
                class="rowhead"
                style={{ width: `${LABEL}px` }}
                data-row={index}
                data-column={-1}
                tabIndex={tab(index, -1)}
              >
                <span class="name">{row.title}</span>
                {said !== "" && <span class="said">{said}</span>}
                <span class={`short worst-${worstOf(row.counts) ?? "none"}`}>{shortCounts(row.counts)}</span>
              </div>
              {columnsSeen.map((columnIndex) => {
                const column = columns[columnIndex];
                if (column === undefined) return null;
                const found = mark(row, column);
                return (
                  <div
                    role="gridcell"
                    key={column.key}
                    aria-colindex={columnIndex + 2}
                    aria-label={found?.label ?? `${column.title} on ${row.title}: none`}
                    class={found === undefined ? "cell none" : `cell h-${found.health}`}
                    style={{ left: `${LABEL + columnIndex * size}px`, width: `${size - 2}px` }}
                    data-row={index}
                    data-column={columnIndex}
                    tabIndex={tab(index, columnIndex)}
                  >
                    {found?.text}
                  </div>
                );
              })}
            </div>
          );
        })}
      </div>
    </div>
  );
}
