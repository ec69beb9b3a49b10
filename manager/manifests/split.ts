// Spreads manifests over works so that each stays well below what the hub takes in one. Pure.
// A manifest that is in a work already stays there: one that moves is taken from its old work by the klusterlet, which may
// delete the object before the new work brings it again. Only what no longer fits moves, and that is the largest.
import type { KubeObject } from "../../shared/kube/types.ts";
import { manifestKey } from "../ocm/types.ts";

/** What OCM's admission takes in the manifests of one work. */
const WORK_MAX_BYTES = 500 * 1024;
/** How full a work is made: the rest is for what its manifests grow by. */
const BUDGET_BYTES = WORK_MAX_BYTES * 0.8;
/** More works than the agent has objects are never needed. */
export const MAX_WORKS = 10;

/** Which works hold which manifests now: by index, by `manifestKey()`. */
export type Placed = ReadonlyMap<number, readonly string[]>;

interface Sized {
  manifest: KubeObject;
  key: string;
  bytes: number;
}

/** The manifests of each work, by its index, in their given order; or what is too large for any. */
export function splitManifests(
  manifests: readonly KubeObject[],
  placed: Placed,
): { works: Map<number, KubeObject[]> } | { mistakes: string } {
  const sized = manifests.map((manifest): Sized => {
    return { manifest, key: manifestKey(manifest), bytes: Buffer.byteLength(JSON.stringify(manifest)) };
  });
  const tooLarge = sized.find(({ bytes }) => bytes > WORK_MAX_BYTES);
  if (tooLarge) {
    return {
      mistakes: `${tooLarge.key} has ${tooLarge.bytes} bytes; wanted are at most ${WORK_MAX_BYTES}, what one ManifestWork takes`,
    };
  }
  const home = placeAll(sized, placed);
  const indexes = [...new Set(home.values())].toSorted((a, b) => a - b);
  const held = (index: number) => sized.filter(({ key }) => home.get(key) === index).map(({ manifest }) => manifest);
  return { works: new Map(indexes.map((index) => [index, held(index)])) };
}

/** The work of each manifest, by its key. Those that are placed choose first, small ones first; then the rest in order. */
function placeAll(sized: readonly Sized[], placed: Placed): Map<string, number> {
  const before = new Map([...placed].flatMap(([index, keys]) => keys.map((key) => [key, index] as const)));
  const used = new Map<number, number>();
  const home = new Map<string, number>();
  const put = ({ key, bytes }: Sized, index: number) => {
    used.set(index, (used.get(index) ?? 0) + bytes);
    home.set(key, index);
  };
  const fits = ({ bytes }: Sized, index: number) => {
    const taken = used.get(index) ?? 0;
    return taken === 0 || taken + bytes <= BUDGET_BYTES;
  };
  for (const one of sized.toSorted((a, b) => a.bytes - b.bytes)) {
    const index = before.get(one.key);
    if (index !== undefined && fits(one, index)) put(one, index);
  }
  const anywhere = Array.from({ length: MAX_WORKS }, (_, index) => index);
  for (const one of sized.filter(({ key }) => !home.has(key))) {
    const index = [...used.keys(), ...anywhere].find((candidate) => fits(one, candidate));
    if (index === undefined)
      throw new Error(`No work of ${MAX_WORKS} has room for ${one.key}: there are too many objects`);
    put(one, index);
  }
  return home;
}
