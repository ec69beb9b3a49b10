// What a check is, and how a list of them is gone through: in order, each a pure judgement over what was read. A check
// whose ground another has found missing is skipped, and says which.
import type { Commands } from "./commands.ts";
import type { Facts, Seen } from "./facts.ts";

export type State = "ok" | "warning" | "failed" | "skipped";

export interface Finding {
  state: Exclude<State, "skipped">;
  /** What was seen, in a sentence without a full stop. */
  saw: string;
  /** The next command to type; none when there is nothing to do. */
  next?: string;
}

/** What a judgement may use besides the facts. */
export interface Scene {
  nowMs: number;
  /** "" when only the hub is looked at. */
  cluster: string;
  commands: Commands;
  /** Whether the managed cluster itself is looked at. */
  seesManaged: boolean;
}

export type Part = "hub" | "cluster" | "managed cluster";

export interface Check {
  name: string;
  part: Part;
  /** Names of the checks without whose success this one would say nothing. */
  after: readonly string[];
  /** What it cannot do without. */
  reads: readonly (keyof Facts)[];
  judge: (facts: Partial<Facts>, scene: Scene, seen: Seen) => Finding;
}

export interface Result {
  check: string;
  part: Part;
  state: State;
  saw: string;
  next: string | null;
}

/** The check by which a missing right of ours is told. */
export const OWN_RIGHTS = "own rights";

/** Goes through the checks. */
export function runChecks(checks: readonly Check[], seen: Seen, scene: Scene): Result[] {
  /** For each check that failed or was skipped: the check to blame. */
  const blamed = new Map<string, string>();
  return checks.map((check) => {
    const { name, part } = check;
    const cause = check.after.map((before) => blamed.get(before)).find((before) => before !== undefined);
    const unread = cause === undefined ? unreadable(check, seen, scene) : undefined;
    const because = cause ?? (unread === "forbidden" ? OWN_RIGHTS : undefined);
    if (because !== undefined) {
      blamed.set(name, because);
      return { check: name, part, state: "skipped", saw: `because of "${because}"`, next: null };
    }
    const finding = typeof unread === "object" ? unread : check.judge(seen.facts, scene, seen);
    if (finding.state === "failed") blamed.set(name, name);
    return { check: name, part, state: finding.state, saw: finding.saw, next: finding.next ?? null };
  });
}

/** Says that what a check needs could not be read; undefined when it could. */
function unreadable(
  { part, reads }: Check,
  { troubles }: Seen,
  { commands }: Scene,
): Finding | "forbidden" | undefined {
  const trouble = reads.map((fact) => troubles[fact]).find((each) => each !== undefined);
  if (!trouble) return undefined;
  const { forbidden, message: saw } = trouble;
  // Own rights are asked about on the hub alone.
  if (part === "managed cluster") {
    const args = forbidden ? ["auth", "can-i", "--list"] : ["get", "--raw", "/readyz?verbose"];
    return { state: "failed", saw, next: commands.managed(...args) };
  }
  return forbidden ? "forbidden" : { state: "failed", saw, next: commands.hub("get", "--raw", "/readyz?verbose") };
}
