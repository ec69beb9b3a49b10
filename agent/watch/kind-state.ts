// What is told of a kind: how far it can be read, from what its watch has lived through. Pure.
import { ApiError, isForbidden } from "../../shared/kube/errors.ts";
import type { KruiseKind } from "../../shared/kruise/kinds.ts";
import type { KindState } from "../../shared/wire/report.ts";
import { complaintOf } from "./conversion.ts";
import type { Served } from "./crds.ts";

const MESSAGE_MAX = 160;
const LISTED_AGAIN = "It is listed again; the verdicts are those of before";
/**
 * How long a trouble with a kind that was listed once lasts before it is told: API servers are restarted as a matter of
 * course, and one that has just started knows no roles yet and refuses what it allowed before.
 */
export const TOLD_AFTER_MS = { Failing: 30_000, Forbidden: 3_000, ConversionFailing: 0 };

/** What is wrong with a kind's watch. */
export interface Trouble {
  state: "Forbidden" | "ConversionFailing" | "Failing";
  /** The error's own reason: two errors with the same one are the same trouble. */
  reason: string;
  message: string;
}

export interface KindFacts {
  kind: KruiseKind;
  served: Served;
  /** A complete list was read, through this version or the one before. */
  listed: boolean;
  /** A list is under way, or waits for its turn. */
  listing: boolean;
  /** Undefined while nothing is wrong, or not for long. */
  trouble: Trouble | undefined;
  /** What a list of one object says: an open watch says nothing of a conversion that fails. */
  conversionFailure: string | undefined;
  /** Changes arrive late. */
  lag: string | undefined;
}

/** Gives the state of a kind. */
export function kindStateOf(facts: KindFacts): KindState {
  const { kind, group } = facts.kind;
  const { served } = facts;
  switch (served.state) {
    case "NotInstalled":
      return { kind, group, state: "NotInstalled" };
    case "NotEstablished":
      return { kind, group, state: "Failing", message: "The CRD is not established" };
    case "Unreadable":
      return { kind, group, state: "UnsupportedVersion", message: cut(served.message) };
    case "Served":
      return { kind, group, version: served.version, ...watchState(facts) };
  }
}

function watchState({
  listed,
  listing,
  trouble,
  conversionFailure,
  lag,
}: KindFacts): Pick<KindState, "state" | "message"> {
  if (trouble !== undefined) return { state: trouble.state, message: trouble.message };
  if (conversionFailure !== undefined) return { state: "ConversionFailing", message: cut(conversionFailure) };
  if (!listing) return lag === undefined ? { state: "Watching" } : { state: "Watching", message: lag };
  return listed ? { state: "Listing", message: LISTED_AGAIN } : { state: "Listing" };
}

/** Says what an error means for a kind. */
export function troubleOf(error: Error): Trouble {
  const complaint = complaintOf(error);
  const reason = error instanceof ApiError ? error.reason : error.name;
  if (complaint !== undefined) return { state: "ConversionFailing", reason, message: cut(complaint) };
  if (isForbidden(error)) return { state: "Forbidden", reason, message: cut(refusalOf(error.message)) };
  return { state: "Failing", reason, message: cut(error.message) };
}

/** The API server names first who may not, which is long: what may not be done is to be seen whatever is cut. */
function refusalOf(message: string): string {
  const [, verb, resource, group] = /cannot (\w+) resource "([^"]+)" in API group "([^"]*)"/.exec(message) ?? [];
  return verb === undefined ? message : `The agent may not ${verb} ${resource}.${group}: ${message}`;
}

/** Whether such a state ends the waiting for the first list: it may last for ever. */
export function isUnreadable({ state }: KindState): boolean {
  return state !== "Watching" && state !== "Listing" && state !== "NotInstalled";
}

function cut(message: string): string {
  return message.slice(0, MESSAGE_MAX);
}
