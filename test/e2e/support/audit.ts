// The agents' requests as kube-apiserver has logged them, held against the rules of RBAC that allow them.
import { readFile } from "node:fs/promises";
import { ADDON_MANAGER_NAMESPACE } from "../harness/addon.ts";
import { auditLog } from "../harness/control-plane.ts";
import type { PlaneData } from "../harness/stack-data.ts";

export interface PolicyRule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  verbs: string[];
}

/** One request, as RBAC sees it. */
export interface SeenRequest {
  verb: string;
  group: string;
  /** With its subresource: "managedclusteraddons/status". */
  resource: string;
  name: string;
  namespace: string;
  code: number;
  uri: string;
  atMs: number;
  /** Which certificate or token it came with: `X509SHA256=` and the certificate's fingerprint. */
  credential: string;
}

const CREDENTIAL = "authentication.kubernetes.io/credential-id";

interface AuditEvent {
  verb: string;
  requestURI: string;
  user: { username: string; extra?: Record<string, string[]> };
  userAgent?: string;
  objectRef?: { apiGroup?: string; resource?: string; subresource?: string; name?: string; namespace?: string };
  responseStatus?: { code?: number };
  requestReceivedTimestamp: string;
}

/** Who the manager is on the hub. */
export const MANAGER = `system:serviceaccount:${ADDON_MANAGER_NAMESPACE}:kruise-health`;

/** The requests of the real agent or manager with this user name; others may have borrowed its identity. */
export async function readRequests({ dir }: Pick<PlaneData, "dir">, username: string): Promise<SeenRequest[]> {
  const program = username === MANAGER ? "kruise-health-manager/" : "kruise-health-agent/";
  const lines = (await readFile(auditLog(dir), "utf8")).split("\n").filter((line) => line !== "");
  return lines
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter((event) => event.user.username === username && event.userAgent?.startsWith(program) === true)
    .map(({ verb, requestURI: uri, user, objectRef = {}, responseStatus, requestReceivedTimestamp }) => {
      const { apiGroup: group = "", resource = "", subresource, name = "", namespace = "" } = objectRef;
      const full = subresource === undefined ? resource : `${resource}/${subresource}`;
      return {
        verb,
        group,
        resource: full,
        name,
        namespace,
        code: responseStatus?.code ?? 0,
        uri,
        atMs: Date.parse(requestReceivedTimestamp),
        credential: user.extra?.[CREDENTIAL]?.[0] ?? "",
      };
    });
}

/** Whether a rule allows a request, as far as one rule is asked: where it holds is its binding's matter. */
export function allows(rule: PolicyRule, { verb, group, resource, name }: SeenRequest): boolean {
  const { apiGroups = [], resources = [], resourceNames = [], verbs } = rule;
  if (!verbs.includes(verb) || !apiGroups.includes(group) || !resources.includes(resource)) return false;
  return resourceNames.length === 0 || resourceNames.includes(name);
}

/** Every single right that the rules give: "list apps.kruise.io/clonesets", "get apps/deployments NAME". */
export function rightsOf(rules: readonly PolicyRule[]): Map<string, PolicyRule> {
  const rights = rules.flatMap(({ apiGroups = [], resources = [], resourceNames, verbs }) => {
    const named = (resourceNames ?? [undefined]).map((name) => (name === undefined ? {} : { resourceNames: [name] }));
    const types = apiGroups.flatMap((group) => resources.map((resource) => [group, resource] as const));
    return types.flatMap(([group, resource]) =>
      verbs.flatMap((verb) =>
        named.map((only) => ({ apiGroups: [group], resources: [resource], verbs: [verb], ...only })),
      ),
    );
  });
  return new Map(rights.map((right) => [nameOf(right), right]));
}

function nameOf({ apiGroups = [], resources = [], resourceNames = [], verbs }: PolicyRule): string {
  return [verbs.join(), `${apiGroups.join()}/${resources.join()}`, ...resourceNames].join(" ");
}
