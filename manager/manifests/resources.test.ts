import { describe, expect, test } from "vitest";
import { readResources } from "./resources.ts";

const CONTAINER = "deployments:kruise-health-agent:agent";
const DEFAULTS = { requests: { cpu: "20m", memory: "96Mi" }, limits: { memory: "256Mi" } };
const entry = (containerID: string, memory: string | number = "1Gi") => ({
  containerID,
  resources: { limits: { memory } },
});
const wanted = (memory: string) => ({ value: { limits: { memory } } });

describe("readResources()", () => {
  test.each([
    { name: "nothing asked for", entries: undefined, is: { value: DEFAULTS } },
    { name: "the container by its names", entries: [entry(CONTAINER)], is: wanted("1Gi") },
    { name: "everything", entries: [entry("*:*:*")], is: wanted("1Gi") },
    { name: "part of a name is a regular expression", entries: [entry("*:kruise-.*:agent")], is: wanted("1Gi") },
    { name: "a name is anchored", entries: [entry("*:kruise-health:*")], is: { value: DEFAULTS } },
    { name: "a type is anchored", entries: [entry("ployments:*:*")], is: { value: DEFAULTS } },
    { name: "another type", entries: [entry("daemonsets:*:*")], is: { value: DEFAULTS } },
    { name: "the last that matches wins", entries: [entry("*:*:*"), entry(CONTAINER, "2Gi")], is: wanted("2Gi") },
    {
      name: "a later one that does not match",
      entries: [entry("*:*:*"), entry("jobs:*:*", "2Gi")],
      is: wanted("1Gi"),
    },
    { name: "a number is written as text", entries: [entry("*:*:*", 1000)], is: wanted("1000") },
  ])("$name", ({ entries, is }) => {
    expect(readResources(entries, CONTAINER)).toEqual(is);
  });

  test.each([
    { entries: [entry("*:(:*")], says: 'containerID is "*:(:*"): wanted is TYPE:NAME:CONTAINER' },
    { entries: [entry("*:a:b:c")], says: 'containerID is "*:a:b:c"): wanted is TYPE:NAME:CONTAINER' },
    {
      entries: [{ containerID: "*:*:*", resources: { claims: [{ name: "gpu" }] } }],
      says: "claims are not supported",
    },
  ])("names a mistake: $says", ({ entries, says }) => {
    expect(readResources(entries, CONTAINER)).toEqual({ mistakes: [expect.stringContaining(says)] });
  });
});
