// What the kernel knows of a process of this machine: its memory, its CPU time, its bytes to one server. Linux only.
import { readFile } from "node:fs/promises";
import { setTimeout as timeout } from "node:timers/promises";
import { runOrThrow } from "../e2e/harness/commands.ts";
import { percentile } from "./figure.ts";

/** The kernel counts CPU time in these (USER_HZ, the same on every Linux that Node runs on). */
const TICKS_PER_SECOND = 100;
const SOCKETS_EVERY_MS = 500;

/** The machine's monotonic clock in milliseconds: the same in every process. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Resident memory now. */
export async function residentMegabytes(pid: number): Promise<number> {
  return statusMegabytes(pid, "VmRSS");
}

/** The most that was ever resident. */
export async function peakMegabytes(pid: number): Promise<number> {
  return statusMegabytes(pid, "VmHWM");
}

async function statusMegabytes(pid: number, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kilobytes = new RegExp(String.raw`^${field}:\s+(\d+) kB`, "m").exec(status)?.[1];
  return Number(kilobytes ?? Number.NaN) / 1024;
}

/** The median of one look a second at the resident memory of some processes at the same time. */
export async function restingMegabytes(pids: readonly number[], seconds: number): Promise<number[]> {
  const looks = pids.map((): number[] => []);
  for (let second = 0; second < seconds; second += 1) {
    await timeout(1000);
    await Promise.all(pids.map(async (pid, index) => looks[index]?.push(await residentMegabytes(pid))));
  }
  return looks.map((look) => percentile(look, 0.5));
}

/** CPU time of this thread: what other work of the machine does to the clock does not count. */
export function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** CPU time of all threads since the process began. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The program's name, in parentheses, may hold spaces; utime and stime are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export interface Traffic {
  sentBytes: number;
  receivedBytes: number;
}

/** Counts what a process sends to a port and receives from it, TLS and all, until `end` is called. */
export async function countTraffic(pid: number, port: number): Promise<{ end: () => Promise<Traffic> }> {
  const first = await sockets(pid, port);
  const last = new Map(first);
  const stop = new AbortController();
  const look = async (): Promise<void> => {
    for (const [socket, traffic] of await sockets(pid, port)) last.set(socket, traffic);
  };
  const looking = (async () => {
    while (!stop.signal.aborted) {
      await timeout(SOCKETS_EVERY_MS);
      await look();
    }
  })();
  return {
    end: async () => {
      stop.abort();
      await looking;
      const sum = { sentBytes: 0, receivedBytes: 0 };
      for (const [socket, traffic] of last) {
        sum.sentBytes += traffic.sentBytes - (first.get(socket)?.sentBytes ?? 0);
        sum.receivedBytes += traffic.receivedBytes - (first.get(socket)?.receivedBytes ?? 0);
      }
      return sum;
    },
  };
}

/** The open connections of a process to a port, by their own address, with what they have carried so far. */
async function sockets(pid: number, port: number): Promise<Map<string, Traffic>> {
  const text = await runOrThrow("ss", ["-tinpOH", `dport = :${port}`], {});
  const found = new Map<string, Traffic>();
  for (const line of text.split("\n")) {
    if (!line.includes(`pid=${pid},`)) continue;
    const address = line.split(/\s+/)[3] ?? "";
    found.set(address, { sentBytes: numberOf(line, "bytes_sent"), receivedBytes: numberOf(line, "bytes_received") });
  }
  return found;
}

function numberOf(line: string, name: string): number {
  return Number(new RegExp(String.raw`\b${name}:(\d+)`).exec(line)?.[1] ?? 0);
}
