// Too many, too slow, too silent: each takes what it may and no more, and nobody else notices.
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ROOT, agentOf } from "../../manager/api/api.fixture.ts";
import { aRecord, aReport } from "../../manager/fleet/report.fixture.ts";
import type { KeyPair } from "../support/certificates.ts";
import { Target, TOKEN } from "../support/hostile.ts";

const MIB = 1024 * 1024;
const TIMES = { requestMs: 400, handshakeMs: 300, checkMs: 50, stuckMs: 600, closeMs: 200 };
/** On a machine that has other things to do as well. */
const SOON = { timeout: 15_000 };
vi.setConfig({ testTimeout: 60_000 });
let target: Target;
afterEach(async () => {
  await target.checkUnharmed();
  await target.close();
});

const reader = (cn = "reader") => target.clients.issue({ cn, client: true });
const watchOf = (path: string) => `GET ${ROOT}/${path} HTTP/1.1\r\nhost: hub\r\n\r\n`;
const WATCH = watchOf("namespaces/c1/kruiseworkloads?watch=true");

/** Changes c1 so many times, with messages as long as they may be. */
function change(times: number, from = 1): void {
  for (let sequence = from; sequence < from + times; sequence++) {
    const m = `${sequence} `.padEnd(160, "x");
    target.world.fleet.apply("c1", aReport([aRecord({ m })], { epoch: 2000, sequence }));
  }
}

/** Whether the other side ends the connection, and after which time. */
async function endedMs(socket: Socket): Promise<number> {
  const beganMs = performance.now();
  socket.on("error", () => undefined).resume();
  if (!socket.closed) await once(socket, "close");
  return performance.now() - beganMs;
}

/** Sends a byte now and then, for as long as somebody listens. */
function drip(socket: TLSSocket, text: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++ % text.length] ?? "a"), 20);
  socket.once("close", () => clearInterval(timer));
}

describe("who is slow is cut off:", () => {
  test.each([
    [
      "a head, byte by byte",
      "",
      "GET / HTTP/1.1\r\nx-a: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ],
    ["headers without an end", "GET / HTTP/1.1\r\nhost: hub\r\n", "a:b\r\n"],
  ])("%s", async (_what, head, rest) => {
    target = await Target.start({ limits: TIMES });
    const socket = await target.connect();
    const said = target.listen(socket);
    socket.write(head);
    drip(socket, rest);
    expect(await said).toMatchObject({
      statuses: [408],
      text: expect.stringContaining('"reason":"Timeout"') as string,
    });
  });

  test.each([
    ["a body with a length, byte by byte", "content-length: 1000\r\n\r\n", " "],
    ["a body in chunks, byte by byte", "transfer-encoding: chunked\r\n\r\n", "1\r\n \r\n"],
    ["a body that does not come", "content-length: 1000\r\n\r\n", undefined],
  ])("%s", async (_what, head, rest) => {
    target = await Target.start({ limits: TIMES });
    const socket = await target.connect({ client: await reader(agentOf("c1")) });
    const said = target.listen(socket);
    socket.write(`POST ${ROOT}/namespaces/c1/kruisehealthreports HTTP/1.1\r\nhost: hub\r\n${head}`);
    if (rest !== undefined) drip(socket, rest);
    expect((await said).statuses).toEqual([408]);
  });

  test.each([
    ["who says nothing", Buffer.alloc(0)],
    ["who begins a handshake and does not go on", Buffer.from("160301020001000001fc0303", "hex")],
  ])("%s", async (_what, bytes) => {
    target = await Target.start({ limits: TIMES });
    const sockets = Array.from({ length: 200 }, () => connectTcp({ host: "127.0.0.1", port: target.port }));
    for (const socket of sockets) if (bytes.length > 0) socket.write(bytes);
    for (const ms of await Promise.all(sockets.map(endedMs))) expect(ms).toBeLessThan(3000);
  });

  test.each([
    ["who has proved who he is and asks nothing", undefined],
    ["who has asked and asks nothing more", "GET /healthz HTTP/1.1\r\nhost: hub\r\n\r\n"],
  ])("%s, when the server closes", async (_what, request) => {
    target = await Target.start();
    const socket = await target.connect({ client: await reader() });
    if (request !== undefined) {
      socket.write(request);
      await once(socket, "data");
    }
    await target.checkUnharmed();
    const beganMs = performance.now();
    const ended = endedMs(socket);
    await target.world.app.close();
    await ended;
    expect(performance.now() - beganMs).toBeLessThan(1000);
    target = await Target.start();
  });

  test("a handshake that is not at its end, when the server closes", async () => {
    target = await Target.start({ limits: { closeMs: 200 } });
    const socket = connectTcp({ host: "127.0.0.1", port: target.port });
    await once(socket, "connect");
    await target.checkUnharmed();
    const beganMs = performance.now();
    await Promise.all([target.world.app.close(), endedMs(socket)]);
    expect(performance.now() - beganMs).toBeLessThan(2000);
    target = await Target.start();
  });
});

describe("who reads nothing of what he is told", () => {
  test("is cut off, while the watches of others go on", async () => {
    target = await Target.start({ limits: TIMES });
    const [stuck, quick] = [
      await target.connect({ client: await reader() }),
      await target.connect({ client: await reader() }),
    ];
    let told = "";
    quick.setEncoding("utf8").on("data", (piece: string) => (told += piece));
    for (const socket of [stuck, quick]) socket.write(WATCH);
    await once(quick, "data");
    stuck.pause();
    const cut = once(stuck, "close");
    stuck.on("error", () => undefined);
    let sequence = 1;
    // More than the buffers of the system hold.
    const changing = setInterval(() => change(25, (sequence += 25) - 25), 5);
    await expect.poll(() => connectionsOf(target), SOON).toBe(1);
    clearInterval(changing);
    change(1, sequence);
    stuck.destroy();
    await cut;
    await expect.poll(() => told.includes(`"${sequence} x`), SOON).toBe(true);
    quick.destroy();
  });

  test("has a long list cut off too", async () => {
    target = await Target.start({ limits: TIMES });
    const many = Array.from({ length: 6000 }, (_, index) => aRecord({ n: `w${index}`, m: "x".repeat(160) }));
    target.world.fleet.apply("c1", aReport(many, { epoch: 2000 }));
    const stuck = await target.connect({ client: await reader("reader-of-c1") });
    stuck.pause();
    stuck.on("error", () => undefined);
    stuck.write(watchOf("namespaces/c1/kruiseworkloads"));
    await expect.poll(() => connectionsOf(target), SOON).toBe(0);
    stuck.destroy();
  });

  test("and is told nothing, because nothing happens, is left alone", async () => {
    target = await Target.start({ limits: TIMES });
    const socket = await target.connect({ client: await reader() });
    let told = "";
    socket.setEncoding("utf8").on("data", (piece: string) => (told += piece));
    socket.write(
      watchOf(`namespaces/c1/kruiseworkloads?watch=true&resourceVersion=${target.world.fleet.resourceVersion}`),
    );
    const others = Array.from({ length: 3 }, () => connectTcp({ host: "127.0.0.1", port: target.port }));
    // Longer than anybody else may be silent.
    for (const other of others) await endedMs(other);
    await endedMs(await target.connect());
    change(1);
    await expect.poll(() => told, SOON).toContain('"type":"MODIFIED"');
    socket.destroy();
  });
});

async function connectionsOf({ world }: Target): Promise<number> {
  return new Promise((resolve, reject) => {
    world.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}

describe("many", () => {
  test("two thousand watches: each hears of a change, and they take no more memory than they need", async () => {
    target = await Target.start();
    const count = 2000;
    // Two thousand handshakes are most of the work: from the second on they go on where the first has ended.
    const first = await target.connect();
    const [session] = (await once(first, "session")) as [Buffer];
    first.destroy();
    const heard = { first: 0, second: 0 };
    const before = process.memoryUsage().rss;
    const open = async (): Promise<TLSSocket> => {
      const socket = await target.connect({ tls: { session } });
      socket.setEncoding("utf8").on("data", (piece: string) => {
        if (piece.includes("1 xxx")) heard.first += 1;
        if (piece.includes("2 xxx")) heard.second += 1;
      });
      socket.write(`${WATCH.trimEnd()}\r\nauthorization: Bearer ${TOKEN}\r\n\r\n`);
      await once(socket, "data");
      return socket;
    };
    const sockets: TLSSocket[] = [];
    for (let batch = 0; batch < count; batch += 50)
      sockets.push(...(await Promise.all(Array.from({ length: 50 }, open))));
    change(1);
    await expect.poll(() => heard.first, SOON).toBe(count);
    // Both ends are in this process.
    const each = (process.memoryUsage().rss - before) / count;
    expect(each).toBeLessThan(0.5 * MIB);
    for (const socket of sockets.slice(1)) socket.destroy();
    await expect.poll(() => connectionsOf(target), SOON).toBe(1);
    change(1, 2);
    await expect.poll(() => heard.second, SOON).toBe(1);
    sockets[0]?.destroy();
  });

  test("more watches than one user may have are refused for a while, and others are not", async () => {
    target = await Target.start({ limits: { watchesOfUserMax: 3, watchesMax: 5 } });
    const open = async (client: KeyPair): Promise<{ status: string; socket: TLSSocket }> => {
      const socket = await target.connect({ client });
      socket.write(WATCH);
      const [piece] = (await once(socket.setEncoding("utf8"), "data")) as [string];
      return { status: piece.slice(9, 12), socket };
    };
    const [one, other] = [await reader(), await reader("reader-of-c1")];
    const opened = [];
    for (const client of [one, one, one, one, other, other, other]) opened.push(await open(client));
    expect(opened.map(({ status }) => status)).toEqual(["200", "200", "200", "429", "200", "200", "429"]);
    opened[0]?.socket.destroy();
    await expect.poll(async () => (await open(one)).status, SOON).toBe("200");
    for (const { socket } of opened) socket.destroy();
  });

  test("more connections than there may be are refused, and those there are go on", async () => {
    target = await Target.start({ limits: { connectionsMax: 50, requestMs: 60_000 } });
    const first = await target.connect({ client: await reader() });
    const idle = await Promise.all(Array.from({ length: 49 }, () => target.connect()));
    const refused = connectTcp({ host: "127.0.0.1", port: target.port });
    await endedMs(refused);
    first.write("GET /healthz HTTP/1.1\r\nhost: hub\r\n\r\n");
    const [answer] = (await once(first.setEncoding("utf8"), "data")) as [string];
    expect(answer).toContain("200 OK");
    for (const socket of [...idle, first]) socket.destroy();
    await expect.poll(() => connectionsOf(target), SOON).toBe(0);
  });
});
