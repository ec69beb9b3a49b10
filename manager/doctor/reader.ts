// Reads facts one by one and keeps apart what is not there from what could not be read. Every request is a GET or an
// access review: the doctor changes nothing.
import { ApiError, isForbidden, isNotFound } from "../../shared/kube/errors.ts";
import { collectionPath, objectPath } from "../../shared/kube/paths.ts";
import type { ObjectName } from "../../shared/kube/paths.ts";
import type { Kube, Resource } from "../../shared/kube/types.ts";
import type { Facts, Right, Seen, Server } from "./facts.ts";

const TIMEOUT_MS = 10_000;
const REVIEWS: Resource = { group: "authorization.k8s.io", version: "v1", plural: "subjectaccessreviews" };
const SELF_REVIEWS: Resource = { ...REVIEWS, plural: "selfsubjectaccessreviews" };
const WHO_AM_I: Resource = { group: "authentication.k8s.io", version: "v1", plural: "selfsubjectreviews" };

interface List<T> {
  items?: T[];
}

export class Reader {
  readonly #kube: Kube;
  readonly #seen: Seen;

  constructor(kube: Kube, seen: Seen) {
    this.#kube = kube;
    this.#seen = seen;
  }

  /** Reads one fact; an object that is not there leaves it undefined. */
  async take<K extends keyof Facts>(fact: K, read: (reader: this) => Promise<Facts[K] | undefined>): Promise<void> {
    try {
      const value = await read(this);
      if (value !== undefined) this.#seen.facts[fact] = value;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#seen.troubles[fact] = { forbidden: isForbidden(error), message: error.message };
    }
  }

  async object<T>(resource: Resource, name: ObjectName): Promise<T | undefined> {
    try {
      return await this.#get<T>(objectPath(resource, name));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async list<T>(resource: Resource, { namespace, labels }: { namespace?: string; labels?: Labels } = {}): Promise<T[]> {
    const labelSelector = Object.entries(labels ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
    const { items } = await this.#get<List<T>>(collectionPath(resource, namespace), { labelSelector });
    return items ?? [];
  }

  /** Asks the server who it is, what it serves and who we are to it. */
  async server(url: string): Promise<Server> {
    const { gitVersion } = await this.#get<{ gitVersion: string }>("/version");
    const { groups } = await this.#get<{ groups: { name: string; versions: { version: string }[] }[] }>("/apis");
    return {
      url,
      version: gitVersion,
      user: await this.#whoAmI(),
      groups: Object.fromEntries(groups.map(({ name, versions }) => [name, versions.map(({ version }) => version)])),
    };
  }

  /** The rights among these that we do not have. */
  async ownMissing(rights: readonly Right[]): Promise<Right[]> {
    return this.#missing(SELF_REVIEWS, rights, {});
  }

  /** The rights among these that a ServiceAccount does not have. */
  async missingOf(account: { namespace: string; name: string }, rights: readonly Right[]): Promise<Right[]> {
    const { namespace, name } = account;
    const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
    return this.#missing(REVIEWS, rights, { user: `system:serviceaccount:${namespace}:${name}`, groups });
  }

  async #missing(reviews: Resource, rights: readonly Right[], who: object): Promise<Right[]> {
    const kind = reviews === SELF_REVIEWS ? "SelfSubjectAccessReview" : "SubjectAccessReview";
    const answers = await Promise.all(
      rights.map((resourceAttributes) => {
        const spec = { resourceAttributes, ...who };
        return this.#post<{ status?: { allowed?: boolean } }>(reviews, { kind, spec });
      }),
    );
    return rights.filter((_, index) => answers[index]?.status?.allowed !== true);
  }

  /** Servers before Kubernetes 1.28 do not tell. */
  async #whoAmI(): Promise<string | undefined> {
    try {
      const body = { kind: "SelfSubjectReview" };
      const answer = await this.#post<{ status?: { userInfo?: { username?: string } } }>(WHO_AM_I, body);
      return answer.status?.userInfo?.username;
    } catch (error) {
      if (error instanceof ApiError) return undefined;
      throw error;
    }
  }

  async #get<T>(path: string, query: Record<string, string> = {}): Promise<T> {
    return this.#kube.request<T>({ method: "GET", path, query, timeoutMs: TIMEOUT_MS });
  }

  async #post<T>(resource: Resource, body: object): Promise<T> {
    const apiVersion = `${resource.group}/${resource.version}`;
    const path = collectionPath(resource);
    return this.#kube.request<T>({ method: "POST", path, body: { apiVersion, ...body }, timeoutMs: TIMEOUT_MS });
  }
}

type Labels = Readonly<Record<string, string>>;
