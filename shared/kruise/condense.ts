// Condenses what was read of an object to the record that is kept and sent, within every bound of the schema.
import type { Escalated } from "../health/history.ts";
import type { Reading } from "./assess.ts";
import { readImages } from "./images.ts";
import { keepMessage } from "./kept-text.ts";
import type { Raw } from "./raw.ts";
import { IMAGES_MAX, MESSAGE_BYTES, SUBSETS_MAX } from "./record.ts";
import type { WorkloadRecord } from "./record.ts";
import { hashTemplate } from "./template-hash.ts";

/** The part of a record that the object alone decides. */
export type Condensed = Omit<WorkloadRecord, "h" | "r" | "m" | "since" | "prog" | "notes" | "hist" | "why">;

/** Condenses a reading: no annotation, environment, argument or volume of the object is in the result. */
export function condense({ identity, details }: Reading): Condensed {
  const { group, version, kind, namespace, name, uid, generation, observedGeneration, parent, sources } = identity;
  const [src, ...also] = sources;
  const { counts, rollout = {}, podTemplate = {}, subsets = [], lastRunMs } = details;
  return {
    g: group,
    v: version,
    k: kind,
    ns: namespace,
    n: name,
    u: uid,
    gen: generation,
    ...(observedGeneration !== undefined && { obs: observedGeneration }),
    c: counts,
    ...(Object.keys(rollout).length > 0 && { ro: rollout }),
    ...condenseTemplate(podTemplate),
    ...condenseSubsets(subsets),
    ...(lastRunMs !== undefined && { last: dateText(lastRunMs) }),
    ...(src && { src }),
    ...(also.length > 0 && { also }),
    ...(parent && { parent }),
    ...limits(podTemplate, subsets),
  };
}

function condenseTemplate(podTemplate: Raw): Pick<WorkloadRecord, "img" | "th"> {
  if (Object.keys(podTemplate).length === 0) return {};
  const img = readImages(podTemplate).slice(0, IMAGES_MAX);
  return { ...(img.length > 0 && { img }), th: hashTemplate(podTemplate) };
}

function limits(podTemplate: Raw, subsets: readonly unknown[]): Pick<WorkloadRecord, "lim"> {
  const cut = [
    ...(readImages(podTemplate).length > IMAGES_MAX ? ["img"] : []),
    ...(subsets.length > SUBSETS_MAX ? ["sub"] : []),
  ];
  return cut.length > 0 ? { lim: cut.join(",") } : {};
}

function condenseSubsets(subsets: NonNullable<WorkloadRecord["sub"]>): Pick<WorkloadRecord, "sub" | "subMore"> {
  if (subsets.length === 0) return {};
  const subMore = subsets.length - SUBSETS_MAX;
  return { sub: subsets.slice(0, SUBSETS_MAX), ...(subMore > 0 && { subMore }) };
}

/** Makes the record of an observation and what stage two says of it. Same input, same text: keys keep their order. */
export function toRecord(
  observation: { condensed: Condensed },
  { verdict, history }: Escalated,
  nowWallMs: number,
): WorkloadRecord {
  const { c, ro, img, th, sub, subMore, last, src, also, parent, lim, ...identity } = observation.condensed;
  return {
    ...identity,
    h: verdict.health,
    r: verdict.reason,
    m: keepMessage(verdict.message, MESSAGE_BYTES),
    c,
    ...(ro && { ro }),
    ...(img && { img }),
    ...(th !== undefined && { th }),
    ...(sub && { sub }),
    ...(subMore !== undefined && { subMore }),
    ...(last !== undefined && { last }),
    since: dateText(Math.min(history.sinceMs, nowWallMs)),
    prog: dateText(Math.min(history.progressMs, nowWallMs)),
    ...(verdict.notes.length > 0 && { notes: verdict.notes }),
    ...(src && { src }),
    ...(also && { also }),
    ...(parent && { parent }),
    ...(lim !== undefined && { lim }),
  };
}

/** The same record with these causes; one that needs no help has none. They come last: the order of keys stays the same. */
export function withCauses(record: WorkloadRecord, why: WorkloadRecord["why"] = []): WorkloadRecord {
  const isSettled = record.h === "Healthy" || record.h === "Suspended";
  const result = { ...record };
  delete result.why;
  return why.length === 0 || isSettled ? result : { ...result, why };
}

/** RFC 3339 in whole seconds, as Kubernetes writes dates. A record carries none that is later than now. */
export function dateText(ms: number): string {
  return `${new Date(Math.max(0, ms)).toISOString().slice(0, 19)}Z`;
}
