import { describe, expect, it } from "vitest";
import { ScriptedKube } from "../test/support/scripted-kube.ts";
import { ApiError } from "../shared/kube/errors.ts";
import type { Kube } from "../shared/kube/types.ts";
import { lateKube } from "./late-kube.ts";

const request = { method: "GET", path: "/x" } as const;

describe("lateKube()", () => {
  it("fails as a connection without an answer until it can be built, then is that connection", async () => {
    let ready = false;
    let builds = 0;
    const build = async (): Promise<Kube> => {
      builds += 1;
      if (!ready) throw new Error("no kubeconfig yet");
      return new ScriptedKube(() => "answer");
    };
    const kube = lateKube("hub", build);
    const error = await kube.request(request).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 0, message: "No connection to the hub: no kubeconfig yet" });
    ready = true;
    expect(await Promise.all([kube.request(request), kube.request(request)])).toEqual(["answer", "answer"]);
    expect(await kube.request(request)).toBe("answer");
    expect(builds).toBe(2);
  });

  it("fails a watch in the same way", async () => {
    const kube = lateKube("hub", () => Promise.reject(new Error("no kubeconfig yet")));
    await expect(kube.open(request).next()).rejects.toMatchObject({ status: 0 });
  });

  it("knows when its credentials end once it is built", async () => {
    const expiry = { what: "token", identity: "agent", endsMs: 1 } as const;
    const kube = lateKube("hub", async () => Object.assign(new ScriptedKube(() => ""), { expiry: () => expiry }));
    expect(kube.expiry?.()).toBeUndefined();
    await kube.request(request);
    expect(kube.expiry?.()).toEqual(expiry);
  });
});
