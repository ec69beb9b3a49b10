import { expect, test } from "vitest";
import type { Kube } from "../../shared/kube/types.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { buildLog } from "../../shared/runtime/log.ts";
import { followTrust } from "./authentication-trust.ts";

const configMap = (resourceVersion: string, data: Record<string, string>) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace: "kube-system", name: "extension-apiserver-authentication", uid: "u", resourceVersion },
  data,
});

test("followTrust() tells the present trust and each change of it, and survives data that cannot be read", async () => {
  const stop = new AbortController();
  const asked: unknown[] = [];
  const kube: Kube = {
    request: async <T>({ query }: { query?: object }) => {
      asked.push(query);
      return { metadata: { resourceVersion: "1" }, items: [configMap("1", { step: "listed" })] } as T;
    },
    open: async function* () {
      yield JSON.stringify({ type: "MODIFIED", object: configMap("2", { step: "broken" }) });
      yield JSON.stringify({ type: "MODIFIED", object: configMap("3", { step: "changed" }) });
    },
    close: () => undefined,
  };
  const told: (string | undefined)[] = [];
  const onTrust = ({ step }: Record<string, string>) => {
    told.push(step);
    if (step === "broken") throw new Error("not a list");
    if (step === "changed") stop.abort();
  };
  await followTrust({ kube, clock: systemClock, log: buildLog("test", "silent"), onTrust }, stop.signal);
  expect(told).toEqual(["listed", "broken", "changed"]);
  expect(asked[0]).toMatchObject({ fieldSelector: "metadata.name=extension-apiserver-authentication" });
});
