// Looks at the Kruise installation every ten seconds: its manager, webhooks and daemon, next to what the CRDs say.
import { isForbidden, isNotFound } from "../../shared/kube/errors.ts";
import { objectPath } from "../../shared/kube/paths.ts";
import type { Kube } from "../../shared/kube/types.ts";
import type { KruiseKind } from "../../shared/kruise/kinds.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Installation } from "../../shared/wire/report.ts";
import { Alarm } from "../alarm.ts";
import { ConversionProbe } from "./conversion.ts";
import type { ConversionFailure } from "./conversion.ts";
import type { ServedKind } from "./crds.ts";
import { gatesOff } from "./feature-gates.ts";
import {
  DAEMON,
  DEFAULT_NAMESPACE,
  ENDPOINTS,
  LEASE,
  MANAGER,
  MUTATING,
  VALIDATING,
  readAddresses,
  readDaemon,
  readLease,
  readManager,
  readWebhooks,
} from "./installation-objects.ts";
import type { DaemonNumbers, Named, Seen, WebhookConfiguration } from "./installation-objects.ts";
import { assessInstallation, isDaemonShort, isInstalled } from "./installation-verdict.ts";
import type { Sighting } from "./installation-verdict.ts";
import { LeaderWatch } from "./leader.ts";

const POLL_MS = 10_000;
const NO_GATES: ReadonlySet<string> = new Set();
/** Before anything was seen. */
export const NOT_CHECKED: Installation = {
  health: "Unknown",
  reason: "NotChecked",
  message: "The installation of OpenKruise has not been looked at yet",
};
/** Where there is no OpenKruise nothing else is looked for. */
const ABSENT: Omit<Sighting, "crds"> = {
  deployment: "Missing",
  gatesOff: NO_GATES,
  leader: "Missing",
  webhooks: { validating: "Missing", mutating: "Missing", addresses: undefined },
  conversionFailure: undefined,
  daemon: "Missing",
  daemonShortMs: 0,
};

export interface InstallationDeps {
  kube: Kube;
  clock: Clock;
  log: Log;
  /** What the CRDs say now of each kind; undefined while that is not known. */
  crds: () => readonly ServedKind[] | undefined;
  /** Asks whether a kind is watched: no other one may be listed. */
  isWatched: (kind: KruiseKind) => boolean;
  /** The verdict, or the feature gates that are known to be off, have changed. */
  onChange: (kruise: Installation, gatesOff: ReadonlySet<string>) => void;
  /** Which kinds cannot be read because of their conversion, each time that is looked at. */
  onConversion?: (failures: readonly ConversionFailure[]) => void;
  onTurn?: () => void;
}

export class InstallationWatch {
  readonly #deps: InstallationDeps;
  readonly #alarm = new Alarm();
  readonly #leader: LeaderWatch;
  readonly #conversion: ConversionProbe;
  /** Monotonic; undefined while the daemon is complete. */
  #daemonShortSinceMs: number | undefined;
  #current = NOT_CHECKED;
  /** The last look was refused something. */
  #refused = false;
  #gatesOff = NO_GATES;

  constructor(deps: InstallationDeps) {
    this.#deps = deps;
    this.#leader = new LeaderWatch(deps.clock);
    this.#conversion = new ConversionProbe(deps);
  }

  get current(): Installation {
    return this.#current;
  }

  /** Looks again at once: a CRD has changed. */
  wake(): void {
    this.#alarm.ring();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#deps.onTurn?.();
      await this.#look(signal);
      await this.#alarm.wait(POLL_MS, signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const crds = this.#deps.crds();
    if (crds === undefined) return;
    try {
      if (!isInstalled(crds)) {
        this.#daemonShortSinceMs = undefined;
        this.#deps.onConversion?.([]);
      }
      const seen = isInstalled(crds) ? await this.#sight(crds, signal) : ABSENT;
      const next = assessInstallation({ crds, ...seen });
      const isRefused = next.reason === NOT_CHECKED.reason;
      // An API server that has just started knows no roles yet: one refusal is no news.
      if (!isRefused || this.#refused || this.#current === NOT_CHECKED) this.#tell(next, seen.gatesOff);
      this.#refused = isRefused;
    } catch (error) {
      // No answer is no news: the API server will be heard of elsewhere, and the last verdict stays.
      if (!signal.aborted) this.#deps.log.debug({ err: error }, "kruise installation not read");
    }
  }

  #tell(next: Installation, gates: ReadonlySet<string>): void {
    const isSameVerdict = JSON.stringify(next) === JSON.stringify(this.#current);
    if (isSameVerdict && gates.symmetricDifference(this.#gatesOff).size === 0) return;
    this.#current = next;
    this.#gatesOff = gates;
    this.#deps.log.info({ ...next, gatesOff: [...gates] }, "kruise installation changed");
    this.#deps.onChange(next, gates);
  }

  async #sight(crds: readonly ServedKind[], signal: AbortSignal): Promise<Omit<Sighting, "crds">> {
    const read = <T>(what: Named, decode: (raw: unknown) => T, namespace?: string): Promise<Seen<T>> =>
      this.#read(what, { namespace, signal, decode });
    const [validating, mutating] = await Promise.all([read(VALIDATING, readWebhooks), read(MUTATING, readWebhooks)]);
    const service = serviceNamespaceOf(validating) ?? serviceNamespaceOf(mutating);
    const namespace = serviceNamespaceOf(validating) ?? DEFAULT_NAMESPACE;
    const watched = crds.filter(({ kind }) => this.#deps.isWatched(kind));
    const [deployment, lease, daemon, addresses, conversionFailures] = await Promise.all([
      read(MANAGER, readManager, namespace),
      read(LEASE, readLease, namespace),
      read(DAEMON, readDaemon, namespace),
      service === undefined ? undefined : read(ENDPOINTS, readAddresses, service),
      this.#conversion.check(watched, signal),
    ]);
    this.#deps.onConversion?.(conversionFailures);
    const args = typeof deployment === "string" ? undefined : deployment.args;
    return {
      deployment,
      gatesOff: args === undefined ? NO_GATES : gatesOff(args),
      leader: typeof lease === "string" ? lease : this.#leader.judge(lease.holder, lease.renewTime),
      webhooks: { validating, mutating, addresses },
      conversionFailure: conversionFailures[0],
      daemon,
      daemonShortMs: this.#timeDaemon(daemon),
    };
  }

  #timeDaemon(daemon: Seen<DaemonNumbers>): number {
    const nowMs = this.#deps.clock.monotonicMs();
    this.#daemonShortSinceMs = isDaemonShort(daemon) ? (this.#daemonShortSinceMs ?? nowMs) : undefined;
    return nowMs - (this.#daemonShortSinceMs ?? nowMs);
  }

  async #read<T>(
    { resource, name }: Named,
    how: { namespace: string | undefined; signal: AbortSignal; decode: (raw: unknown) => T },
  ): Promise<Seen<T>> {
    const { namespace, signal, decode } = how;
    try {
      const path = objectPath(resource, namespace === undefined ? { name } : { namespace, name });
      return decode(await this.#deps.kube.request({ method: "GET", path, signal, timeoutMs: POLL_MS }));
    } catch (error) {
      if (isNotFound(error)) return "Missing";
      if (isForbidden(error)) return "NotReadable";
      throw error;
    }
  }
}

function serviceNamespaceOf(seen: Seen<WebhookConfiguration>): string | undefined {
  return typeof seen === "string" ? undefined : seen.namespace;
}
