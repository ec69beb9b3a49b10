// What rows of many clusters share: shapes of packed records, and identities. Each is kept once, as long as a row of the
// fleet uses it. A row that was replaced may be held by others for longer: it keeps what it points to, only new rows no
// longer find it here.
import type { Health } from "../../shared/health/verdict.ts";
import { keyOf } from "../../shared/kruise/record.ts";
import type { ReceivedRecord } from "../../shared/kruise/received-record.ts";
import type { Identity } from "./identities.ts";
import { Packer } from "./packed.ts";
import { Form } from "./unpacked.ts";

/** With fewer rows of a shape its form is built anew for each read: it takes more memory than the shape. */
const FORM_FROM_USERS = 4;

abstract class Shared {
  readonly key: string;
  /** Rows of the fleet that use it now. */
  users = 0;

  constructor(key: string) {
    this.key = key;
  }
}

/** What the records of many rows have in common, and what is often asked of them. */
export class Shape extends Shared {
  readonly health: Health;
  readonly reason: string;
  /** The health as it was written, when it is none of the five. */
  readonly written: string | undefined;
  readonly isPart: boolean;
  #form: Form | undefined = undefined;

  constructor(key: string, record: ReceivedRecord) {
    super(key);
    this.health = record.h;
    this.reason = record.r;
    this.written = record.written;
    this.isPart = record.parent !== undefined;
  }

  get form(): Form {
    if (this.users < FORM_FROM_USERS) return new Form(this.key);
    this.#form ??= new Form(this.key);
    return this.#form;
  }
}

/** An identity with the name of its rows on the hub. */
export class Subject extends Shared implements Identity {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly rowName: string;

  constructor(key: string, record: ReceivedRecord) {
    super(key);
    this.group = record.g;
    this.kind = record.k;
    this.namespace = record.ns;
    this.name = record.n;
    this.rowName = keyOf(record);
  }
}

/** A record as it is kept. Of equal records with the keys in the same order all three are the same. */
export interface Parts {
  subject: Subject;
  shape: Shape;
  data: string;
}

export class Pool {
  readonly #packer = new Packer();
  readonly #subjects = new Map<string, Subject>();
  readonly #shapes = new Map<string, Shape>();

  get sizes(): { subjects: number; shapes: number } {
    return { subjects: this.#subjects.size, shapes: this.#shapes.size };
  }

  /** Takes a record apart. What is new comes into the pool with the first `hold`. */
  partsOf(record: ReceivedRecord): Parts {
    const identity = `${record.g}/${record.k}/${record.ns}/${record.n}`;
    const { shape, data } = this.#packer.pack(record);
    return {
      subject: this.#subjects.get(identity) ?? new Subject(identity, record),
      shape: this.#shapes.get(shape) ?? new Shape(shape, record),
      data,
    };
  }

  /** A row of the fleet uses these now. */
  hold(subject: Subject, shape: Shape): void {
    keep(this.#subjects, subject);
    keep(this.#shapes, shape);
  }

  /** A row of the fleet no longer uses these. */
  release(subject: Subject, shape: Shape): void {
    letGo(this.#subjects, subject);
    letGo(this.#shapes, shape);
  }
}

function keep<T extends Shared>(pool: Map<string, T>, shared: T): void {
  shared.users += 1;
  if (shared.users === 1) pool.set(shared.key, shared);
}

function letGo<T extends Shared>(pool: Map<string, T>, shared: T): void {
  shared.users -= 1;
  if (shared.users === 0) pool.delete(shared.key);
}
