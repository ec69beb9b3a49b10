import { expect, test } from "vitest";
import { News } from "./news.ts";
import { anObject, aStore } from "./page.fixture.ts";
import { readWorkload } from "./records.ts";

function told(changes: readonly (readonly [string, string])[]): string {
  const store = aStore([
    ["c1 shop/cart", "Healthy/AllAvailable"],
    ["c2 shop/cart", "Degraded/UpdateStalled"],
    ["c3 shop/cart", "Healthy/AllAvailable"],
    ["c4 shop/cart", "Unknown/ReportStale"],
  ]);
  const news = new News();
  for (const [index, [place, verdict]] of changes.entries()) {
    const turn = store.put(readWorkload(anObject(place, verdict, { version: index + 2 })));
    if (turn !== undefined) news.add(turn);
  }
  const text = news.take();
  expect(news.take()).toBe("");
  return text;
}

test.each<[readonly (readonly [string, string])[], string]>([
  [[["c1 shop/cart", "Degraded/UpdateStalled"]], "shop/cart on c1 became Degraded."],
  [[["c2 shop/cart", "Progressing/Updating"]], "shop/cart on c2 no longer Degraded."],
  [
    [
      ["c1 shop/cart", "Degraded/A"],
      ["c3 shop/cart", "Degraded/A"],
      ["c4 shop/cart", "Degraded/A"],
      ["c2 shop/cart", "Healthy/A"],
    ],
    "3 workloads became Degraded. shop/cart on c2 no longer Degraded.",
  ],
  // What is usual is not said, nor what is as it was.
  [[["c1 shop/cart", "Progressing/Updating"]], ""],
  [
    [
      ["c1 shop/cart", "Degraded/A"],
      ["c1 shop/cart", "Healthy/A"],
    ],
    "",
  ],
])("of %j it is said: %s", (changes, text) => {
  expect(told(changes)).toBe(text);
});
