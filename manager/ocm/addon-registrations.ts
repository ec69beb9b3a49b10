// How the agent's registration stands in the status of a ManagedClusterAddOn of v1beta1. The driver, which belongs to the
// klusterlet, is inside the very entry that we write: each write gives back the driver that was read. In v1alpha1 it is a
// field of its own, as in the model.
import { CLIENT_SIGNER } from "./types.ts";
import type { Registration } from "./types.ts";

interface Subject {
  user?: string;
  groups?: string[];
}

/** An entry as v1beta1 stores it. */
export interface StoredRegistration {
  type: string;
  kubeClient?: { subject?: Subject; driver?: string };
  customSigner?: { signerName: string; subject?: Subject & { organizationUnits?: string[] } };
}

/** The klusterlet's driver, as OCM's own conversion finds it: that of the first entry for the hub's API server. */
export function driverOf(registrations: readonly StoredRegistration[] | undefined): string | undefined {
  const driver = registrations?.find(({ type }) => type === "kubeClient")?.kubeClient?.driver;
  return driver === "" ? undefined : driver;
}

export function decodeRegistration({ type, kubeClient, customSigner }: StoredRegistration): Registration {
  if (type === "kubeClient") {
    return { signerName: CLIENT_SIGNER, ...(kubeClient?.subject && { subject: kubeClient.subject }) };
  }
  const { signerName = "", subject } = customSigner ?? {};
  if (!subject) return { signerName };
  const { organizationUnits, ...named } = subject;
  return { signerName, subject: { ...named, ...(organizationUnits && { organizationUnit: organizationUnits }) } };
}

export function encodeRegistration(
  { signerName, subject }: Registration,
  driver: string | undefined,
): StoredRegistration {
  const { organizationUnit, ...named } = subject ?? {};
  if (signerName === CLIENT_SIGNER) {
    const kubeClient = { ...(subject && { subject: named }), ...(driver === undefined ? {} : { driver }) };
    return { type: "kubeClient", kubeClient };
  }
  const units = organizationUnit && { organizationUnits: organizationUnit };
  return { type: "customSigner", customSigner: { signerName, ...(subject && { subject: { ...named, ...units } }) } };
}
