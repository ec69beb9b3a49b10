// Makes a finding small: whatever can be left out or made simpler goes, as long as the object stays a finding.

/** Shrinks JSON to a smallest one for which `isFinding` still holds. */
export function shrink(tree: unknown, isFinding: (tree: unknown) => boolean): unknown {
  for (let smallest = tree; ;) {
    const smaller = candidates(smallest).find(isFinding);
    if (smaller === undefined) return smallest;
    smallest = smaller;
  }
}

/** Every JSON that is one step smaller, the largest steps first. */
function candidates(tree: unknown): unknown[] {
  if (typeof tree === "string")
    return tree === "" ? [] : ["", tree.slice(0, tree.length / 2), tree.slice(1), tree.slice(0, -1)];
  if (typeof tree === "number") return tree === 0 ? [] : [0, Math.trunc(tree / 2)].filter((half) => half !== tree);
  if (typeof tree !== "object" || tree === null) return [];
  if (Array.isArray(tree)) return tree.length === 0 ? [] : [tree.slice(0, tree.length / 2), ...smallerItems(tree)];
  return smallerEntries(tree);
}

function smallerItems(list: readonly unknown[]): unknown[][] {
  return [
    ...list.map((_, index) => list.toSpliced(index, 1)),
    ...list.flatMap((item, index) => candidates(item).map((smaller) => list.with(index, smaller))),
  ];
}

function smallerEntries(map: object): object[] {
  const entries = Object.entries(map);
  return [
    ...entries.map((_, index) => Object.fromEntries(entries.toSpliced(index, 1))),
    ...entries.flatMap(([key, child], index) =>
      candidates(child).map((smaller) => Object.fromEntries(entries.with(index, [key, smaller]))),
    ),
  ];
}
