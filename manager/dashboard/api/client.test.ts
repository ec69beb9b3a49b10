import { afterEach, expect, test, vi } from "vitest";
import { ApiProblem, client } from "./client.ts";

afterEach(() => vi.unstubAllGlobals());
const { signal } = new AbortController();

function play(answer: () => Response) {
  const fetched = vi.fn<typeof fetch>(async () => answer());
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

test("a path is asked with its query, for the form that is wanted", async () => {
  const fetched = play(() => Response.json({ items: [] }));
  await client.get({
    path: "/p",
    query: { fieldSelector: "health!=Healthy" },
    accept: "application/json;as=Table",
    signal,
  });
  expect(fetched).toHaveBeenCalledWith("/p?fieldSelector=health%21%3DHealthy", {
    headers: { accept: "application/json;as=Table" },
    signal,
  });
});

test.each([
  [Response.json({ kind: "Status", message: "you may not" }, { status: 403 }), "you may not", 403, undefined],
  [new Response("error trying to reach service\n", { status: 503 }), "error trying to reach service", 503, undefined],
  [new Response("", { status: 502, statusText: "Bad Gateway" }), "the server answered 502 Bad Gateway", 502, undefined],
  [new Response("wait", { status: 429, headers: { "retry-after": "3" } }), "wait", 429, 3_000],
])("a refusal says the server's own sentence", async (answer, message, code, retryAfterMs) => {
  play(() => answer);
  const refused = await client.get({ path: "/p", signal }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ApiProblem);
  expect(refused).toMatchObject({ message, code, retryAfterMs });
});

test("a server that is not reached is named as what it mostly is: a proxy that has ended", async () => {
  play(() => {
    throw new TypeError("Failed to fetch");
  });
  await expect(client.get({ path: "/p", signal })).rejects.toThrow("is kubectl proxy still running?");
});
