// A digest over what an agent has reported, kept up to date in constant time a change.
// Both sides compute it; when they differ, a delta was lost and a snapshot is due.
import { hash } from "node:crypto";
import { keyOf } from "../kruise/record.ts";
import type { ReceivedRecord } from "../kruise/received-record.ts";

/** XOR of the first 64 bits of SHA-256("key:health/reason") over all records: the order does not matter. */
export class ReportDigest {
  #high = 0;
  #low = 0;

  /** Adds a record that was absent, or removes one that was present: the same operation. */
  toggle(record: Pick<ReceivedRecord, "k" | "ns" | "n" | "h" | "r" | "written">): void {
    // In one call and as text it takes a quarter of the time of a hash object: a fleet's snapshots are a million of these.
    const digits = hash("sha256", `${keyOf(record)}:${record.written ?? record.h}/${record.r}`, "hex");
    this.#high = (this.#high ^ Number.parseInt(digits.slice(0, 8), 16)) >>> 0;
    this.#low = (this.#low ^ Number.parseInt(digits.slice(8, 16), 16)) >>> 0;
  }

  /** Sixteen hex digits. */
  get value(): string {
    return this.#high.toString(16).padStart(8, "0") + this.#low.toString(16).padStart(8, "0");
  }
}
