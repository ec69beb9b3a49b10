import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { AGENT_VERSION } from "./version.ts";

it("the agent's version is the package's", () => {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  expect((JSON.parse(text) as { version: string }).version).toBe(AGENT_VERSION);
});
