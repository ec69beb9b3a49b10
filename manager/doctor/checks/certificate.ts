// What a certificate in a Secret says of its own life.
import { X509Certificate } from "node:crypto";
import type { V1Secret } from "@kubernetes/client-node";

const DAY_MS = 24 * 60 * 60 * 1000;

export interface Life {
  /** Rounded down; negative when it has ended. */
  daysLeft: number;
  endsMs: number;
  /** From 0, when it was issued, to 1, when it ends. */
  share: number;
}

/** Reads a key of a Secret as text. */
export function secretText(secret: V1Secret | undefined, key: string): string {
  return Buffer.from(secret?.data?.[key] ?? "", "base64").toString("utf8");
}

/** The life of a PEM certificate; undefined when it is none. */
export function certificateLife(pem: string, nowMs: number): Life | undefined {
  try {
    const { validFromDate, validToDate } = new X509Certificate(pem);
    const [fromMs, endsMs] = [validFromDate.getTime(), validToDate.getTime()];
    return { daysLeft: Math.floor((endsMs - nowMs) / DAY_MS), endsMs, share: (nowMs - fromMs) / (endsMs - fromMs) };
  } catch {
    return undefined; // Not a certificate: the caller says so.
  }
}

/** How long a certificate is still good, in words. */
export function lifeText({ daysLeft, endsMs }: Life, nowMs: number): string {
  if (endsMs <= nowMs) return `has been expired since ${new Date(endsMs).toISOString().slice(0, 16)}Z`;
  if (daysLeft >= 2) return `is good for ${daysLeft} more days`;
  return `is good for ${Math.floor((endsMs - nowMs) / 3_600_000)} more hours`;
}
