// A situation: one object of a real OpenKruise, followed from before its creation to its end. Each step does something
// and names the verdict it ends in and those that are right on the way; any other, even for one event, fails the test.
// KRUISE_HEALTH_CAPTURE names a folder for the transcripts: test/fixtures/captured has those that the fast tests replay.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isNotFound } from "../../../shared/kube/errors.ts";
import { objectPath } from "../../../shared/kube/paths.ts";
import type { Kube, Resource } from "../../../shared/kube/types.ts";
import { KRUISE_KINDS } from "../../../shared/kruise/kinds.ts";
import type { KindName } from "../../../shared/kruise/kinds.ts";
import { capturedText } from "../../fixtures/captured.ts";
import { lookAt, met, unmet, until } from "../harness/polling.ts";
import { suiteStack } from "../harness/suite.ts";
import { Follower } from "./follower.ts";
import type { Moment, RawObject } from "./follower.ts";
import { createOwnNodes, deleteOwnNodes } from "./own-nodes.ts";
import { keepPods, livePods, untilPods } from "./pod-status.ts";
import type { Pod } from "./pod-status.ts";
import { createNamespace, deleteNamespace } from "./workloads.ts";

const KRUISE = "1.8.3";
const CAPTURE_DIR = process.env["KRUISE_HEALTH_CAPTURE"];

export interface Step {
  /** What is done; without it the step only waits. The object's new version, if it is a change of the object itself. */
  act?: () => Promise<RawObject | undefined | void>;
  /** Waits for something in the cluster that is true by itself, whatever the verdict says, before `to` counts. */
  truth?: () => Promise<unknown>;
  /** The verdict that the step ends in. */
  to: string;
  /** Verdicts that are right on the way. */
  by?: readonly string[];
  /** Verdicts that it may go on to by itself, as a schedule does. */
  goesOn?: readonly string[];
  /** Verdicts that must have been seen on the way. */
  sees?: readonly string[];
  /** What the message of that verdict must say. */
  says?: RegExp;
  /** Notes of that verdict. */
  notes?: readonly string[];
  limitMs?: number;
}

/** Registers the suite's own namespace and returns what starts a situation in it. */
export function situations(
  suite: string,
  nodeCount = 0,
): (sentence: string, run: (s: Situation) => Promise<void>) => void {
  const namespace = `${suite}-${Math.random().toString(36).slice(2, 6)}`;
  const stop = new AbortController();
  const extra: string[] = [];
  const keeping: Promise<void>[] = [];
  let kube: Kube;
  const open = async (name: string): Promise<void> => {
    await openNamespace(kube, name);
    keeping.push(keepPods(kube, name, stop.signal));
  };
  beforeAll(async () => {
    kube = await suiteStack().cluster("c1").admin();
    await open(namespace);
    await createOwnNodes(kube, namespace, nodeCount);
  });
  afterAll(async () => {
    stop.abort();
    await Promise.all(keeping);
    // Every followed object is deleted already; only nodes have to outlast their pods.
    for (const name of [namespace, ...extra])
      if (nodeCount > 0) await deleteNamespace(kube, name);
      else await kube.request({ method: "DELETE", path: `/api/v1/namespaces/${name}` });
    await deleteOwnNodes(kube, namespace, nodeCount);
    kube.close();
  });
  let count = 0;
  return (sentence, run) => {
    const name = `s${++count}`;
    test.concurrent(`${sentence}`, async () => {
      const ownNamespace = async (): Promise<string> => {
        extra.push(`${namespace}-${name}`);
        await open(`${namespace}-${name}`);
        return `${namespace}-${name}`;
      };
      const situation = new Situation({ kube, namespace, name, ownNamespace });
      try {
        await run(situation);
        await situation.rest();
      } finally {
        await situation.end(suite, sentence);
      }
      expect(situation.followed, "nothing was followed").toBe(true);
    });
  };
}

/** The verdicts of a step between the one that it began with and the one that it ended in. */
function wayOf(moments: readonly Moment[], { before, to }: { before: string | undefined; to: string }): string[] {
  const verdicts = moments.map(({ verdict }) => verdict);
  while (verdicts.length > 0 && verdicts[0] === before) verdicts.shift();
  while (verdicts.at(-1) === to) verdicts.pop();
  return verdicts;
}

/** A namespace in which pods can be created: without its ServiceAccount they are refused. */
async function openNamespace(kube: Kube, name: string): Promise<void> {
  await createNamespace(kube, name);
  const path = `/api/v1/namespaces/${name}/serviceaccounts/default`;
  await until(path, async () => lookAt(true, await kube.request({ method: "GET", path })), { limitMs: 30_000 });
}

interface Surroundings {
  kube: Kube;
  namespace: string;
  name: string;
  ownNamespace: () => Promise<string>;
}

export class Situation {
  readonly kube: Kube;
  /** Of the object, and of what its pods are called: the label app. */
  readonly name: string;
  namespace: string;
  /** The suite's first namespace, by which its own nodes are called. */
  readonly suite: string;
  readonly #ownNamespace: () => Promise<string>;
  #follower: Follower | undefined;
  #path = "";
  /** Moments before this one are judged already. */
  #done = 0;
  #goesOn: readonly string[] | undefined;

  constructor({ kube, namespace, name, ownNamespace }: Surroundings) {
    this.kube = kube;
    this.namespace = namespace;
    this.suite = namespace;
    this.name = name;
    this.#ownNamespace = ownNamespace;
  }

  get followed(): boolean {
    return this.#follower !== undefined;
  }

  /** Moves the situation to a namespace of its own, for what holds in a whole namespace. */
  async alone(): Promise<void> {
    this.namespace = await this.#ownNamespace();
  }

  /** Follows a new object, creates it, and goes on to `step.to`. */
  async create(body: { kind: KindName; apiVersion: string; spec: object }, step: Omit<Step, "act">): Promise<void> {
    const kind = KRUISE_KINDS.find((known) => known.kind === body.kind);
    if (kind === undefined) throw new Error(`No such kind: ${body.kind}`);
    const resource: Resource = { group: kind.group, version: body.apiVersion.split("/")[1] ?? "", plural: kind.plural };
    const scope = kind.namespaced ? { namespace: this.namespace } : {};
    const name = kind.namespaced ? this.name : `${this.namespace}-${this.name}`;
    const { kube, namespace } = this;
    this.#path = objectPath(resource, { ...scope, name });
    this.#follower = new Follower({
      kube,
      resource,
      kind: body.kind,
      namespace,
      name,
      clusterScoped: !kind.namespaced,
    });
    await this.#follower.start();
    const path = this.#path.slice(0, this.#path.lastIndexOf("/"));
    await this.step({
      ...step,
      act: async () =>
        kube.request<RawObject>({ method: "POST", path, body: { ...body, metadata: { name, ...scope } } }),
    });
  }

  /** Changes the spec by a merge patch. */
  async change(spec: object, step: Omit<Step, "act">): Promise<void> {
    await this.step({ ...step, act: async () => this.patch({ spec }) });
  }

  async patch(body: object, subresource = ""): Promise<RawObject | undefined> {
    const path = this.#path + subresource;
    const contentType = "application/merge-patch+json";
    const answer = await this.kube.request<RawObject>({ method: "PATCH", path, contentType, body });
    return subresource === "" ? answer : undefined;
  }

  async delete(): Promise<void> {
    await this.kube.request({ method: "DELETE", path: this.#path });
  }

  /** From now on every limit of stage two is this short. */
  setPatience(seconds: number | undefined): void {
    this.#follower?.setPatience(seconds);
  }

  async pods(): Promise<Pod[]> {
    return livePods(this.kube, this.namespace, this.name);
  }

  /** Waits for a pod. */
  async podThat(isIt: (pod: Pod) => boolean): Promise<Pod> {
    return until(
      `a pod of ${this.name}`,
      async () => {
        const pods = await this.pods();
        const found = pods.find(isIt);
        return found ? met(found) : unmet(pods.map(({ metadata }) => metadata.labels));
      },
      { limitMs: 30_000 },
    );
  }

  /** Deletes one pod; by default any. */
  async deletePod(pod?: Pod): Promise<void> {
    const name = (pod ?? (await this.podThat(() => true))).metadata.name;
    await this.kube.request({ method: "DELETE", path: `/api/v1/namespaces/${this.namespace}/pods/${name}` });
  }

  /** Waits until the status of the followed object has these fields. */
  async untilStatus(wanted: Record<string, unknown>): Promise<void> {
    const follower = this.#follower;
    const holds = (): boolean =>
      Object.entries(wanted).every(([field, value]) => follower?.object?.status?.[field] === value);
    await follower?.until(`the status to be ${JSON.stringify(wanted)}`, holds);
  }

  /** Changes labels of a pod, as a person or a hook's controller would. */
  async label({ metadata: { name } }: Pick<Pod, "metadata">, labels: Record<string, string | null>): Promise<void> {
    await this.kube.request({
      method: "PATCH",
      path: `/api/v1/namespaces/${this.namespace}/pods/${name}`,
      contentType: "application/merge-patch+json",
      body: { metadata: { labels } },
    });
  }

  /** A truth for a step: exactly so many pods are Ready, all with this image. */
  havingPods(wanted: number, image: string): () => Promise<void> {
    return async () => untilPods(this.kube, { namespace: this.namespace, app: this.name }, wanted, image);
  }

  /** Does one step and judges every moment of it. */
  async step(step: Step): Promise<void> {
    const { act, truth, to, by = [], sees = [], limitMs = 60_000 } = step;
    const follower = this.#follower;
    if (follower === undefined) throw new Error("Nothing is followed yet");
    const before = follower.moments.at(-1)?.verdict;
    const version = (await act?.())?.metadata.resourceVersion;
    const from = version === undefined ? this.#done : await follower.indexOf(version);
    this.#expectRest(from);
    await truth?.();
    await follower.until(`${to} of ${this.name}`, () => this.#isAt(step, from), limitMs);
    const moments = follower.moments.slice(from);
    this.#done = follower.moments.length;
    this.#goesOn = step.goesOn;
    const verdicts = wayOf(moments, { before: version === undefined ? before : undefined, to });
    const wrong = verdicts.filter((verdict) => !by.includes(verdict));
    const missing = sees.filter((verdict) => !verdicts.includes(verdict));
    if (wrong.length + missing.length === 0) return;
    const faults = `wrong: [${wrong.join(", ")}], not seen: [${missing.join(", ")}]`;
    throw new Error(`On the way to ${to}, ${faults}\n${follower.text(Math.max(from - 1, 0))}`);
  }

  /** Waits until all that was written of the object has been seen, and expects that it is where the last step ended. */
  async rest(): Promise<void> {
    const follower = this.#follower;
    if (follower === undefined || follower.moments.at(-1)?.verdict === "DELETED") return;
    const { metadata } = await this.kube.request<RawObject>({ method: "GET", path: this.#path });
    await follower.indexOf(metadata.resourceVersion ?? "");
    this.#expectRest(follower.moments.length);
  }

  /** What a step has ended in lasts until something is done; only what progresses goes on by itself. */
  #expectRest(end: number): void {
    const follower = this.#follower;
    const last = follower?.moments[this.#done - 1]?.verdict;
    if (follower === undefined || last === undefined || last.startsWith("Progressing")) return;
    if (
      follower.moments
        .slice(this.#done, end)
        .some(({ verdict }) => verdict !== last && this.#goesOn?.includes(verdict) !== true)
    )
      throw new Error(`It left ${last} by itself:\n${follower.text(this.#done - 1)}`);
  }

  #isAt({ to, says, notes = [] }: Step, from: number): boolean {
    const moments = this.#follower?.moments ?? [];
    const last = moments.at(-1);
    if (last?.verdict !== to || moments.length <= from) return false;
    return says?.test(last.message) !== false && notes.every((note) => last.notes.includes(note));
  }

  /** Stops following, and writes the transcript for whoever wants it. */
  async end(suite: string, sentence: string): Promise<void> {
    const follower = this.#follower;
    if (follower === undefined) return;
    follower.stop();
    await this.#remove();
    if (CAPTURE_DIR === undefined || follower.object === undefined) return;
    const { apiVersion, kind } = follower.object;
    const startedAt = new Date(follower.startedMs).toISOString();
    const head = { situation: sentence, kruise: KRUISE, apiVersion, kind, startedAt };
    const slug = sentence
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .slice(0, 60)
      .replace(/-$/, "");
    mkdirSync(CAPTURE_DIR, { recursive: true });
    writeFileSync(join(CAPTURE_DIR, `${suite}-${slug}.json`), capturedText(head, follower.captured));
  }

  async #remove(): Promise<void> {
    try {
      await this.delete();
    } catch (cause) {
      if (!isNotFound(cause)) throw cause;
    }
  }
}
