// What a watch may be told to leave out while it sleeps.
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { WatchStream } from "./watch-stream.ts";

test("skips what does not concern it only while it has looked at all that does", async () => {
  const raw = new ServerResponse(new IncomingMessage(new Socket()));
  const stream = new WatchStream(raw, { timeoutMs: 60_000, bookmarkMs: 60_000 });
  stream.skip(5);
  expect(stream.skippedTo, "at work").toBe(0);
  const asleep = stream.idle();
  stream.skip(7);
  expect(stream.skippedTo, "asleep").toBe(7);
  stream.wake();
  stream.skip(9);
  expect(stream.skippedTo, "woken, and not yet at work").toBe(7);
  await asleep;
  stream.skip(11);
  expect(stream.skippedTo, "at work again").toBe(7);
  stream.end();
});
