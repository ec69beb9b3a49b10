// RBAC: whether the roles that are bound to a user allow a request, and whether he may hand on rights.
import type { User } from "./admission.ts";
import { forbidden } from "./errors.ts";
import type { ApiObject, Json, JsonObject } from "./json.ts";
import { at, isObject, listOf, objectOf, stringOf } from "./json.ts";
import type { Storage } from "./storage.ts";

export interface Attributes {
  user: User;
  verb: string;
  group: string;
  resource: string;
  subresource?: string | undefined;
  namespace?: string | undefined;
  name?: string | undefined;
  /** Set instead of the resource for requests like /version. */
  path?: string | undefined;
}

const RBAC = "rbac.authorization.k8s.io";

export class Authorization {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  allows(attributes: Attributes): boolean {
    if (attributes.user.groups.includes("system:masters")) return true;
    return this.#rules(attributes.user, attributes.namespace).some((rule) => ruleAllows(rule, attributes));
  }

  /** Nobody may create or change a role that gives more than he has. @throws StatusError 403 */
  checkEscalation(user: User, object: ApiObject, plural: string): void {
    const where = { group: RBAC, plural };
    const namespace = object.metadata.namespace;
    const verb = plural.endsWith("bindings") ? "bind" : "escalate";
    const roleRef = objectOf(object["roleRef"]);
    const role = verb === "bind" ? this.#role(roleRef, namespace ?? "") : object;
    const roleKind = verb === "bind" ? stringOf(roleRef["kind"]) : object.kind;
    const name = role?.metadata.name ?? stringOf(roleRef["name"]);
    const resource = roleKind === "ClusterRole" ? "clusterroles" : "roles";
    if (this.allows({ user, verb, group: RBAC, resource, namespace, name })) return;
    const missing = (role ? this.#rulesOf(role) : []).filter((rule) => !this.#covers(user, namespace, rule));
    if (missing.length === 0) return;
    const why = `user "${user.name}" is attempting to grant RBAC permissions not currently held:\n${JSON.stringify(missing)}`;
    throw forbidden(where, object.metadata.name, why);
  }

  #covers(user: User, namespace: string | undefined, rule: JsonObject): boolean {
    const names = texts(rule["resourceNames"]);
    const paths = texts(rule["nonResourceURLs"]);
    return texts(rule["verbs"]).every((verb) => {
      if (paths.length > 0) return paths.every((path) => this.allows({ user, verb, group: "", resource: "", path }));
      const wanted = texts(rule["apiGroups"]).flatMap((group) =>
        texts(rule["resources"]).flatMap((full) => {
          const [resource = "", subresource] = full.split("/");
          const targets: (string | undefined)[] = names.length === 0 ? [undefined] : names;
          return targets.map((name) => ({ user, verb, group, resource, subresource, namespace, name }));
        }),
      );
      return wanted.every((attributes) => this.allows(attributes));
    });
  }

  #rules(user: User, namespace: string | undefined): JsonObject[] {
    const cluster = this.#storage.list(`clusterrolebindings.${RBAC}`);
    const local = namespace === undefined ? [] : this.#storage.list(`rolebindings.${RBAC}`, namespace);
    return [...cluster, ...local]
      .filter((binding) => listOf(binding["subjects"]).some((subject) => isSubject(objectOf(subject), user, binding)))
      .flatMap((binding) => {
        const role = this.#role(objectOf(binding["roleRef"]), binding.metadata.namespace ?? "");
        return role ? this.#rulesOf(role) : [];
      });
  }

  #role(roleRef: JsonObject, namespace: string): ApiObject | undefined {
    const name = stringOf(roleRef["name"]);
    if (roleRef["kind"] === "ClusterRole") return this.#storage.get(`clusterroles.${RBAC}`, "", name);
    return this.#storage.get(`roles.${RBAC}`, namespace, name);
  }

  /** A role's rules; an aggregated role has those of the cluster roles that its labels select. */
  #rulesOf(role: ApiObject): JsonObject[] {
    const own = listOf(role["rules"]).filter(isObject);
    const selectors = listOf(at(role["aggregationRule"], "clusterRoleSelectors"));
    if (selectors.length === 0) return own;
    const selected = this.#storage.list(`clusterroles.${RBAC}`).filter((other) =>
      selectors.some((selector) => {
        const labels = Object.entries(objectOf(at(selector, "matchLabels")));
        return labels.length > 0 && labels.every(([key, value]) => other.metadata.labels?.[key] === value);
      }),
    );
    return [...own, ...selected.filter((other) => other !== role).flatMap((other) => this.#rulesOf(other))];
  }
}

function isSubject(subject: JsonObject, user: User, binding: ApiObject): boolean {
  const name = stringOf(subject["name"]);
  if (subject["kind"] === "User") return user.name === name;
  if (subject["kind"] === "Group") return user.groups.includes(name);
  const namespace = stringOf(subject["namespace"]) || (binding.metadata.namespace ?? "");
  return user.name === `system:serviceaccount:${namespace}:${name}`;
}

function ruleAllows(rule: JsonObject, attributes: Attributes): boolean {
  const { verb, group, resource, subresource, name, path } = attributes;
  if (!includes(rule["verbs"], verb)) return false;
  if (path !== undefined) {
    return texts(rule["nonResourceURLs"]).some(
      (it) => it === path || (it.endsWith("*") && path.startsWith(it.slice(0, -1))),
    );
  }
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  const resources = texts(rule["resources"]);
  const isResource = resources.some(
    (it) => it === "*" || it === full || (subresource !== undefined && it === `*/${subresource}`),
  );
  const names = texts(rule["resourceNames"]);
  return includes(rule["apiGroups"], group) && isResource && (names.length === 0 || names.includes(name ?? ""));
}

function includes(list: Json | undefined, value: string): boolean {
  const values = texts(list);
  return values.includes("*") || values.includes(value);
}

function texts(list: Json | undefined): string[] {
  return listOf(list).filter((item) => typeof item === "string");
}

/** The sentence of a refusal, as kube-apiserver words it. */
export function refusal({ user, verb, group, resource, subresource, namespace }: Attributes): string {
  const what = `"${resource}${subresource === undefined ? "" : `/${subresource}`}"`;
  const where = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  return `User "${user.name}" cannot ${verb} resource ${what} in API group "${group}" ${where}`;
}
