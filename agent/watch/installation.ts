// Looks at the Kruise installation every ten seconds: its manager's Deployment and Lease, next to what the CRDs say.
import { z } from "zod";
import { isForbidden, isNotFound } from "../../shared/kube/errors.ts";
import { objectPath } from "../../shared/kube/paths.ts";
import type { Kube, Resource } from "../../shared/kube/types.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Installation } from "../../shared/wire/report.ts";
import { Alarm } from "../alarm.ts";
import type { Served } from "./crds.ts";
import { assessInstallation } from "./installation-verdict.ts";
import type { ManagerDeployment, Seen, Sighting } from "./installation-verdict.ts";
import { LeaderWatch } from "./leader.ts";

const POLL_MS = 10_000;
const NAMESPACE = "kruise-system";
const DEPLOYMENT = {
  resource: { group: "apps", version: "v1", plural: "deployments" },
  name: "kruise-controller-manager",
};
const LEASE = { resource: { group: "coordination.k8s.io", version: "v1", plural: "leases" }, name: "kruise-manager" };
/** Before anything was seen. */
export const NOT_CHECKED: Installation = {
  health: "Unknown",
  reason: "NotChecked",
  message: "The installation of OpenKruise has not been looked at yet",
};

const Deployment = z.object({
  metadata: z.object({ generation: z.number().optional() }),
  spec: z.object({
    replicas: z.number().optional(),
    template: z.object({
      spec: z.object({ containers: z.array(z.object({ name: z.string(), image: z.string().optional() })) }),
    }),
  }),
  status: z
    .object({
      availableReplicas: z.number().optional(),
      updatedReplicas: z.number().optional(),
      observedGeneration: z.number().optional(),
    })
    .optional(),
});
const Lease = z.object({
  spec: z.object({ holderIdentity: z.string().optional(), renewTime: z.string().optional() }).optional(),
});

export interface InstallationDeps {
  kube: Kube;
  clock: Clock;
  log: Log;
  /** What the CRDs say now, one entry a kind; undefined while that is not known. */
  crds: () => readonly Served[] | undefined;
  onChange: (kruise: Installation) => void;
  onTurn?: () => void;
}

export class InstallationWatch {
  readonly #deps: InstallationDeps;
  readonly #alarm = new Alarm();
  readonly #leader: LeaderWatch;
  #current = NOT_CHECKED;

  constructor(deps: InstallationDeps) {
    this.#deps = deps;
    this.#leader = new LeaderWatch(deps.clock);
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
    const { log, onChange } = this.#deps;
    const crds = this.#deps.crds();
    if (crds === undefined) return;
    let sighting: Sighting;
    try {
      const [deployment, leader] = await Promise.all([this.#deployment(signal), this.#leaderNow(signal)]);
      sighting = { crds, deployment, leader };
    } catch (error) {
      // No answer is no news: the API server will be heard of elsewhere, and the last verdict stays.
      if (!signal.aborted) log.debug({ err: error }, "kruise installation not read");
      return;
    }
    const next = assessInstallation(sighting);
    if (JSON.stringify(next) === JSON.stringify(this.#current)) return;
    this.#current = next;
    log.info({ ...next }, "kruise installation changed");
    onChange(next);
  }

  async #deployment(signal: AbortSignal): Promise<Seen<ManagerDeployment>> {
    const seen = await this.#read(DEPLOYMENT, Deployment, signal);
    if (typeof seen === "string") return seen;
    const { containers } = seen.spec.template.spec;
    return {
      wanted: seen.spec.replicas ?? 1,
      available: seen.status?.availableReplicas ?? 0,
      updated: seen.status?.updatedReplicas ?? 0,
      observed: (seen.status?.observedGeneration ?? 0) >= (seen.metadata.generation ?? 0),
      image: (containers.find(({ name }) => name === "manager") ?? containers[0])?.image,
    };
  }

  async #leaderNow(signal: AbortSignal): Promise<Sighting["leader"]> {
    const seen = await this.#read(LEASE, Lease, signal);
    return typeof seen === "string" ? seen : this.#leader.judge(seen.spec?.holderIdentity ?? "", seen.spec?.renewTime);
  }

  async #read<S extends z.ZodType>(
    { resource, name }: { resource: Resource; name: string },
    schema: S,
    signal: AbortSignal,
  ): Promise<Seen<z.infer<S>>> {
    try {
      const path = objectPath(resource, { namespace: NAMESPACE, name });
      return schema.parse(await this.#deps.kube.request({ method: "GET", path, signal, timeoutMs: POLL_MS }));
    } catch (error) {
      if (isNotFound(error)) return "Missing";
      if (isForbidden(error)) return "NotReadable";
      throw error;
    }
  }
}
