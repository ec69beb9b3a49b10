// Whether OpenKruise's admission webhooks can be called. Pure. With them down no spec of OpenKruise can change, and pods
// can be neither created nor deleted: all of them fail closed.
import { ENDPOINTS } from "./installation-objects.ts";
import type { Seen, WebhookConfiguration } from "./installation-objects.ts";

export interface WebhookSighting {
  validating: Seen<WebhookConfiguration>;
  mutating: Seen<WebhookConfiguration>;
  /** Pods that are ready behind the Service; undefined when the webhooks are called by URL. */
  addresses: Seen<number> | undefined;
}

/** What is wrong, or what cannot be read. */
export type WebhookFinding = { readable: true; message: string } | { readable: false; what: string };

/** Finds what keeps the webhooks from being called; undefined: nothing. */
export function assessWebhooks(
  { validating, mutating, addresses }: WebhookSighting,
  podWebhookOff: boolean,
): WebhookFinding | undefined {
  return (
    assessConfiguration("Validating", validating, podWebhookOff) ??
    assessConfiguration("Mutating", mutating, podWebhookOff) ??
    assessAddresses(addresses)
  );
}

function assessConfiguration(
  type: "Validating" | "Mutating",
  seen: Seen<WebhookConfiguration>,
  podWebhookOff: boolean,
): WebhookFinding | undefined {
  const what = `The ${type}WebhookConfiguration of OpenKruise`;
  if (seen === "NotReadable") return { readable: false, what };
  if (seen === "Missing") return podWebhookOff ? undefined : { readable: true, message: `${what} is missing` };
  if (seen.withoutCa === undefined) return undefined;
  return { readable: true, message: `${what} has no CA for ${seen.withoutCa}: kruise-manager was never ready` };
}

function assessAddresses(addresses: WebhookSighting["addresses"]): WebhookFinding | undefined {
  const service = `Service ${ENDPOINTS.name}`;
  if (addresses === "NotReadable") return { readable: false, what: `The Endpoints of ${service}` };
  if (addresses !== 0 && addresses !== "Missing") return undefined;
  return { readable: true, message: `No pod is ready behind ${service}: no webhook of OpenKruise can be called` };
}
