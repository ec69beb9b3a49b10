// Where the leader's feedback API listens: an annotation of the Lease by which it leads, read by the other replicas.
import { GROUP } from "../shared/wire/group.ts";
import type { LeaderAddress } from "./api/leader-link.ts";

const ANNOTATION = `${GROUP}/leader-address`;
const ADDRESS = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d{1,5})$/i;
/** What a server listens on to be reached by all is where nobody can reach it. */
const EVERYWHERE = ["0.0.0.0", "::"];

/** Annotations for the Lease. One that is not known is written too, as empty: that of an earlier leader must not stay. */
export function leaderAnnotations(host: string, port: number | undefined): Record<string, string> {
  if (port === undefined || EVERYWHERE.includes(host)) return { [ANNOTATION]: "" };
  return { [ANNOTATION]: `${host.includes(":") ? `[${host}]` : host}:${port}` };
}

/** Reads them; undefined where they name no address. */
export function readLeaderAddress(annotations: Readonly<Record<string, string>>): LeaderAddress | undefined {
  const [, v6, v4, port] = ADDRESS.exec(annotations[ANNOTATION] ?? "") ?? [];
  const host = v6 ?? v4;
  return host === undefined ? undefined : { host, port: Number(port) };
}
