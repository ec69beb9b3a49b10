// Rows and changes of the fleet as lines for one watch. What many watches show alike is rendered once.
import { atVersion } from "../fleet/workload-row.ts";
import type { RowChange } from "../fleet/types.ts";
import type { Query } from "./query.ts";
import { renderBookmark, renderEvent, renderSingle } from "./rendering.ts";
import { StatusError } from "./status.ts";
import type { Row, Scene, View } from "./view.ts";

type EventType = "ADDED" | "MODIFIED" | "DELETED";

/** Changes whose lines are kept for the next watch: a few megabytes, and some seconds of a storm. */
const SHARED_MAX = 2000;

/**
 * Lines of the newest changes, by row and form. Whoever reads slowly is told the ages of the moment at which others were told
 * the same change.
 */
export class SharedLines {
  readonly #lines = new Map<Row, Map<string, string>>();

  get(row: Row, form: string, make: () => string): string {
    const ofRow = this.#lines.get(row) ?? this.#begin(row);
    const line = ofRow.get(form) ?? make();
    ofRow.set(form, line);
    return line;
  }

  #begin(row: Row): Map<string, string> {
    const [oldest] = this.#lines.keys();
    if (oldest !== undefined && this.#lines.size >= SHARED_MAX) this.#lines.delete(oldest);
    const ofRow = new Map<string, string>();
    this.#lines.set(row, ofRow);
    return ofRow;
  }
}

/** Pieces of changes that are kept for the next watch with the same wishes, woken by the same beat. */
const PIECES_MAX = 16;

/** What watches that want the same are told of the same changes, as bytes: encoded once, however many watches there are. */
export class SharedPieces {
  readonly #pieces = new Map<string, Promise<Buffer[]>>();

  async get(key: string, make: () => AsyncGenerator<string>): Promise<Buffer[]> {
    const known = this.#pieces.get(key);
    if (known !== undefined) return known;
    const made = bytesOf(make());
    const [oldest] = this.#pieces.keys();
    if (oldest !== undefined && this.#pieces.size >= PIECES_MAX) this.#pieces.delete(oldest);
    this.#pieces.set(key, made);
    // A watch that asks for what failed is to try for itself.
    made.catch(() => this.#pieces.delete(key));
    return made;
  }
}

async function bytesOf(pieces: AsyncGenerator<string>): Promise<Buffer[]> {
  const buffers: Buffer[] = [];
  for await (const piece of pieces) buffers.push(Buffer.from(piece));
  return buffers;
}

export class Events<R extends Row> {
  readonly #view: View<R>;
  readonly #query: Query<R>;
  readonly #scene: Scene;
  readonly #lines: SharedLines;
  readonly #form: string;
  readonly #wishes: string | undefined;
  #first = true;

  constructor(view: View<R>, query: Query<R>, scene: Scene, lines: SharedLines) {
    this.#view = view;
    this.#query = query;
    this.#scene = scene;
    this.#lines = lines;
    this.#form = JSON.stringify(query.form);
    const { namespace, parameters } = query;
    const selectors = [parameters.get("labelSelector"), parameters.get("fieldSelector")];
    const wishes = [view.resource.plural, this.#form, ...selectors];
    this.#wishes = namespace === undefined ? JSON.stringify(wishes) : undefined;
  }

  /** A row there is at the beginning, as if it had just been added; "" when it does not match. */
  initial(row: R): string {
    return this.#query.matches(row) ? lineOf("ADDED", this.#render(row)) : "";
  }

  /** At most one line: "" when the change is of another resource, namespace, or of rows that do not match. */
  of(rowChange: RowChange): string {
    const change = this.#view.change(rowChange);
    const { namespace } = this.#query;
    if (change === undefined || (namespace !== undefined && namespace !== change.row.cluster)) return "";
    const { type, row, previous } = change;
    const before = type !== "Added" && previous !== undefined && this.#query.matches(previous);
    const after = type !== "Deleted" && this.#query.matches(row);
    if (after) return this.#shared(before ? "MODIFIED" : "ADDED", row, row);
    // A row that stops matching is told as it last matched, with the version of the change.
    return before ? this.#shared("DELETED", row, atVersion(previous, row.resourceVersion)) : "";
  }

  /**
   * The same for watches that want the same; undefined while this one has to be told what the others were told already, and
   * of a watch of one cluster: it has little to tell, and few want the same.
   */
  get wishes(): string | undefined {
    return this.#first ? undefined : this.#wishes;
  }

  bookmark(position: number, endsInitial: boolean): string {
    const annotations = endsInitial ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
    const metadata = { resourceVersion: String(position), ...annotations };
    return lineOf("BOOKMARK", renderBookmark(this.#view, this.#query.form, metadata));
  }

  /** `change` is the row that stands for the change; `shown` is what is told of it. */
  #shared(type: EventType, change: R, shown: R): string {
    if (this.#first) return lineOf(type, this.#render(shown));
    return this.#lines.get(change, `${type} ${this.#form}`, () => lineOf(type, this.#render(shown)));
  }

  /** The first object of a table describes the columns. */
  #render(row: R): object {
    const render = this.#first ? renderSingle : renderEvent;
    this.#first = false;
    return render(this.#view, row, this.#query.form, this.#scene);
  }
}

export function expiredLine(position: number, newest: number): string {
  return lineOf("ERROR", new StatusError("Expired", `too old resource version: ${position} (${newest})`).status);
}

function lineOf(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`;
}
