// Reads an AdvancedCronJob. Only its v1beta1 view has the template of an ImageListPullJob; nothing else differs.
import { ADVANCEDCRONJOB_TABLE, assessAdvancedCronJob } from "../../health/kinds/advancedcronjob.ts";
import type { Marks, Schedule } from "../../health/history.ts";
import type { Note } from "../../health/verdict.ts";
import { keepText } from "../kept-text.ts";
import { mapOf, mapOrEmpty, mapsOf, textOf } from "../raw.ts";
import type { Raw } from "../raw.ts";
import { imagesAsTemplate, pausedRollout } from "./jobs.ts";
import type { KindReading, Parts, Reader } from "./kind-reading.ts";

export const advancedCronJobReader: Reader = {
  read: readAdvancedCronJob,
  rules: ADVANCEDCRONJOB_TABLE,
  counters: [],
  observesGeneration: false,
};

const SCHEDULE_BYTES = 253;
const DATE_BYTES = 40;
/** Dates as the API server writes them. Date.parse() takes more than that for a date. */
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;
/** Later years have no RFC 3339 text; a time zone can lead there. */
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);

function readAdvancedCronJob({ spec, status }: Parts, notes: readonly Note[]): KindReading {
  const lastRunMs = readDateMs(status["lastScheduleTime"]);
  const facts = {
    activeMalformed: isSet(status["active"]) && !Array.isArray(status["active"]),
    lastScheduleMalformed: isSet(status["lastScheduleTime"]) && lastRunMs === undefined,
    paused: spec["paused"] === true,
    active: mapsOf(status["active"]).length,
    lastScheduleTime: lastRunMs === undefined ? "" : keepText(String(status["lastScheduleTime"]), DATE_BYTES),
  };
  return {
    verdict: assessAdvancedCronJob(facts, notes),
    facts,
    counts: { act: facts.active },
    ...readSchedule(spec),
    marks: readMarks(lastRunMs),
    lastRunMs,
    ...pausedRollout(facts.paused),
    podTemplate: readJobTemplate(mapOrEmpty(spec["template"])),
  };
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function readDateMs(value: unknown): number | undefined {
  if (typeof value !== "string" || !RFC_3339.test(value)) return undefined;
  const ms = Date.parse(value);
  // False for NaN as well.
  return ms <= LATEST_MS ? ms : undefined;
}

/** It has no numbers whose movement is progress, only its latest start. */
function readMarks(startedMs: number | undefined): Marks {
  const nothing = { updated: 0, updatedAvailable: 0, available: 0, gap: 0 };
  return startedMs === undefined ? nothing : { ...nothing, startedMs };
}

/** A cut schedule would be another one, so one that is too long is as good as none. */
function readSchedule(spec: Raw): { schedule?: Schedule } {
  const cron = textOf(spec["schedule"]);
  const timeZone = textOf(spec["timeZone"]);
  if (cron === undefined || Buffer.byteLength(cron) > SCHEDULE_BYTES) return {};
  return {
    schedule: {
      cron: keepText(cron, SCHEDULE_BYTES),
      timeZone: timeZone === undefined ? undefined : keepText(timeZone, SCHEDULE_BYTES),
    },
  };
}

/** The pods, or the images, of the job that each start makes. */
function readJobTemplate(template: Raw): Raw {
  const job = mapOf(template["jobTemplate"]) ?? mapOf(template["broadcastJobTemplate"]);
  if (job !== undefined) return mapOrEmpty(mapOrEmpty(job["spec"])["template"]);
  return imagesAsTemplate(mapOrEmpty(mapOrEmpty(template["imageListPullJobTemplate"])["spec"])["images"]);
}
