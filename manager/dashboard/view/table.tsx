// A table of any length: rows of one height, of which those on the screen are drawn.
import type { ComponentChildren } from "preact";
import { indicesOf, spanOf } from "../model/window.ts";
import { useScrolled } from "./scrolled.ts";

export interface Column<T> {
  title: string;
  /** A track of a CSS grid: 8rem, minmax(0, 2fr). */
  width: string;
  cell: (item: T) => ComponentChildren;
  /** Shown above the rows instead of the title. */
  head?: ComponentChildren;
}

/** A row across all columns, that names those after it. */
export interface Section {
  section: string;
}

interface TableProps<T extends object> {
  label: string;
  columns: readonly Column<T>[];
  items: readonly (T | Section)[];
  keyOf: (item: T) => string;
  rowHeight: number;
  /** Shown when there is no row. */
  empty: ComponentChildren;
  /** Of a row, to tell it apart: the opened one. */
  isChosen?: (item: T) => boolean;
}

export function VirtualTable<T extends object>(props: TableProps<T>) {
  const { label, columns, items, keyOf, rowHeight, empty, isChosen } = props;
  const [ref, { top, height }] = useScrolled();
  const seen = spanOf({ count: items.length, size: rowHeight, scrolled: top, seen: height });
  const style = { gridTemplateColumns: columns.map(({ width }) => width).join(" ") };
  return (
    <div class="scroller" ref={ref} tabIndex={0} role="region" aria-label={label}>
      <div
        role="table"
        aria-label={label}
        aria-rowcount={items.length + 1}
        aria-colcount={columns.length}
        class="table"
      >
        <div role="rowgroup" class="head">
          <div role="row" aria-rowindex={1} class="line" style={style}>
            {columns.map((column) => (
              <div role="columnheader" key={column.title}>
                {column.head ?? column.title}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" class="body" style={{ height: `${items.length * rowHeight}px` }}>
          {indicesOf(seen, undefined, items.length).map((index) => {
            const item = items[index];
            if (item === undefined) return null;
            const place = { transform: `translateY(${index * rowHeight}px)`, height: `${rowHeight}px` };
            if ("section" in item) {
              return (
                <div
                  role="row"
                  aria-rowindex={index + 2}
                  key={`section ${item.section}`}
                  class="line section"
                  style={place}
                >
                  <div role="cell" aria-colspan={columns.length}>
                    <h2>{item.section}</h2>
                  </div>
                </div>
              );
            }
            return (
              <div
                role="row"
                aria-rowindex={index + 2}
                key={keyOf(item)}
                class={isChosen?.(item) === true ? "line chosen" : "line"}
                style={{ ...place, ...style }}
              >
                {columns.map((column) => (
                  <div role="cell" key={column.title}>
                    {column.cell(item)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      {items.length === 0 && <div class="empty">{empty}</div>}
    </div>
  );
}
