// One logger for a process: JSON lines on standard output, constant lower-case messages, data in fields.
import { pino } from "pino";
import type { Logger } from "pino";
import type { LogLevel } from "./log-levels.ts";

export type Log = Logger;

/** Builds the process's logger. Credentials never reach a log: the fields that could hold them are cut. */
export function buildLog(name: string, level: LogLevel): Log {
  return pino({
    name,
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    base: { name },
    redact: { paths: ["token", "key", "cert", "*.token", "*.key", "*.cert", "headers.authorization"], remove: true },
  });
}
