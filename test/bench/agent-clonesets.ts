// The CloneSets of the agent's benches: ten pods and a pod template of 2.6 KB each, made and changed by the bench alone.
// OpenKruise's manager is to stand still meanwhile (stillKruise): it would make pods and write the status itself.
import { setTimeout as timeout } from "node:timers/promises";
import { mergePatch } from "../../shared/kube/apply.ts";
import { listAll } from "../../shared/kube/pages.ts";
import { collectionPath, objectPath } from "../../shared/kube/paths.ts";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { machineMs } from "./process-figures.ts";
import { POD_TEMPLATE } from "./health-objects.ts";

export const NAMESPACE = "shop";
export const CLONE_SETS = { group: "apps.kruise.io", version: "v1alpha1", plural: "clonesets" };

const PODS = 10;
/** Requests under way at once while objects are made. */
const WRITERS = 16;
const CONTENT = "application/merge-patch+json";

export interface CloneSet extends KubeObject {
  status?: { availableReplicas?: number };
}

/** One change of a status: which object, and the number that tells it from the change before. */
export interface Change {
  name: string;
  available: number;
}

export class CloneSets {
  readonly #kube: Kube;
  /** Available pods of each object, by its number. */
  readonly #available = new Map<number, number>();
  /** Which object an index stands for: a renewed one has a new number. */
  readonly #numbers: number[] = [];
  #next = 0;
  #turn = 0;

  constructor(kube: Kube) {
    this.#kube = kube;
  }

  get count(): number {
    return this.#numbers.length;
  }

  names(): string[] {
    return this.#numbers.map(nameOf);
  }

  /** Makes objects until there are so many, each with a status that reads Healthy. */
  async grow(count: number): Promise<void> {
    this.#turn = this.count;
    const work = async (): Promise<void> => {
      while (this.count < count) await this.#create(this.count);
    };
    await Promise.all(Array.from({ length: WRITERS }, work));
  }

  /** One pod of the object at `index` (of any size: it wraps) goes, or comes back. */
  async change(index: number): Promise<Change> {
    const number = this.#numbers[index % this.count] ?? 0;
    const available = this.#available.get(number) === PODS ? PODS - 1 : PODS;
    this.#available.set(number, available);
    const body = { status: counts(available) };
    const name = nameOf(number);
    await this.#kube.request({ method: "PATCH", path: `${pathOf(name)}/status`, contentType: CONTENT, body });
    return { name, available };
  }

  /** Changes the object that was left alone the longest; after growth the new ones come first. */
  async changeNext(): Promise<Change> {
    this.#turn += 1;
    return this.change(this.#turn - 1);
  }

  /** Brings every pod back, so that all objects read Healthy. */
  async heal(): Promise<void> {
    const ill = this.#numbers.keys().filter((index) => this.#available.get(this.#numbers[index] ?? 0) !== PODS);
    const work = async (): Promise<void> => {
      // One iterator for all: each takes the next.
      for (const index of ill) await this.change(index);
    };
    await Promise.all(Array.from({ length: WRITERS }, work));
  }

  /** The object at `index` goes, and another with a new name comes. */
  async renew(index: number): Promise<void> {
    const place = index % this.count;
    const number = this.#numbers[place] ?? 0;
    this.#available.delete(number);
    await this.#kube.request({ method: "DELETE", path: pathOf(nameOf(number)) });
    await this.#create(place);
  }

  async #create(place: number): Promise<void> {
    const number = this.#next;
    this.#next += 1;
    this.#numbers[place] = number;
    this.#available.set(number, PODS);
    const name = nameOf(number);
    const path = collectionPath(CLONE_SETS, NAMESPACE);
    await this.#kube.request({ method: "POST", path, query: { fieldManager: "bench" }, body: cloneSet(name) });
    const body = { status: { ...REVISIONS, observedGeneration: 1, replicas: PODS, ...counts(PODS) } };
    const query = { fieldManager: "kruise-manager" };
    await this.#kube.request({ method: "PATCH", path: `${pathOf(name)}/status`, query, contentType: CONTENT, body });
  }
}

/** Calls `act` so many times a second for so long, whether or not the calls before have ended; then waits for all. */
export async function steadily(
  perSecond: number,
  seconds: number,
  act: (turn: number) => Promise<unknown>,
): Promise<void> {
  const startMs = machineMs();
  const running: Promise<unknown>[] = [];
  for (let turn = 0; turn < perSecond * seconds; turn += 1) {
    const waitMs = startMs + (turn * 1000) / perSecond - machineMs();
    if (waitMs > 0) await timeout(waitMs);
    running.push(act(turn));
  }
  await Promise.all(running);
}

/** Keeps OpenKruise's webhooks away from the bench's namespace: who answers them is to stand still. */
export async function exemptFromWebhooks(kube: Kube): Promise<void> {
  const namespaceSelector = {
    matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "NotIn", values: [NAMESPACE] }],
  };
  for (const plural of ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"]) {
    const resource = { group: "admissionregistration.k8s.io", version: "v1", plural };
    const { items } = await listAll<WebhookConfiguration>(kube, { resource });
    for (const { metadata, webhooks = [] } of items) {
      const changed = webhooks.map((webhook) => (concerns(webhook) ? { ...webhook, namespaceSelector } : webhook));
      await mergePatch(kube, resource, { name: metadata.name }, { webhooks: changed });
    }
  }
}

interface WebhookConfiguration extends KubeObject {
  webhooks?: { rules?: { resources?: string[] }[] }[];
}

function concerns({ rules = [] }: NonNullable<WebhookConfiguration["webhooks"]>[number]): boolean {
  return rules.some(({ resources }) => resources?.includes(CLONE_SETS.plural));
}

function nameOf(number: number): string {
  return `checkout-${String(number).padStart(6, "0")}`;
}

function pathOf(name: string): string {
  return objectPath(CLONE_SETS, { namespace: NAMESPACE, name });
}

const REVISIONS = { currentRevision: "checkout-5d8f7c9b4", updateRevision: "checkout-5d8f7c9b4" };

function counts(available: number): Record<string, number> {
  return {
    readyReplicas: available,
    availableReplicas: available,
    updatedReplicas: PODS,
    updatedReadyReplicas: available,
    updatedAvailableReplicas: available,
    expectedUpdatedReplicas: PODS,
  };
}

function cloneSet(name: string): object {
  const { metadata, spec } = POD_TEMPLATE;
  const { initContainers: _, ...rest } = spec;
  const template = { metadata, spec: { ...rest, containers: spec.containers.slice(0, 1) } };
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "CloneSet",
    metadata: { name, namespace: NAMESPACE, labels: { ...metadata.labels, release: name } },
    spec: {
      replicas: PODS,
      selector: { matchLabels: metadata.labels },
      template,
      revisionHistoryLimit: 10,
      scaleStrategy: { maxUnavailable: "100%" },
      updateStrategy: { type: "InPlaceIfPossible", partition: 0, maxSurge: 0, maxUnavailable: "20%" },
    },
  };
}
