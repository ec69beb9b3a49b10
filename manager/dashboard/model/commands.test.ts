import { expect, test } from "vitest";
import { commandOf, objectCommand, quoted } from "./commands.ts";
import { aState } from "./page.fixture.ts";
import { VIEWS } from "./url-state.ts";
import type { UrlState } from "./url-state.ts";

test.each<[Partial<UrlState>, string[], string]>([
  [{}, [], "kubectl get kwl -A"],
  [{ by: "kind" }, ["c1"], "kubectl get kwl -n c1"],
  [{}, ["c1", "c2"], "for c in c1 c2; do kubectl get kwl -n $c; done"],
  [
    { health: ["Degraded"], ns: "shop" },
    [],
    "kubectl get kwl -A --field-selector health=Degraded,workloadNamespace=shop",
  ],
  [
    { health: ["Degraded", "Unknown", "Progressing"], q: "cart" },
    [],
    "kubectl get kwl -A --field-selector 'health!=Suspended,health!=Healthy' | grep cart",
  ],
  [
    { view: "broken" },
    [],
    "kubectl get kwl -A -o wide --field-selector 'health!=Progressing,health!=Suspended,health!=Healthy,reason!=ReportStale'",
  ],
  [{ view: "rollouts", kind: "CloneSet" }, [], "kubectl get kfw -o wide --field-selector kind=CloneSet"],
  [{ view: "rollouts" }, ["c1"], "kubectl get kwl -n c1 -o wide"],
  [{ view: "clusters" }, [], "kubectl get kcl -A"],
  [
    { view: "workload", workload: "cloneset.shop.cart" },
    [],
    "kubectl get kwl -A -o wide --field-selector metadata.name=cloneset.shop.cart",
  ],
])("%j of the clusters %j is %s", (choices, scope, command) => {
  expect(commandOf(aState(choices), scope)).toBe(command);
});

test("what somebody has put into an address is text in a command, and nothing that a shell runs", () => {
  const evil = "$(rm -r x)`y`;z";
  const chosen = aState({ q: evil, ns: evil, kind: evil, workload: evil });
  const commands = VIEWS.flatMap((view) =>
    [[evil], [evil, "c2"], []].map((scope) => commandOf({ ...chosen, view }, scope)),
  );
  for (const command of [...commands, objectCommand(evil, evil)]) {
    const own = / \$c\b|^for c in |; do |; done/g;
    expect(command.replaceAll(/'[^']*'/g, "").replaceAll(own, "")).not.toMatch(/[$`;&|<>](?! grep )/);
  }
  expect(commandOf(aState({ q: "-r /" }), [])).toBe("kubectl get kwl -A | grep -- '-r /'");
});

test.each([
  ["cart", "cart"],
  ["a b", "'a b'"],
  ["$(rm -r x)", "'$(rm -r x)'"],
  ["it's", "'it'\\''s'"],
])("a shell takes %j as it is when it is written %s", (text, written) => {
  expect(quoted(text)).toBe(written);
});
