import { expect, test } from "vitest";
import { DirectWays } from "./direct-way.ts";

const URL = "https://health.example.com";
const serving = { cert: "cert", key: "key", ca: "one\n" };

function listened(ways: DirectWays): { told: (string | undefined)[]; stop: () => void } {
  const told: (string | undefined)[] = [];
  return { told, stop: ways.subscribe(() => told.push(ways.now()?.ca)) };
}

test("without an address there is no way, whatever the certificate", () => {
  const ways = new DirectWays(undefined, undefined);
  const { told } = listened(ways);
  ways.useServing(serving);
  expect(ways.now()).toBeUndefined();
  expect(told).toEqual([]);
});

test("tells the authority of the certificate, its successor beside it, and each of them once", () => {
  const ways = new DirectWays(URL, undefined);
  const { told, stop } = listened(ways);
  expect(ways.now()).toEqual({ url: URL, ca: undefined });
  ways.useServing(serving);
  ways.useServing({ ...serving, cert: "renewed" });
  ways.useServing({ ...serving, nextCa: "two\n" });
  ways.useServing({ ...serving, ca: "two\n" });
  stop();
  ways.useServing({ ...serving, ca: "three\n" });
  expect(told).toEqual(["one\n", "one\ntwo\n", "two\n"]);
  expect(ways.now()).toEqual({ url: URL, ca: "three\n" });
});

test("tells what it was given instead, and never another", () => {
  const ways = new DirectWays(URL, "given");
  const { told } = listened(ways);
  ways.useServing(serving);
  expect(ways.now()).toEqual({ url: URL, ca: "given" });
  expect(told).toEqual([]);
});
