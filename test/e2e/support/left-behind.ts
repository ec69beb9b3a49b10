// Everything on an API server that still speaks of the add-on: every object of every type that can be listed.
import { output } from "../harness/suite.ts";
import type { Stack } from "../harness/stack-data.ts";

interface Found {
  kind: string;
  metadata: { name: string; namespace?: string; managedFields?: unknown };
  [field: string]: unknown;
}

/** Not ours to remove: history, what Helm was told to make first, and the harness's own nodes. */
const LASTING = ["CertificateSigningRequest", "Event", "Namespace", "Node"];
/** Labels of the harness. */
const OF_HARNESS = /kruise-health\.test/g;

/** Each such object as "Kind namespace/name". */
export async function leftBehind(stack: Stack, target: string): Promise<string[]> {
  const types = await output(stack.kubectl(target, "api-resources", "--verbs=list", "--no-headers", "-o=name"));
  const names = types.split("\n").filter((name) => name !== "" && !name.startsWith("events"));
  const { items } = JSON.parse(await output(stack.kubectl(target, "get", names.join(), "-A", "-o=json"))) as {
    items: Found[];
  };
  return items.filter(speaksOfIt).map(({ kind, metadata: { namespace = "", name } }) => `${kind} ${namespace}/${name}`);
}

/** The object's namespace does not count: whatever is in the add-on's, its name says that much. */
function speaksOfIt({ kind, metadata, ...rest }: Found): boolean {
  const { namespace, managedFields: _, ...own } = metadata;
  if (LASTING.includes(kind)) return false;
  const text = JSON.stringify({ own, rest }).replaceAll(OF_HARNESS, "");
  return (namespace === undefined ? text : text.replaceAll(namespace, "")).includes("kruise-health");
}
