// Tells people of transitions as Kubernetes Events on the ManagedClusterAddOn, where `kubectl describe` shows them: a
// condition that changes its status or reason, a signing request that is not approved. What the first listing of a term
// shows is where things stand, not what has happened: a new leader tells nothing of it.
import type { Condition } from "../../shared/kube/types.ts";
import type { ManagedCluster, ManagedClusterAddOn, SigningRequest } from "../ocm/types.ts";
import type { EventRecorder, Telling } from "./event-recorder.ts";
import { isActive } from "./registration.ts";

/** Conditions whose transitions are told, with the status that is good. Others on the object are OCM's own story. */
const GOOD_STATUS: Readonly<Record<string, Condition["status"]>> = {
  RegistrationApplied: "True",
  ManifestApplied: "True",
  Available: "True",
  Reporting: "True",
  KruiseReady: "True",
  WorkloadsHealthy: "True",
  Degraded: "False",
};

/** Steps on the way to a first answer: no trouble. */
const EARLY_REASONS: ReadonlySet<string> = new Set(["PermissionConfigPending", "NotChecked", "NothingListedYet"]);
/** Something is not there: no trouble as long as it never was. */
const ABSENCE_REASONS: ReadonlySet<string> = new Set(["NotInstalled", "ManagedClusterAddOnLeaseNotFound"]);

/** What a condition said last. */
export type Said = Pick<Condition, "status" | "reason">;

/**
 * What is to be told of an object's conditions, given what each said before. Conditions that changed together and
 * give the same message are one Event.
 */
export function planEvents(before: ReadonlyMap<string, Said>, conditions: readonly Condition[]): Telling[] {
  const changed = conditions.filter(({ type, status, reason }) => {
    const last = before.get(type);
    return Object.hasOwn(GOOD_STATUS, type) && (last?.status !== status || last.reason !== reason);
  });
  const groups = Object.values(Object.groupBy(changed, ({ reason, message }) => message || reason));
  return groups.flatMap((group = []): Telling[] => {
    const [first] = group;
    if (!first) return [];
    const statuses = group.map(({ type, status }) => `${type}=${status}`).join(", ");
    const isTrouble = group.some((condition) => isBad(condition, before.get(condition.type)));
    return [
      {
        type: isTrouble ? "Warning" : "Normal",
        source: "conditions",
        reason: first.reason,
        key: `${first.reason} ${statuses}`,
        message: first.message === "" ? statuses : `${statuses}: ${first.message}`,
      },
    ];
  });
}

function isBad({ type, status, reason }: Condition, last: Said | undefined): boolean {
  if (status === GOOD_STATUS[type] || EARLY_REASONS.has(reason)) return false;
  return !ABSENCE_REASONS.has(reason) || last?.status === GOOD_STATUS[type];
}

export interface AddonEventsDeps {
  recorder: Pick<EventRecorder, "record" | "forget">;
  findAddon: (cluster: string) => ManagedClusterAddOn | undefined;
  findCluster: (cluster: string) => ManagedCluster | undefined;
  findRequest: (name: string) => SigningRequest | undefined;
  /** Whether the add-ons, and the requests, have been listed once in this term. */
  isListed: () => { addons: boolean; requests: boolean };
}

/** Watches the leader's caches and hands each transition to the recorder, once. Writes nothing itself, and never throws. */
export class AddonEvents {
  readonly #deps: AddonEventsDeps;
  readonly #addons = new Map<string, { uid: string; said: Map<string, Said> }>();
  /** Requests that were there before this term, or whose refusal has been told. */
  readonly #knownRequests = new Set<string>();

  constructor(deps: AddonEventsDeps) {
    this.#deps = deps;
  }

  /** To be called after the cache has taken a change of a cluster's add-on. */
  addonChanged(cluster: string): void {
    const { recorder, findAddon, isListed } = this.#deps;
    const addon = findAddon(cluster);
    const known = this.#addons.get(cluster);
    if (known && known.uid !== addon?.metadata.uid) {
      recorder.forget(known.uid);
      this.#addons.delete(cluster);
    }
    if (!addon) return;
    const { uid } = addon.metadata;
    const said = known?.uid === uid ? known.said : new Map<string, Said>();
    const conditions = addon.status.conditions ?? [];
    // An add-on that goes takes its Events along: what is torn down is no news.
    if (isListed().addons && addon.metadata.deletionTimestamp === undefined) {
      for (const telling of planEvents(said, conditions)) recorder.record(addon, telling);
    }
    for (const { type, status, reason } of conditions) said.set(type, { status, reason });
    this.#addons.set(cluster, { uid, said });
  }

  /** To be called after the cache has taken a change of a signing request. */
  requestChanged(name: string): void {
    const { findRequest, isListed } = this.#deps;
    if (!findRequest(name)) this.#knownRequests.delete(name);
    else if (!isListed().requests) this.#knownRequests.add(name);
  }

  /** To be called whenever a request is looked at and not approved. */
  requestRefused({ request, cluster, why }: { request: string; cluster: string; why: string }): void {
    const { findAddon, findCluster } = this.#deps;
    const addon = findAddon(cluster);
    // A request that was quicker than the add-on is looked at again when the add-on is there.
    if (!addon || !isActive(addon, findCluster(cluster)) || this.#knownRequests.has(request)) return;
    this.#knownRequests.add(request);
    this.#deps.recorder.record(addon, {
      type: "Warning",
      source: "requests",
      reason: "SigningRequestRefused",
      key: "SigningRequestRefused",
      message: `CertificateSigningRequest ${request} is not approved: ${why}`,
    });
  }
}
