// Keeps what one pod needs from the cluster current: watches its Secrets and ConfigMaps by name, asks for its tokens and
// renews them before they end.
import { objectPath } from "../../../shared/kube/paths.ts";
import type { Kube, Resource } from "../../../shared/kube/types.ts";
import { watch } from "../../../shared/kube/watch.ts";
import type { Log } from "../../../shared/runtime/log.ts";
import { sleep } from "../../../shared/runtime/sleep.ts";
import type { Material } from "./material.ts";
import type { Pod } from "./pod.ts";
import { planNeeds } from "./volumes.ts";
import type { TokenNeed } from "./volumes.ts";

const SECRETS: Resource = { group: "", version: "v1", plural: "secrets" };
const CONFIG_MAPS: Resource = { group: "", version: "v1", plural: "configmaps" };
const SERVICE_ACCOUNTS: Resource = { group: "", version: "v1", plural: "serviceaccounts" };

/** A token is asked for anew when this part of its life has passed, as the kubelet does. */
const RENEW_AT = 0.8;
const RETRY_MS = 1000;

interface DataObject {
  metadata?: { name?: string };
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

interface Context {
  kube: Kube;
  pod: Pod;
  log: Log;
  signal: AbortSignal;
  onChange: () => void;
}

/** Begins to fetch; `material` fills as answers come, and `onChange` tells each time. `done` settles after the signal. */
export function openSources(context: Context): { material: Material; done: Promise<unknown> } {
  const needs = planNeeds(context.pod);
  const secrets = new Map<string, Record<string, Buffer>>();
  const configMaps = new Map<string, Record<string, Buffer>>();
  const tokens = new Map<string, string>();
  const running = [
    ...needs.secrets.map((name) => follow(context, { resource: SECRETS, name, into: secrets })),
    ...needs.configMaps.map((name) => follow(context, { resource: CONFIG_MAPS, name, into: configMaps })),
    ...needs.tokens.map((need) => keepToken(context, need, tokens)),
  ];
  return {
    material: {
      secret: (name) => secrets.get(name),
      configMap: (name) => configMaps.get(name),
      token: (audience) => tokens.get(audience ?? ""),
    },
    done: Promise.allSettled(running),
  };
}

async function follow(
  { kube, pod, log, signal, onChange }: Context,
  what: { resource: Resource; name: string; into: Map<string, Record<string, Buffer>> },
): Promise<void> {
  const { resource, name, into } = what;
  const { namespace } = pod.metadata;
  const fieldSelector = `metadata.name=${name}`;
  const decode = (raw: unknown): DataObject => raw as DataObject;
  let seen = false;
  for await (const event of watch(kube, { resource, namespace, fieldSelector, signal, decode, log })) {
    if (event.type === "Init") seen = false;
    if (event.type === "Apply" || event.type === "InitApply") {
      seen = true;
      into.set(name, decodeData(resource, event.object));
    }
    if (event.type === "Delete" || (event.type === "InitDone" && !seen)) into.delete(name);
    if (event.type !== "Init" && event.type !== "Trouble") onChange();
  }
}

function decodeData(resource: Resource, { data, binaryData }: DataObject): Record<string, Buffer> {
  const encoding = resource.plural === "secrets" ? "base64" : "utf8";
  return Object.fromEntries([
    ...Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, encoding)] as const),
    ...Object.entries(binaryData ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")] as const),
  ]);
}

interface TokenRequest {
  status: { token: string; expirationTimestamp: string };
}

async function keepToken(context: Context, need: TokenNeed, into: Map<string, string>): Promise<void> {
  const { log, signal, onChange } = context;
  while (!signal.aborted) {
    let waitMs = RETRY_MS;
    try {
      const { status } = await requestToken(context, need);
      into.set(need.audience ?? "", status.token);
      onChange();
      waitMs = Math.max(RETRY_MS, (Date.parse(status.expirationTimestamp) - Date.now()) * RENEW_AT);
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error }, "token refused");
    }
    await sleep(waitMs, signal);
  }
}

async function requestToken({ kube, pod, signal }: Context, need: TokenNeed): Promise<TokenRequest> {
  const { name, namespace, uid } = pod.metadata;
  return kube.request<TokenRequest>({
    method: "POST",
    path: objectPath(SERVICE_ACCOUNTS, { namespace, name: pod.spec.serviceAccountName, subresource: "token" }),
    body: {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: {
        ...(need.audience === undefined ? {} : { audiences: [need.audience] }),
        expirationSeconds: need.expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
      },
    },
    signal,
  });
}
