// What a session sends of records that rest, and what it remembers while the hub is away.
import { beforeEach, describe, expect, it } from "vitest";
import type { WorkloadRecord } from "../../shared/kruise/record.ts";
import type { Report } from "../../shared/wire/report.ts";
import { candidatesOf } from "./selection.fixture.ts";
import { ReportSession } from "./session.ts";
import type { SizedRecord } from "./selection.ts";

const NUMBERS = { managerEpoch: 1, resync: false, paceMs: 50, heartbeatMs: 30_000 };
const resting = new Set<string>();
const records = new Map<string, SizedRecord>();
let session: ReportSession;

function put(name: string, reason = "AllAvailable"): void {
  const record = { k: "CloneSet", ns: "shop", n: name, h: "Healthy", r: reason } as WorkloadRecord;
  records.set(`cloneset.shop.${name}`, { record, bytes: 99 });
}

function next(): Report {
  const byHealth = { Healthy: records.size, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 };
  const candidates = { ...candidatesOf(records), resting };
  const kruise = { health: "Healthy", reason: "Ready", message: "" } as const;
  return session.next({ candidates, byHealth, kruise, kinds: [] }, 1000);
}

/** Sends the next report and has it acknowledged; answers its form and what it tells of. */
function exchange(): string {
  const { form, sequence, records: told } = next();
  session.answer({ epoch: 1, sequence, ...NUMBERS });
  return [form, ...told.map(({ n, r }) => `${n}/${r}`)].join(" ");
}

beforeEach(() => {
  records.clear();
  resting.clear();
  session = new ReportSession({ agent: { version: "1", ruleSet: "1", instance: "pod" }, epochMs: 1, limitBytes: 1000 });
  put("a");
  put("b");
});

it("a report says how long its oldest change has waited, where one has", () => {
  const byHealth = { Healthy: 2, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 };
  const kruise = { health: "Healthy", reason: "Ready", message: "" } as const;
  const facts = { candidates: candidatesOf(records), byHealth, kruise, kinds: [] };
  expect(session.next({ ...facts, waitedMs: 700 }, 1000)).toMatchObject({ waitedMs: 700 });
  expect(session.next(facts, 1000)).not.toHaveProperty("waitedMs");
});

describe("fault 29: records that rest", () => {
  it("are sent when they are noted, with the newest state, though they rest again", () => {
    exchange();
    put("a", "AllUpdated");
    session.note("cloneset.shop.a");
    put("a", "Completed");
    resting.add("cloneset.shop.a");
    expect(exchange()).toBe("delta a/Completed");
  });

  it("are not sent with others, also when all keys are compared because not everything fits", () => {
    for (let index = 0; index < 20; index++) put(`c${index}`);
    expect(exchange()).toMatch(/^snapshot a\/AllAvailable/);
    put("a", "Completed");
    resting.add("cloneset.shop.a");
    put("b", "AllUpdated");
    session.note("cloneset.shop.b");
    expect(exchange()).toBe("delta b/AllUpdated");
    resting.clear();
    session.note("cloneset.shop.a");
    expect(exchange()).toBe("delta a/Completed");
  });
});

describe("fault 1: while the hub is away", () => {
  it("remembers no more than the newest state, however much comes and goes", () => {
    exchange();
    next();
    session.refuse();
    for (let index = 0; index < 30_000; index++) session.note(`broadcastjob.shop.job-${index}`);
    put("b", "AllUpdated");
    expect(exchange()).toBe("snapshot a/AllAvailable b/AllUpdated");
  });

  it("goes on with a delta when little has happened and nothing was taken in", () => {
    exchange();
    put("b", "AllUpdated");
    session.note("cloneset.shop.b");
    next();
    session.refuse();
    expect(exchange()).toBe("delta b/AllUpdated");
  });
});
