// A digest over what an agent has reported, kept up to date in constant time a change.
// Both sides compute it; when they differ, a delta was lost and a snapshot is due.
import { createHash } from "node:crypto";
import { keyOf } from "../kruise/record.ts";
import type { ReceivedRecord } from "../kruise/received-record.ts";

/** XOR of the first 64 bits of SHA-256("key:health/reason") over all records: the order does not matter. */
export class ReportDigest {
  #high = 0;
  #low = 0;

  /** Adds a record that was absent, or removes one that was present: the same operation. */
  toggle(record: Pick<ReceivedRecord, "k" | "ns" | "n" | "h" | "r" | "written">): void {
    const hash = createHash("sha256")
      .update(`${keyOf(record)}:${record.written ?? record.h}/${record.r}`)
      .digest();
    this.#high = (this.#high ^ hash.readUInt32BE(0)) >>> 0;
    this.#low = (this.#low ^ hash.readUInt32BE(4)) >>> 0;
  }

  /** Sixteen hex digits. */
  get value(): string {
    return this.#high.toString(16).padStart(8, "0") + this.#low.toString(16).padStart(8, "0");
  }
}
