// Records to choose from, as the agent's workloads offer them.
import { Ranking } from "./ranking.ts";
import type { Candidates, SizedRecord } from "./selection.ts";

/** All that there is to choose from. */
export function candidatesOf(records: ReadonlyMap<string, SizedRecord>): Candidates {
  const ranking = new Ranking();
  let sum = 0;
  for (const [key, { record, bytes }] of records) {
    ranking.add(key, record.h);
    sum += bytes;
  }
  return { records, bytes: sum, ranking };
}
